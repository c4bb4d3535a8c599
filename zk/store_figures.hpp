// What a store has done and what waits in it, whatever kind it is, for operators.
//
// A plain value; see store::figures().
#pragma once

#include <cstdint>

namespace mqttzoo::zk {

struct store_figures {
  // so far
  std::uint64_t requests = 0;       ///< Reads and writes, sent to a server or carried out.
  std::uint64_t operations = 0;     ///< Creates, sets, removes and checks of transactions.
  std::uint64_t bytes = 0;          ///< Paths and data of the requests.
  std::uint64_t refused = 0;        ///< Requests answered `overloaded`.
  std::uint64_t storage_errors = 0; ///< Requests that the disk failed; of the embedded store.
  // of an ensemble
  std::uint64_t sessions = 0;     ///< Begun; all but the last are over.
  std::uint64_t outages = 0;      ///< Times the link was lost.
  std::uint64_t lost = 0;         ///< Requests whose outcome is unknown.
  std::uint64_t watch_events = 0; ///< From the servers.
  // now
  std::uint64_t queue_requests = 0;
  std::uint64_t queue_bytes = 0;
  std::uint64_t watch_bytes = 0; ///< Paths of watches on an ensemble: one request at a reconnect.
};

} // namespace mqttzoo::zk
