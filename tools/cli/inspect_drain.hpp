// `mqttzoo inspect drain`: ends a pod in peace, and may wait until it has ended.
#pragma once

#include "tools/cli/inspect_options.hpp"

namespace mqttzoo::cli {

/// The status of the process.
int inspect_drain(const inspect_options& o);

} // namespace mqttzoo::cli
