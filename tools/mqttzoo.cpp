// The command line for people and scripts: `mqttzoo pub`, `mqttzoo sub`, `mqttzoo bench`,
// `mqttzoo inspect`, `mqttzoo migrate`.
#include "core/standard_streams.hpp"
#include "core/version.hpp"
#include "tools/cli/commands.hpp"

#include <csignal>
#include <iostream>

namespace {

constexpr const char* usage = R"(usage: mqttzoo COMMAND [options]

  pub    publish messages (as mosquitto_pub)
  sub    print messages (as mosquitto_sub)
  bench  load a server, and check its promises
  inspect
         say what a pod's actors do and wait for
  migrate
         turn a mosquitto.conf into a configuration for mqttzood

mqttzoo COMMAND --help says more.
)";

} // namespace

int main(int argc, char** argv) {
  using namespace mqttzoo;
  core::open_standard_streams();
  std::signal(SIGPIPE, SIG_IGN);
  const std::string command = argc > 1 ? argv[1] : "";
  const std::vector<std::string> arguments(argv + std::min(argc, 2), argv + argc);
  if (command == "pub")
    return cli::pub(arguments);
  if (command == "sub")
    return cli::sub(arguments);
  if (command == "bench")
    return cli::run_bench(arguments);
  if (command == "inspect")
    return cli::inspect(arguments);
  if (command == "migrate")
    return cli::migrate(arguments);
  if (command == "--version") {
    std::cout << "mqttzoo " << core::version() << '\n';
    return 0;
  }
  const bool asked = command == "--help";
  (asked ? std::cout : std::cerr) << usage;
  return asked ? 0 : 1;
}
