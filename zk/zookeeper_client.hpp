// The client of a ZooKeeper ensemble: the C library's handle, one session after the other, and the
// requests sent over it.
//
// Owned by the loop that polls the handle, on whose thread all of it runs, but for `session` and
// `counters`. It begins a new session with a new handle when one is over, creates the chroot, and
// tells who is attached. Requests are sent in the order they came and only while the link is up:
// what was never sent is known not to be applied.
//
// The library calls back in `zookeeper_process`, `zookeeper_interest` and `zookeeper_close`; what
// it says is gathered and leaves with the end of the turn.
#pragma once

#include "zk/zookeeper_inbox.hpp"
#include "zk/zookeeper_options.hpp"
#include "zk/zookeeper_watches.hpp"

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mqttzoo::zk {

class zookeeper_client {
public:
  using clock = zookeeper_request::clock;

  zookeeper_client(const zookeeper_options& options, std::shared_ptr<zookeeper_inbox> inbox);
  /// `finish` must have come to its end, or the client never have begun a turn.
  ~zookeeper_client();

  /// What to poll; null while there is none, and it changes from turn to turn.
  zhandle_t* handle() const noexcept { return handle_; }

  /// The end of a turn, after the library was called or a request came: sessions, sending,
  /// delivery.
  void advance();
  /// When to call `advance` even if nothing happens.
  std::optional<clock::time_point> next_look() const noexcept;

  void attach(executor& where, std::weak_ptr<watch_sink> sink);

  /// Ends, once what is queued is carried out or the patience is over; `advance` goes on until
  /// `finished`.
  void finish();
  bool finished() const noexcept { return phase_ == phase::finished; }

  /// Any thread.
  session_id session() const noexcept { return session_; }
  /// Any thread.
  zookeeper_counters counters() const noexcept;

  // --- for requests ---

  /// The library has given an answer; from now on the caller owns `request`.
  void answered(const zookeeper_request& request, int code) noexcept;
  zookeeper_watches& watches() noexcept { return watches_; }
  outbox& out() noexcept { return out_; }

private:
  enum class phase : std::uint8_t {
    no_handle,  ///< Until `retry_at_`.
    connecting, ///< A session is about to begin, or it has and the link was lost before `up`.
    preparing,  ///< A session has begun; its chroot is being made.
    up,
    suspended, ///< The link is down, the session may be alive.
    finished,
  };
  struct attached {
    std::weak_ptr<watch_sink> sink;
    executor* where;
  };

  void open_handle();
  void close_handle();
  void end_session();

  void heard(int type, int state, const char* path);
  void link_is_up();
  void link_is_down();
  void prepare();
  void prepared(int code);
  void tell(session_state state, session_id session);

  void send_waiting();
  bool has_room_for(const zookeeper_request& next) const noexcept;
  void send(request_ptr next);
  void take_watches_back();
  void watch_taken_back(const std::string& path, bool gone);
  void fail_waiting(error code);
  void fail_late(clock::time_point now);
  clock::time_point waits_until(const zookeeper_request& request) const noexcept;
  bool fenced() const noexcept;
  bool ready_to_finish(clock::time_point now) const noexcept;

  const zookeeper_options options_;
  const std::shared_ptr<zookeeper_inbox> inbox_;
  const std::string chroot_; ///< Empty, not "/", for the whole tree.
  const ACL_vector access_;
  int chroot_code_ = 0; ///< Of the last attempt to create it.
  zhandle_t* handle_ = nullptr;
  phase phase_ = phase::no_handle;
  bool between_sessions_ = false; ///< One is over, the next has not begun.
  clock::time_point retry_at_;
  clock::time_point down_since_;
  std::optional<clock::time_point> finish_by_;

  std::deque<request_ptr> waiting_;
  std::size_t in_flight_requests_ = 0;
  std::size_t in_flight_transactions_ = 0;
  std::size_t in_flight_bytes_ = 0;

  zookeeper_watches watches_;
  std::size_t taking_back_ = 0;
  std::vector<attached> attached_;
  outbox out_;

  std::atomic<session_id> session_ = session_id::none;
  struct {
    std::atomic<std::uint64_t> requests, operations, bytes, sessions, outages, lost, refused, late,
        watch_events, watches_forgotten, in_flight, watch_bytes;
  } count_;
};

} // namespace mqttzoo::zk
