// What the kernel says of this process.
#define CAF_SUITE admin.process_figures
#include "admin/process_figures.hpp"

#include <caf/test/dsl.hpp>

#include <chrono>
#include <fstream>

using namespace mqttzoo;

namespace {

double read_uptime() {
  double s = 0;
  std::ifstream{"/proc/uptime"} >> s;
  return s;
}

double read_clock() {
  using namespace std::chrono;
  return duration<double>(system_clock::now().time_since_epoch()).count();
}

const double loaded_s = read_clock(); // before main

} // namespace

CAF_TEST(it started shortly before its first words) {
  const auto started_s = admin::read_process_figures().started_s;
  CAF_CHECK(started_s < loaded_s + 1); // two clocks are read one after the other
  CAF_CHECK(started_s > loaded_s - 10);
}

CAF_TEST(the start does not change) {
  const auto first = admin::read_process_figures();
  CAF_CHECK(first.started_s > 0);
  const auto before = read_uptime();
  CAF_REQUIRE(before > 0);
  while (read_uptime() == before) {
  }
  const auto later = admin::read_process_figures();
  CAF_CHECK_EQUAL(first.started_s, later.started_s);
}
