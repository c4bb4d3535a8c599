#include "tests/actors/roaming_client.hpp"

namespace mqttzoo::test {

std::shared_ptr<actors::attachment> roaming_client::begin_connecting(std::size_t pod, how h) {
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

mqtt::connack_packet roaming_client::connect(std::size_t pod, how h) {
  begin_connecting(pod, h);
  f_.settle();
  return connack();
}

mqtt::connack_packet roaming_client::connack() {
  auto packets = wire->take(version_);
  if (packets.empty() || !std::holds_alternative<mqtt::connack_packet>(packets[0]))
    CAF_FAIL("no CONNACK");
  return std::get<mqtt::connack_packet>(packets[0]);
}

void roaming_client::write(const std::string& bytes) {
  unread_ += bytes;
  if (wire->events() && !wire->paused && !unread_.empty())
    unread_.erase(0, wire->events()->on_input(unread_));
}

void roaming_client::send(const std::string& bytes) {
  write(bytes);
  f_.settle();
}

void roaming_client::lose_connection() {
  if (auto* events = wire->events()) {
    wire->detach_events();
    events->on_closed(net::close_cause::by_peer);
  }
  f_.settle();
}

void roaming_client::subscribe(const std::string& filter, mqtt::qos q) {
  mqtt::subscribe_packet p;
  p.id = mqtt::packet_id{++last_id_};
  p.entries.push_back({filter, {q}});
  std::string bytes;
  encode(p, version_, bytes);
  send(bytes);
}

std::string roaming_client::publish_bytes(const std::string& topic, const std::string& payload,
                                          mqtt::qos q, std::uint16_t id) {
  mqtt::publish_packet p;
  p.topic = topic;
  p.payload = payload;
  p.qos = q;
  p.id = mqtt::packet_id{id};
  std::string bytes;
  encode(p, mqtt::protocol_version::v5, 0, bytes);
  return bytes;
}

std::vector<std::string> roaming_client::payloads() {
  std::vector<std::string> found;
  for (const auto& p : received_of<mqtt::publish_packet>())
    found.emplace_back(p.payload);
  return found;
}

mqtt::will make_will(std::string topic, std::string payload) {
  mqtt::will w;
  w.topic = std::move(topic);
  w.payload = std::move(payload);
  return w;
}

bool was_taken_over(fake_connection& wire) {
  const auto packets = wire.take(mqtt::protocol_version::v5);
  return wire.closed && !packets.empty() &&
         std::holds_alternative<mqtt::disconnect_packet>(packets.back()) &&
         std::get<mqtt::disconnect_packet>(packets.back()).reason ==
             mqtt::reason_code::session_taken_over;
}
} // namespace mqttzoo::test
