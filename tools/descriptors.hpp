// The process's limit of open files: raised as far as it goes, and what of it is for clients.
//
// Any thread, but raised before there is a second one.
#pragma once

#include <cstdint>

namespace mqttzoo::tools {

/// Raises the soft limit to the hard one. If that fails, it is logged and the limit stays.
void raise_descriptors() noexcept;

/// Now; as many as there are if there is no limit.
std::uint64_t descriptors_max() noexcept;

/// How many connections of clients fit below the limit. 64 files or an eighth, whatever is more,
/// are kept for what must go on when all of those are open: the store, other pods, operators.
std::uint32_t connections_that_fit() noexcept;

} // namespace mqttzoo::tools
