// What every store refuses before it queues anything: malformed paths and requests too large for
// one transaction.
//
// Pure functions, any thread.
#pragma once

#include "zk/store.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace mqttzoo::zk {

/// Bytes of path and data that an operation carries.
std::size_t payload_bytes(const op& operation) noexcept;
std::size_t payload_bytes(const std::vector<op>& ops) noexcept;

/// `invalid_path` with the operation's index, or `too_large`; nothing if the request may be queued.
std::optional<multi_error> check_request(const std::vector<op>& ops);

} // namespace mqttzoo::zk
