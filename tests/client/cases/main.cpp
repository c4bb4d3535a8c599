// sdk_cases --list | [--small-bank] HOST PORT [PART OF A CASE'S NAME...]
#include "harness.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <exception>
#include <iostream>
#include <random>

namespace mqttzoo::test {

std::vector<test_case>& all_cases() {
  static std::vector<test_case> cases;
  return cases;
}

std::string world::unique(const std::string& what) {
  static std::random_device device;
  static const auto life = std::to_string(device());
  static int serial = 0;
  return "sdk/" + life + '/' + std::to_string(++serial) + '/' + what;
}

namespace {

constexpr auto case_time_max = 40s;

struct broker {
  std::string host;
  std::uint16_t port = 0;
  bool small_bank = false;
};

/// Empty if it passed.
std::string run(const test_case& which, const broker& against) {
  world w;
  w.host = against.host;
  w.port = against.port;
  w.small_bank = against.small_bank;
  std::string problem = "did not end";
  asio::steady_timer guard{w.io, case_time_max};
  guard.async_wait([&](const boost::system::error_code& error) {
    if (!error)
      w.io.stop();
  });
  asio::co_spawn(w.io, which.run(w), [&](const std::exception_ptr& thrown) {
    guard.cancel();
    problem.clear();
    try {
      if (thrown)
        std::rethrow_exception(thrown);
    } catch (const std::exception& e) {
      problem = e.what();
    }
  });
  w.io.run();
  return problem;
}

} // namespace
} // namespace mqttzoo::test

int main(int argc, char** argv) {
  using namespace mqttzoo::test;
  if (argc == 2 && argv[1] == std::string{"--list"}) {
    for (const auto& each : all_cases())
      std::cout << each.name << '\n';
    return 0;
  }
  std::vector<std::string> parts(argv + 1, argv + argc);
  broker against;
  against.small_bank = !parts.empty() && parts[0] == "--small-bank";
  if (against.small_bank)
    parts.erase(parts.begin());
  if (parts.size() < 2)
    return 2;
  against.host = parts[0];
  against.port = static_cast<std::uint16_t>(std::stoi(parts[1]));
  parts.erase(parts.begin(), parts.begin() + 2);
  bool failed = false;
  for (const auto& each : all_cases()) {
    const auto wanted = [&](const std::string& part) {
      return each.name.find(part) != std::string::npos;
    };
    if (!parts.empty() && std::ranges::none_of(parts, wanted))
      continue;
    const auto began = std::chrono::steady_clock::now();
    const auto problem = run(each, against);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    failed = failed || !problem.empty();
    if (problem.empty())
      std::cout << "ok " << each.name << ' ' << took.count() << " s" << std::endl;
    else
      std::cout << "FAIL " << each.name << ": " << problem << std::endl;
  }
  return failed ? 1 : 0;
}
