// A client's connection as its session sees it when the client is connected to another pod.
//
// Made by the porter of the session's unit and held by the session like any connection; the porter
// knows it until either side has closed. What is written leaves with the end of the turn that asks
// for it, whether it is wanted or not: the other pod says what its socket has taken, and until then
// it counts as outbox_bytes(). What is written to a client that is gone counts for nothing. What
// the client may send ahead is bounded by a window, which is opened again as the session reads.
// Unit's thread.
#pragma once

#include "actors/messages.hpp"
#include "actors/porter_frames.hpp"
#include "net/connection.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace mqttzoo::actors {

class porter;

/// Where a client is connected, in the words of that pod.
struct client_origin {
  std::string address;
  std::string listener;
};

class far_connection final : public net::connection,
                             public std::enable_shared_from_this<far_connection> {
public:
  /// For the stream with that address at `pod`.
  far_connection(porter& at, member_ref pod, stream_address there, client_origin from);
  /// Closes at once, if that has not happened.
  ~far_connection() override;

  // net::connection
  void attach_events(net::connection_events& events) override;
  void detach_events() override { events_ = nullptr; }
  std::string& out() override { return out_; }
  void send_payload(mqtt::message_ref m) override;
  void flush_later() override;
  std::size_t outbox_bytes() const noexcept override {
    return state_ == state::open ? out_.size() + untaken_ : 0;
  }
  std::string last_input() override;
  void pause_reading() override { paused_ = true; }
  void resume_reading() override;
  void close() override;
  void abort() override;
  /// Stays with the unit it was made for.
  net::detached_socket detach_socket() override { return {}; }
  std::string peer() const override;
  std::string listener() const override;

  const member_ref& pod() const noexcept { return pod_; }
  const stream_address& address() const noexcept { return there_; }

  // --- from the porter, which holds a reference meanwhile ---

  /// Bytes of the client's; false if it sent more than it may.
  bool take(std::string_view bytes);
  /// The client's socket took so many; false if that many were not sent.
  bool taken(std::uint32_t bytes);
  /// Nothing more will come.
  void end_input(net::close_cause cause);
  /// What was put off until the end of a turn.
  void take_turn();
  /// The porter is no more, or does not want it.
  void leave_porter() noexcept;

private:
  enum class state : std::uint8_t {
    open,
    ended,  ///< by the client's side; what it sent before may still wait to be read
    closed, ///< by the session
  };

  bool may_read() const noexcept { return events_ && !paused_; }
  void offer();
  void welcome_more();
  void flush();
  void note_level();
  void end(stream_close how);
  void tell_closed(net::close_cause cause);
  void ask_for_turn();

  porter* porter_;
  const member_ref pod_;
  const stream_address there_;
  const client_origin from_;
  net::connection_events* events_ = nullptr;
  state state_ = state::open;
  net::close_cause cause_ = net::close_cause::by_us;
  std::string out_;
  std::size_t untaken_ = 0; ///< sent, and not taken by the client's socket
  bool above_low_water_ = false;
  std::string kept_;            ///< received and not consumed
  std::uint32_t unwelcome_ = 0; ///< bytes received that the client may not send again yet
  bool paused_ = false;
  bool turn_asked_ = false;
  bool flush_asked_ = false; ///< what stands in out_ may leave with the turn
  bool untold_ = false;      ///< closed by us with somebody to tell
};

} // namespace mqttzoo::actors
