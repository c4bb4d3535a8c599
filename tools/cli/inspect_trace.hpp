// `mqttzoo inspect trace`: follows messages, and prints what became of each.
#pragma once

#include "tools/cli/inspect_options.hpp"

namespace mqttzoo::cli {

/// The status of the process. Ends with the trace, or with SIGINT; the trace is dropped then.
int inspect_trace(const inspect_options& o);

} // namespace mqttzoo::cli
