// `mqttzoo migrate`: what a mosquitto.conf becomes.
#include "core/expected.hpp"
#include "core/text_file.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/mosquitto_conf.hpp"

#include <iostream>
#include <system_error>
#include <utility>

namespace mqttzoo::cli {
namespace {

constexpr const char* usage = R"(usage: mqttzoo migrate FILE > mqttzoo.json

Reads a mosquitto.conf (`-`: standard input) and prints a configuration for
mqttzood that does the same, with a comment for each line that behaves
differently here. What has no counterpart is also said on standard error.
Password and access files stay as they are. See docs/migrating-from-mosquitto.md.

  mqttzoo migrate /etc/mosquitto/mosquitto.conf > mqttzoo.json
  mqttzood --config=mqttzoo.json --check-config
)";

/// With all its comments the file takes some 40 KiB.
constexpr std::size_t file_bytes_max = std::size_t{1} << 20;

/// All of a file, or why not.
expected<std::string, std::string> read_whole(const std::string& path) {
  auto text = core::read_text_file(path == "-" ? "/dev/stdin" : path, file_bytes_max);
  if (text)
    return *std::move(text);
  const bool large = text.error() == std::errc::file_too_large;
  return unexpected<std::string>{large ? "is larger than 1 MiB" : "cannot be read"};
}

void print(std::ostream& to, const char* before, const std::vector<migration_remark>& remarks) {
  for (const auto& r : remarks)
    to << before << (r.line > 0 ? "line " + std::to_string(r.line) + ": " : std::string{}) << r.text
       << '\n';
}

} // namespace

int migrate(const std::vector<std::string>& arguments) {
  if (arguments.size() != 1 || arguments[0] == "--help") {
    const bool asked = arguments.size() == 1;
    (asked ? std::cout : std::cerr) << usage;
    return asked ? 0 : 1;
  }
  const auto& path = arguments[0];
  const auto text = read_whole(path);
  if (!text) {
    std::cerr << "mqttzoo migrate: '" << path << "' " << text.error() << '\n';
    return 1;
  }
  const auto m = migrate_mosquitto_conf(*text);
  std::cout << "// From " << path << ", by mqttzoo migrate.\n";
  if (!m.without_counterpart.empty()) {
    std::cout << "//\n// Without counterpart:\n";
    print(std::cout, "//   ", m.without_counterpart);
    print(std::cerr, "no counterpart: ", m.without_counterpart);
  }
  if (!m.remarks.empty()) {
    std::cout << "//\n// Different here:\n";
    print(std::cout, "//   ", m.remarks);
  }
  std::cout << m.configuration.dump(2) << '\n';
  return 0;
}

} // namespace mqttzoo::cli
