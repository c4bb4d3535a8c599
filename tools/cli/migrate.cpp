// `mqttzoo migrate`: what a mosquitto.conf becomes.
#include "core/expected.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/mosquitto_conf.hpp"

#include <cstdio>
#include <fstream>
#include <iostream>

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
  const bool standard_input = path == "-";
  std::ifstream file;
  if (!standard_input)
    file.open(path, std::ios::binary);
  std::istream& in = standard_input ? std::cin : file;
  std::string text(file_bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.good())
    return unexpected<std::string>{"is larger than 1 MiB"};
  if (in.bad() || !in.eof() || (standard_input && std::ferror(stdin) != 0))
    return unexpected<std::string>{"cannot be read"};
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
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
