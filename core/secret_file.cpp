#include "core/secret_file.hpp"

#include <algorithm>
#include <fstream>

namespace mqttzoo::core {

expected<std::string, std::string> read_secret(std::string_view option, const std::string& path) {
  const auto fault = [&](const char* what) {
    return unexpected{std::string{option} + ": " + path + ' ' + what};
  };
  std::ifstream in{path, std::ios::binary};
  std::string text(secret_bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  text.resize(std::min(text.find('\n'), text.size()));
  if (text.size() > secret_bytes_max)
    return fault("holds a line that is longer than 64 KiB");
  text.erase(text.find_last_not_of(" \t\r") + 1);
  if (text.empty())
    return fault("cannot be read, or is empty");
  return text;
}

} // namespace mqttzoo::core
