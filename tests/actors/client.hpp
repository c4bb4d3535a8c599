// A client of a pod_fixture: what it sends and what it has received.
//
// Lives for one test, on the test's thread. Most calls settle() the pod; those that say so do not,
// so that a test can decide what happens meanwhile.
#pragma once

#include "mqtt/encoder.hpp"
#include "tests/actors/pod_fixture.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace mqttzoo::test {

/// A client and its session.
class client {
public:
  client(pod_fixture& f, std::string id) : client(f, std::move(id), f.services) {}
  /// Its connections come to the unit `on`.
  client(pod_fixture& f, std::string id, actors::unit_services& on)
      : f_(f), on_(on), id_(std::move(id)) {}

  /// Connects (again); returns CONNACK.
  mqtt::connack_packet connect(bool clean_start = true, std::uint32_t expiry_s = 0) {
    begin_connecting(clean_start, expiry_s);
    f_.settle();
    return finish_connecting();
  }

  /// A CONNECT was accepted; nothing else has happened yet.
  void begin_connecting(bool clean_start = true, std::uint32_t expiry_s = 0) {
    wire = std::make_shared<fake_connection>();
    f_.adoptable = wire;
    attachment_ = std::make_shared<actors::attachment>();
    auto& a = *attachment_;
    a.connect.packet.version = version;
    a.connect.packet.client_id = id_;
    a.connect.packet.clean_start = clean_start;
    a.connect.packet.session_expiry_interval_s = expiry_s;
    a.connect.session_expiry_interval_s = expiry_s;
    a.connect.packet.will = will;
    a.connection = wire;
    a.unit = on_.index;
    caf::anon_send(f_.pod.home, actors::claim_atom::value, attachment_);
  }

  /// CONNACK, once it has come.
  mqtt::connack_packet finish_connecting() {
    card = std::exchange(attachment_, nullptr)->session;
    auto packets = received();
    if (packets.empty() || !std::holds_alternative<mqtt::connack_packet>(packets[0]))
      CAF_FAIL("no CONNACK");
    early.assign(packets.begin() + 1, packets.end());
    return std::get<mqtt::connack_packet>(packets[0]);
  }

  /// A connection that is not through a doorman's hands any more breaks without anybody having read
  /// since.
  void begin_losing() {
    if (auto* events = wire->events()) {
      wire->detach_events();
      events->on_closed(net::close_cause::by_peer);
    }
  }

  /// The network connection breaks.
  void lose_connection() {
    begin_losing();
    f_.settle();
  }

  void send(const std::string& bytes) {
    write(bytes);
    f_.settle();
  }

  /// Its bytes are read; nothing else has happened yet.
  void write(const std::string& bytes) {
    if (wire->events())
      wire->events()->on_input(bytes);
  }

  void subscribe(const std::string& filter, mqtt::qos q = mqtt::qos::at_most_once) {
    send(subscribe_bytes(filter, q));
  }

  std::string subscribe_bytes(const std::string& filter, mqtt::qos q = mqtt::qos::at_most_once) {
    return subscribe_bytes(std::vector{filter}, {q});
  }

  std::string subscribe_bytes(const std::vector<std::string>& filters,
                              mqtt::subscription_options options, std::uint32_t identifier = 0) {
    mqtt::subscribe_packet p;
    p.id = mqtt::packet_id{++last_id_};
    p.subscription_identifier = identifier;
    for (const auto& filter : filters)
      p.entries.push_back({filter, options});
    std::string bytes;
    encode(p, version, bytes);
    return bytes;
  }

  void unsubscribe(const std::string& filter) { send(unsubscribe_bytes({filter})); }

  std::string unsubscribe_bytes(std::vector<std::string> filters) {
    mqtt::unsubscribe_packet p;
    p.id = mqtt::packet_id{++last_id_};
    p.filters.assign(filters.begin(), filters.end());
    std::string bytes;
    encode(p, version, bytes);
    return bytes;
  }

  static std::string publish_bytes(const std::string& topic, const std::string& payload,
                                   mqtt::qos q = mqtt::qos::at_most_once, std::uint16_t id = 0,
                                   bool retain = false,
                                   mqtt::protocol_version as = mqtt::protocol_version::v5) {
    mqtt::publish_packet p;
    p.topic = topic;
    p.payload = payload;
    p.qos = q;
    p.id = mqtt::packet_id{id};
    p.retain = retain;
    std::string bytes;
    encode(p, as, 0, bytes);
    return bytes;
  }

  void publish(const std::string& topic, const std::string& payload,
               mqtt::qos q = mqtt::qos::at_most_once, std::uint16_t id = 0, bool retain = false) {
    send(publish_bytes(topic, payload, q, id, retain, version));
  }

  void acknowledge(mqtt::packet_type type, mqtt::packet_id id) {
    std::string bytes;
    append_ack(type, id, mqtt::reason_code::success, version, bytes);
    send(bytes);
  }

  std::vector<mqtt::packet> received() { return wire->take(version); }

  /// The packets of type `T` among those received since the last call of any kind.
  template<class T>
  std::vector<T> received_of() {
    std::vector<T> found;
    for (auto& p : received())
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

  actors::card_ref card;
  std::shared_ptr<fake_connection> wire;
  std::optional<mqtt::will> will;
  mqtt::protocol_version version = mqtt::protocol_version::v5; ///< of the next connection
  std::vector<mqtt::packet> early;                             ///< what followed CONNACK at once

private:
  pod_fixture& f_;
  actors::unit_services& on_;
  std::string id_;
  std::shared_ptr<actors::attachment> attachment_; ///< while connecting
  std::uint16_t last_id_ = 0;
};

using strings = std::vector<std::string>;

} // namespace mqttzoo::test
