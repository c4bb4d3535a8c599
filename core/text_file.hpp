// A file that is read as a whole, and is no larger than it should be.
#pragma once

#include "core/expected.hpp"

#include <cstddef>
#include <string>
#include <system_error>

namespace mqttzoo::core {

/// All bytes of the file. It may be anything that opens: a directory, a disk that fails, and a
/// device without end are errors like a file that is missing. `file_too_large` if it holds more
/// than `bytes_max`; no more than that is read.
expected<std::string, std::error_code> read_text_file(const std::string& path,
                                                      std::size_t bytes_max);

} // namespace mqttzoo::core
