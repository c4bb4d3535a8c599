#include "core/text_file.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>

namespace mqttzoo::core {

namespace {

constexpr std::size_t part_bytes = std::size_t{64} << 10;

} // namespace

expected<std::string, std::error_code> read_text_file(const std::string& path,
                                                      std::size_t bytes_max) {
  std::ifstream in{path, std::ios::binary};
  std::string text;
  while (in.good() && text.size() <= bytes_max) {
    const auto known = text.size();
    text.resize(known + std::min(part_bytes, bytes_max - known + 1));
    // Not by iterators: only the stream's own functions turn what its buffer throws into a state.
    in.read(text.data() + known, static_cast<std::streamsize>(text.size() - known));
    text.resize(known + static_cast<std::size_t>(in.gcount()));
  }
  if (text.size() > bytes_max)
    return unexpected{std::make_error_code(std::errc::file_too_large)};
  if (in.bad() || !in.eof())
    return unexpected{std::error_code{errno != 0 ? errno : EIO, std::generic_category()}};
  return text;
}

} // namespace mqttzoo::core
