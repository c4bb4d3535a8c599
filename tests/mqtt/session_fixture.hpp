// A session with its client at one end and a recording port at the other.
//
// The client's packets are encoded and fed as bytes, what the session sent is decoded as the client
// would. Time stands still until a test moves it. Base of test fixtures, one per test.
#pragma once

#include "mqtt/encoder.hpp"
#include "mqtt/session.hpp"
#include "recording_port.hpp"

#include <caf/test/dsl.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace mqttzoo::mqtt::testing {

using namespace std::chrono_literals;

constexpr packet_id id(std::uint16_t n) noexcept {
  return packet_id{n};
}

/// What a client sends with CONNECT unless a test says otherwise.
connect_packet hello(protocol_version version, bool clean_start = true);
/// A client whose session outlives its connections.
connect_packet persistent_hello(protocol_version version);

publish_packet publish(std::string_view topic, std::string_view payload, qos q = qos::at_most_once,
                       packet_id as = packet_id::none);
ack_packet ack(packet_type type, packet_id of, reason_code reason = reason_code::success);
subscribe_packet subscribe(packet_id as, std::vector<std::string> filters,
                           qos q = qos::exactly_once);
unsubscribe_packet unsubscribe(packet_id as, std::vector<std::string> filters);

/// Terms of one plain subscription.
ref<delivery_terms> terms(qos maximum);

/// A promise that says when it was settled, and how.
class test_ticket final : public ticket {
public:
  struct fate {
    bool settled = false;
    settlement outcome;
  };
  test_ticket(policy storage, fate& told) : ticket(storage), told_(told) {}
  ~test_ticket() override { told_ = {true, outcome()}; }

private:
  fate& told_;
};

class session_fixture {
public:
  session_fixture() { renew(); }

  /// As a new process would begin: the session is gone, the port's records stay.
  void renew();

  /// Connects, through the handshake; returns what CONNACK said.
  connack_packet connect(connect_packet p);
  connack_packet connect(protocol_version v) { return connect(hello(v)); }

  /// Feeds one packet of the client.
  template<class Packet>
  void send(const Packet& p) {
    feed(encoded(p));
  }
  /// Feeds bytes as they are; returns how many the session took.
  std::size_t feed(std::string_view bytes);

  /// The wire form of one packet of the client.
  template<class Packet>
  std::string encoded(const Packet& p) const {
    std::string bytes;
    if constexpr (std::is_same_v<Packet, connect_packet> || std::is_same_v<Packet, pingreq_packet>)
      encode(p, bytes);
    else if constexpr (std::is_same_v<Packet, subscribe_packet> ||
                       std::is_same_v<Packet, unsubscribe_packet>)
      encode(p, version, bytes);
    else if constexpr (std::is_same_v<Packet, auth_packet>)
      encode(p, 0, bytes);
    else
      encode(p, version, 0, bytes);
    return bytes;
  }

  /// What the client received since the last call. Views in it live as long as the fixture.
  std::vector<packet> received();
  /// The same if it is one packet of this type; else the test fails.
  template<class Packet>
  Packet take() {
    auto all = received();
    if (all.size() != 1 || !std::holds_alternative<Packet>(all[0]))
      CAF_FAIL("not the one packet that was expected: " << describe(all));
    return std::get<Packet>(std::move(all[0]));
  }
  void expect_nothing();
  /// Exactly these PUBLISH packets, by payload.
  void expect_payloads(const std::vector<std::string>& wanted);
  /// One acknowledgement.
  void expect_ack(packet_type type, packet_id of, reason_code reason = reason_code::success);
  /// The connection was closed; 5.0 clients were told `why`.
  void expect_closed(reason_code why);

  /// The network connection breaks.
  void lose_connection() { machine->on_closed(now); }

  /// Moves time, and wakes the session whenever it wants to be.
  void pass(time_point::duration time);

  message_ref message(std::string_view topic, std::string_view payload, qos q,
                      time_point expires_at = time_point::max());
  void deliver(std::string_view payload, qos q, ref<ticket> promise = nullptr);
  void deliver_on(ref<delivery_terms> on, message_ref m, ref<ticket> promise = nullptr);

  /// The store's answers to what it was asked for, by order of the questions.
  void stored(std::size_t deposit, const settlement& outcome = {},
              time_point held_until = time_point::max());
  void recorded(std::size_t record, const settlement& outcome = {});
  /// For the last publish under that identifier.
  void receipt(packet_id of, const settlement& outcome = {});
  void delayed(packet_id of, const settlement& why = {reason_code::quota_exceeded, limit::bank, 7});
  publish_id last_publish(packet_id of) const;
  /// Of the connection before.
  connection_epoch last_epoch() const {
    return connection_epoch{static_cast<std::uint64_t>(epoch) - 1};
  }

  static std::string describe(const std::vector<packet>& all);

  server_limits limits;
  counters counts;
  recording_port port;
  std::unique_ptr<session> machine;
  time_point now = time_point{} + 1h;
  protocol_version version = protocol_version::v5;
  connection_epoch epoch{};

private:
  std::deque<std::string> wires_; ///< what views in received packets point into
};

inline const protocol_version all_versions[] = {protocol_version::v3_1, protocol_version::v3_1_1,
                                                protocol_version::v5};

} // namespace mqttzoo::mqtt::testing
