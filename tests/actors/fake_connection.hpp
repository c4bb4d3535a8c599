// A connection that records: its other end is the test.
//
// Lives as long as somebody holds it. Everything runs on the test's thread.
#pragma once

#include "mqtt/decoder.hpp"
#include "net/connection.hpp"
#include "net/detached_socket.hpp"

#include <caf/test/dsl.hpp>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mqttzoo::test {

class fake_connection final : public net::connection {
public:
  void attach_events(net::connection_events& events) override { events_ = &events; }
  void detach_events() override { events_ = nullptr; }
  std::string& out() override {
    if (broken)
      throw std::runtime_error{"broken"};
    return sent_;
  }
  void send_payload(mqtt::message_ref m) override { sent_ += m->payload(); }
  void flush_later() override { flushing_ = true; }
  std::size_t outbox_bytes() const noexcept override { return stuck_bytes; }
  std::string last_input() override { return std::exchange(unread, {}); }
  void pause_reading() override { paused = true; }
  void resume_reading() override { paused = false; }
  void close() override { closed = flushing_ = true; }
  void abort() override { closed = true; }
  net::detached_socket detach_socket() override { return {}; }
  std::string peer() const override { return "127.0.0.1:1"; }
  std::string listener() const override { return came_by; }
  std::string certified(core::certificate_identity) const override { return certified_as; }

  net::connection_events* events() { return events_; }

  /// What was sent since the last call, decoded as the client would; nothing without a flush.
  std::vector<mqtt::packet> take(mqtt::protocol_version version) {
    if (!std::exchange(flushing_, false))
      return {};
    text_ = std::exchange(sent_, {});
    std::string_view rest = text_;
    std::vector<mqtt::packet> packets;
    while (!rest.empty()) {
      mqtt::frame f;
      auto status = mqtt::next_frame(rest, 1 << 28, f);
      if (!status || *status != mqtt::frame_status::complete)
        CAF_FAIL("the broker sent a malformed or incomplete packet");
      auto p = mqtt::decode(f, version, mqtt::peer::server, scratch_);
      if (!p)
        CAF_FAIL("the broker sent a packet that a client refuses: " << p.error().what);
      packets.push_back(std::move(*p));
      rest.remove_prefix(f.wire_size_bytes);
    }
    return packets;
  }

  std::string unread;       ///< stands in its socket
  bool broken = false;      ///< who writes to it gets an exception
  std::string certified_as; ///< by its TLS
  std::string came_by;      ///< a listener
  bool paused = false;
  bool closed = false;
  std::size_t stuck_bytes = 0;

private:
  net::connection_events* events_ = nullptr;
  std::string sent_;
  bool flushing_ = false;
  std::string text_; ///< what the last take() views
  std::string scratch_;
};

} // namespace mqttzoo::test
