// What the ZooKeeper store can be told, and what it counts.
//
// Values; made by tools/open_store from the settings.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace boost::asio {
class io_context;
}

namespace mqttzoo::zk {

enum class after_expiry : std::uint8_t {
  begin_anew, ///< Another session begins by itself.
  stay_ended, ///< All that is asked completes with `session_expired`: the caller is fenced.
};

struct zookeeper_options {
  /// The ensemble: "host:port,host:port". Names are resolved when connecting, each time anew.
  std::string servers;
  /// All paths stand below this node, which is created if missing; empty: the whole tree.
  std::string chroot;
  /// Asked of the servers, which allow 2 to 20 of their ticks unless configured otherwise.
  std::chrono::milliseconds session_timeout{6000};
  /// "user:password" of the digest scheme. Whatever is created belongs to that user alone; empty:
  /// to everyone.
  std::string auth;

  /// What follows the end of a session, once there was one.
  zk::after_expiry after_expiry = zk::after_expiry::begin_anew;

  /// Where the client runs; somebody must run it until `close` returned. Null: on a thread of the
  /// store's own, which keeps the loop free of what the C library does only by blocking: resolving
  /// names, and up to 4.5 s in `close`.
  boost::asio::io_context* loop = nullptr;

  // Requests that wait, for their turn or for the link. Both bounds together are what an outage
  // can cost in memory.
  std::size_t queue_requests_max = 65'536;
  std::size_t queue_bytes_max = 64 * 1024 * 1024;
  /// How long a request may wait for the link before it completes with `connection_loss`.
  std::chrono::milliseconds request_patience{10'000};

  // Requests sent and not answered. A server that has too many of them throttles all connections.
  std::size_t in_flight_requests_max = 256;
  std::size_t in_flight_transactions_max = 20; ///< Those of several operations.
  std::size_t in_flight_bytes_max = 4 * 1024 * 1024;

  std::size_t watches_max = 1'000'000;
  /// Bytes of all watched paths: a reconnect sends them in one request, and servers refuse one
  /// of 1 MiB.
  std::size_t watch_bytes_max = 700'000;

  /// How long `close` carries out what is queued.
  std::chrono::milliseconds close_patience{5'000};
};

/// Since the store was opened, unless a line says "now".
struct zookeeper_counters {
  std::uint64_t requests = 0;     ///< Sent.
  std::uint64_t operations = 0;   ///< Creates, sets, removes and checks sent.
  std::uint64_t bytes = 0;        ///< Paths and data sent.
  std::uint64_t sessions = 0;     ///< Begun; all but the last are over.
  std::uint64_t outages = 0;      ///< Times the link was lost.
  std::uint64_t lost = 0;         ///< Requests whose outcome is unknown.
  std::uint64_t refused = 0;      ///< Requests answered `overloaded`, for the queue or watches.
  std::uint64_t late = 0;         ///< Requests that lost their patience with the link.
  std::uint64_t watch_events = 0; ///< From the servers.
  std::uint64_t watches_forgotten = 0; ///< Taken back, because nobody listened any more.
  std::uint64_t queue_requests = 0;    ///< Now.
  std::uint64_t queue_bytes = 0;       ///< Now.
  std::uint64_t in_flight = 0;         ///< Now.
  std::uint64_t watch_bytes = 0;       ///< Now.
};

} // namespace mqttzoo::zk
