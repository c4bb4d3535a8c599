// What people see of a run of `mqttzoo bench` while it lasts: a line on the terminal.
//
// Part of a bench_run, on its thread. Silent if the standard error is no terminal.
#pragma once

#include "tools/cli/bench/bench_options.hpp"
#include "tools/cli/bench/figures.hpp"

#include <cstddef>
#include <cstdint>

namespace mqttzoo::cli {

class progress {
public:
  explicit progress(const bench_options& o);

  /// Rates are since the last call.
  void show(const bench_figures& f, std::size_t clients);
  /// Leaves the last line as it is.
  void end();

private:
  bool is_shown_;
  bool has_line_ = false;
  std::int64_t began_ns_, last_ns_;
  std::uint64_t sent_ = 0, received_ = 0;
};

} // namespace mqttzoo::cli
