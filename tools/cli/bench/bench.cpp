// `mqttzoo bench`: many clients in one thread, what they see, and whether promises were kept.
#include "tools/cli/bench/bench_run.hpp"
#include "tools/cli/bench/report.hpp"
#include "tools/cli/commands.hpp"

#include <iostream>
#include <sys/resource.h>

namespace mqttzoo::cli {
namespace {

/// As many files as the system lets us open.
void raise_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

int wrong(const std::string& why) {
  std::cerr << "Error: " << why << "\n\nUse 'mqttzoo bench --help' to see usage.\n";
  return 2;
}

} // namespace

int run_bench(const std::vector<std::string>& arguments) {
  auto parsed = parse_bench(arguments);
  if (parsed.wants_help) {
    std::cout << bench_help();
    return 0;
  }
  if (!parsed.error.empty())
    return wrong(parsed.error);
  std::vector<sdk::address> servers;
  for (const auto& url : parsed.options.client.servers) {
    const auto server = sdk::parse_address(url);
    if (!server)
      return wrong("Invalid URL given: " + url);
    servers.push_back(*server);
  }
  std::optional<sdk::proxy_address> proxy;
  if (const auto& url = parsed.options.client.proxy; !url.empty()) {
    const auto through = sdk::parse_proxy(url);
    if (!through)
      return wrong("Invalid URL given: " + url);
    proxy = *through;
  }
  raise_descriptors();
  bench_run all{std::move(parsed.options), std::move(servers), std::move(proxy)};
  const bool kept = all.run();
  std::cout << report(all.figures()) << std::endl;
  if (const auto& error = all.figures().first_error)
    std::cerr << "first error: " << error.message() << '\n';
  return kept ? 0 : 1;
}

} // namespace mqttzoo::cli
