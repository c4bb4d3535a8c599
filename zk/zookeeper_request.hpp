// One call of ZooKeeper's C library: what it carries there, and who gets what comes back.
//
// Made on a caller's thread, owned by the inbox until its turn, then by the client; from being sent
// until its answer it is known to the library by its address. Sent and answered on the client's
// thread.
#pragma once

#include "zk/outbox.hpp"
#include "zk/store.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <zookeeper/zookeeper.h>

namespace mqttzoo::zk {

class zookeeper_client;

/// What a request is sent with.
struct zookeeper_link {
  zookeeper_client& client; ///< Told of the answer.
  zhandle_t* handle;
  const std::string& chroot; ///< Empty or a path.
  const ACL_vector& access;  ///< For whatever is created.
  session_id session;

  /// Where the servers have `path`.
  std::string full(const std::string& path) const;
};

class zookeeper_request {
public:
  using clock = std::chrono::steady_clock;

  explicit zookeeper_request(std::size_t bytes) : bytes_(bytes) {}
  zookeeper_request(const zookeeper_request&) = delete;
  zookeeper_request& operator=(const zookeeper_request&) = delete;
  virtual ~zookeeper_request() = default;

  /// Hands itself to the library; its code. After `ZOK` the library answers exactly once.
  virtual int send(const zookeeper_link& link) = 0;
  /// Completes without having been sent.
  virtual void fail(error code, outbox& out) = 0;

  /// Completes from what the client itself knows; false: it has to be sent.
  virtual bool answer_here(zookeeper_client&) { return false; }

  /// The path to watch, if the read is to set a watch; else null.
  virtual const std::string* watched_path() const noexcept { return nullptr; }
  /// Of that watch.
  virtual watch_room room() const noexcept { return watch_room::common; }
  /// Operations of a transaction; 0 for a read.
  virtual std::size_t operations() const noexcept { return 0; }

  /// Paths and data.
  std::size_t bytes() const noexcept { return bytes_; }

  clock::time_point queued_at; ///< Since when it waits; set by the inbox.

private:
  std::size_t bytes_;
};

using request_ptr = std::unique_ptr<zookeeper_request>;

/// Takes a result, once, on the client's thread.
template<class Result>
using reply = std::function<void(Result, outbox&)>;

/// A reply that hands the result to `done` on `where`.
template<class Result>
reply<Result> reply_on(executor& where, std::function<void(Result)> done) {
  return [&where, done = std::move(done)](Result result, outbox& out) mutable {
    out.add(where, [done = std::move(done), result = std::move(result)]() mutable {
      done(std::move(result));
    });
  };
}

/// A watch that a read is to set; empty `sink` and no `where`: none.
struct wanted_watch {
  executor* where = nullptr;
  std::weak_ptr<watch_sink> sink;
  watch_room room = watch_room::common;
};

request_ptr make_multi(std::vector<op> ops, reply<multi_result> done);
request_ptr make_get(std::string path, wanted_watch watch, reply<expected<node, error>> done);
request_ptr make_exists(std::string path, wanted_watch watch,
                        reply<expected<std::optional<stat>, error>> done);
request_ptr make_children(std::string path, wanted_watch watch,
                          reply<expected<child_list, error>> done);
request_ptr make_watch_list(watch_query which, reply<expected<watch_list, error>> done);
request_ptr make_sync(std::string path, reply<expected<std::monostate, error>> done);

/// Bytes that `ops` take on the wire, at most; servers refuse a request of 1 MiB.
std::size_t wire_bytes(const std::vector<op>& ops, std::size_t chroot_bytes) noexcept;
inline constexpr std::size_t wire_bytes_max = 1'040'000;

/// What we call the node that the servers call `full`.
std::string own_path(const std::string& chroot, std::string_view full);

/// What a code of the library other than `ZOK` means to our callers.
error to_error(int code) noexcept;
zk::stat to_stat(const Stat& from) noexcept;

} // namespace mqttzoo::zk
