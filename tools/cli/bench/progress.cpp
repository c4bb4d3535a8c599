#include "tools/cli/bench/progress.hpp"

#include "tools/cli/bench/steady_time.hpp"

#include <algorithm>
#include <cstdio>
#include <unistd.h>

namespace mqttzoo::cli {

progress::progress(const bench_options& o)
    : is_shown_(!o.quiet && ::isatty(STDERR_FILENO) == 1), began_ns_(steady_ns()),
      last_ns_(began_ns_) {}

void progress::show(const bench_figures& f, std::size_t clients) {
  if (!is_shown_)
    return;
  const auto now = steady_ns();
  const auto seconds = std::max(static_cast<double>(now - last_ns_) / 1e9, 1e-3);
  const auto rate = [&](std::uint64_t count, std::uint64_t before) {
    return static_cast<double>(count - before) / seconds;
  };
  std::fprintf(stderr,
               "\r%.0f s: %llu of %zu connected, %.0f/s sent, %.0f/s received, p99 %.1f ms, %llu "
               "failed, %llu out of order\033[K",
               static_cast<double>(now - began_ns_) / 1e9,
               static_cast<unsigned long long>(f.connected), clients, rate(f.sent, sent_),
               rate(f.received, received_), static_cast<double>(f.receive_us.quantile(0.99)) / 1000,
               static_cast<unsigned long long>(f.failed + f.refused + f.lost_connections),
               static_cast<unsigned long long>(f.out_of_order));
  std::fflush(stderr);
  has_line_ = true;
  last_ns_ = now;
  sent_ = f.sent;
  received_ = f.received;
}

void progress::end() {
  if (has_line_)
    std::fputc('\n', stderr);
}

} // namespace mqttzoo::cli
