#include "tools/cli/bench/report.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <sys/resource.h>

namespace mqttzoo::cli {
namespace {

using json = nlohmann::ordered_json;

json of(const histogram& h) {
  return {{"count", h.count()},      {"p50", h.quantile(0.5)},    {"p90", h.quantile(0.9)},
          {"p99", h.quantile(0.99)}, {"p999", h.quantile(0.999)}, {"p9999", h.quantile(0.9999)},
          {"max", h.max()}};
}

std::int64_t microseconds(const timeval& t) {
  return std::int64_t{t.tv_sec} * 1'000'000 + t.tv_usec;
}

} // namespace

std::int64_t used_cpu_us() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return microseconds(used.ru_utime) + microseconds(used.ru_stime);
}

std::string report(const bench_figures& f) {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = std::max(static_cast<double>(f.ended_ns - f.began_ns) / 1e9, 1e-9);
  const auto rate = [&](std::uint64_t count) {
    return static_cast<std::uint64_t>(static_cast<double>(count) / seconds);
  };
  const json all = {{"connections", f.connected},
                    {"refused", f.refused},
                    {"lost_connections", f.lost_connections},
                    {"seconds", f.began_ns == 0 ? 0 : seconds},
                    {"sent", f.sent},
                    {"unsent", f.unsent},
                    {"promised", f.promised},
                    {"failed", f.failed},
                    {"received", f.received},
                    {"missing", f.missing},
                    {"duplicates", f.duplicates},
                    {"out_of_order", f.out_of_order},
                    {"unchecked", f.unchecked},
                    {"sent_per_second", f.began_ns == 0 ? 0 : rate(f.sent)},
                    {"received_per_second", f.began_ns == 0 ? 0 : rate(f.received)},
                    {"cpu_ms", used_cpu_us() / 1000},
                    {"connecting_cpu_ms", f.connecting_cpu_us / 1000},
                    {"memory_kib", used.ru_maxrss},
                    {"connect_us", of(f.connect_us)},
                    {"promise_us", of(f.promise_us)},
                    {"receive_us", of(f.receive_us)}};
  return all.dump();
}

} // namespace mqttzoo::cli
