// The end of a run of `mqttzoo bench`, for programs.
//
// Pure function but for what it asks the system about this process.
#pragma once

#include "tools/cli/bench/figures.hpp"

#include <cstdint>
#include <string>

namespace mqttzoo::cli {

/// CPU time that this process has used so far.
std::int64_t used_cpu_us();

/// A JSON object in one line; docs/cli.md says what its members mean.
std::string report(const bench_figures& f);

} // namespace mqttzoo::cli
