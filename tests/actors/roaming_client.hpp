// A client of several pods: what it sends and has received on its latest connection.
//
// Lives for one test, on the test's thread. Most calls settle() the pods; those that say so do not.
#pragma once

#include "mqtt/encoder.hpp"
#include "tests/actors/pods_fixture.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace mqttzoo::test {

class roaming_client {
public:
  roaming_client(pods_fixture& f, std::string id) : f_(f), id_(std::move(id)) {}

  struct how {
    bool clean_start = true;
    std::uint32_t expiry_s = 0;
    std::uint16_t unit = 0;
    mqtt::protocol_version version = mqtt::protocol_version::v5;
  };

  /// A CONNECT was accepted there; nothing else has happened yet.
  std::shared_ptr<actors::attachment> begin_connecting(std::size_t pod, how h) {
    wire = std::make_shared<fake_connection>();
    version_ = h.version;
    auto& p = *f_.pods[pod];
    p.adoptable = wire;
    auto a = std::make_shared<actors::attachment>();
    a->connect.packet.version = h.version;
    a->connect.packet.client_id = id_;
    a->connect.packet.clean_start = h.clean_start;
    a->connect.packet.session_expiry_interval_s = h.expiry_s;
    a->connect.session_expiry_interval_s = h.expiry_s;
    a->connect.packet.will = will;
    a->connection = wire;
    a->unit = unit_index{h.unit};
    caf::anon_send(p.pod.home, actors::claim_atom::value, a);
    return a;
  }
  auto begin_connecting(std::size_t pod) { return begin_connecting(pod, how{}); }

  /// Connects and returns CONNACK; what follows it is lost.
  mqtt::connack_packet connect(std::size_t pod, how h) {
    begin_connecting(pod, h);
    f_.settle();
    return connack();
  }
  mqtt::connack_packet connect(std::size_t pod) { return connect(pod, how{}); }

  mqtt::connack_packet connack() {
    auto packets = wire->take(version_);
    if (packets.empty() || !std::holds_alternative<mqtt::connack_packet>(packets[0]))
      CAF_FAIL("no CONNACK");
    return std::get<mqtt::connack_packet>(packets[0]);
  }

  /// Sends as far as it is read; the rest goes with the next bytes.
  void write(const std::string& bytes) {
    unread_ += bytes;
    if (wire->events() && !wire->paused && !unread_.empty())
      unread_.erase(0, wire->events()->on_input(unread_));
  }
  std::size_t unread() const { return unread_.size(); }

  void send(const std::string& bytes) {
    write(bytes);
    f_.settle();
  }

  void lose_connection() {
    if (auto* events = wire->events()) {
      wire->detach_events();
      events->on_closed(net::close_cause::by_peer);
    }
    f_.settle();
  }

  void subscribe(const std::string& filter, mqtt::qos q = mqtt::qos::at_most_once) {
    mqtt::subscribe_packet p;
    p.id = mqtt::packet_id{++last_id_};
    p.entries.push_back({filter, {q}});
    std::string bytes;
    encode(p, version_, bytes);
    send(bytes);
  }

  static std::string publish_bytes(const std::string& topic, const std::string& payload,
                                   mqtt::qos q = mqtt::qos::at_most_once, std::uint16_t id = 0) {
    mqtt::publish_packet p;
    p.topic = topic;
    p.payload = payload;
    p.qos = q;
    p.id = mqtt::packet_id{id};
    std::string bytes;
    encode(p, mqtt::protocol_version::v5, 0, bytes);
    return bytes;
  }

  template<class T>
  std::vector<T> received_of() {
    std::vector<T> found;
    for (auto& p : wire->take(version_))
      if (auto* t = std::get_if<T>(&p))
        found.push_back(std::move(*t));
    return found;
  }

  std::vector<std::string> payloads() {
    std::vector<std::string> found;
    for (const auto& p : received_of<mqtt::publish_packet>())
      found.emplace_back(p.payload);
    return found;
  }

  std::shared_ptr<fake_connection> wire;
  std::optional<mqtt::will> will;

private:
  pods_fixture& f_;
  std::string id_;
  mqtt::protocol_version version_ = mqtt::protocol_version::v5;
  std::string unread_;
  std::uint16_t last_id_ = 0;
};

inline mqtt::will make_will(std::string topic, std::string payload) {
  mqtt::will w;
  w.topic = std::move(topic);
  w.payload = std::move(payload);
  return w;
}

/// Was it told that another connection took its session over?
inline bool was_taken_over(fake_connection& wire) {
  const auto packets = wire.take(mqtt::protocol_version::v5);
  return wire.closed && !packets.empty() &&
         std::holds_alternative<mqtt::disconnect_packet>(packets.back()) &&
         std::get<mqtt::disconnect_packet>(packets.back()).reason ==
             mqtt::reason_code::session_taken_over;
}

} // namespace mqttzoo::test
