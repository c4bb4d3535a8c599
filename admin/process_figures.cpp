#include "admin/process_figures.hpp"

#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace mqttzoo::admin {

namespace {

double seconds_of(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

double seconds_of(const timespec& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

/// Since the machine started: field 22 of /proc/self/stat, counted behind the name in parentheses.
double started_after_boot_s() {
  std::ifstream in{"/proc/self/stat"};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  const auto name_end = text.rfind(')');
  if (name_end == text.npos)
    return 0;
  std::size_t at = name_end + 1;
  for (int field = 2; field < 21 && at != text.npos; ++field)
    at = text.find(' ', at + 1);
  if (at == text.npos)
    return 0;
  return std::strtod(text.c_str() + at, nullptr) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

/// Since 1970; 0: the kernel does not say. Another reading differs by the clock's adjustments, and
/// by what passes between its parts. A service may see processes only, so not /proc/uptime.
double read_start_s() {
  using namespace std::chrono;
  timespec up{};
  const auto after_boot = started_after_boot_s();
  if (after_boot == 0 || clock_gettime(CLOCK_BOOTTIME, &up) != 0)
    return 0;
  const auto now = duration<double>(system_clock::now().time_since_epoch()).count();
  return now - seconds_of(up) + after_boot;
}

} // namespace

process_figures read_process_usage() {
  process_figures f;
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0)
    f.cpu_s = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  std::ifstream pages{"/proc/self/statm"};
  if (pages >> f.virtual_bytes >> f.resident_bytes) {
    f.virtual_bytes *= page;
    f.resident_bytes *= page;
  }
  return f;
}

process_figures read_process_figures() {
  auto f = read_process_usage();
  std::error_code ignored;
  for (std::filesystem::directory_iterator at{"/proc/self/fd", ignored}, end; at != end;
       at.increment(ignored))
    ++f.open_descriptors;
  rlimit most{};
  if (getrlimit(RLIMIT_NOFILE, &most) == 0)
    f.most_descriptors = most.rlim_cur;
  static const double started_s = read_start_s(); // a change of it means a restart to who reads it
  f.started_s = started_s;
  return f;
}

} // namespace mqttzoo::admin
