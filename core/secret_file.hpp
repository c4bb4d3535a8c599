// A secret that stands in a file, since command lines and environments can be read by others.
#pragma once

#include "core/expected.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace mqttzoo::core {

inline constexpr std::size_t secret_bytes_max = std::size_t{64} << 10;

/// The first line of the file, without blanks and what editors leave at its end; never empty. The
/// error is a sentence for the operator that begins with `option`, which named the file.
expected<std::string, std::string> read_secret(std::string_view option, const std::string& path);

} // namespace mqttzoo::core
