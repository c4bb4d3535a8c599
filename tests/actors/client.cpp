#include "tests/actors/client.hpp"

namespace mqttzoo::test {

mqtt::connack_packet client::connect(bool clean_start, std::uint32_t expiry_s) {
  begin_connecting(clean_start, expiry_s);
  f_.settle();
  return finish_connecting();
}

void client::begin_connecting(bool clean_start, std::uint32_t expiry_s) {
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
  a.connect.keep_alive_s = keep_alive_s;
  if (user) {
    a.connect.who.by = mqtt::identity::proof::hook;
    a.connect.who.user = user;
  }
  a.connection = wire;
  a.unit = on_.index;
  caf::anon_send(f_.pod.home, actors::claim_atom::value, attachment_);
}

mqtt::connack_packet client::finish_connecting() {
  card = std::exchange(attachment_, nullptr)->session;
  auto packets = received();
  if (packets.empty() || !std::holds_alternative<mqtt::connack_packet>(packets[0]))
    CAF_FAIL("no CONNACK");
  early.assign(packets.begin() + 1, packets.end());
  return std::get<mqtt::connack_packet>(packets[0]);
}

void client::begin_losing() {
  if (auto* events = wire->events()) {
    wire->detach_events();
    events->on_closed(net::close_cause::by_peer);
  }
}

void client::lose_connection() {
  begin_losing();
  f_.settle();
}

void client::send(const std::string& bytes) {
  write(bytes);
  f_.settle();
}

void client::write(const std::string& bytes) {
  if (wire->events())
    wire->events()->on_input(bytes);
}

void client::subscribe(const std::string& filter, mqtt::qos q) {
  send(subscribe_bytes(filter, q));
}

std::string client::subscribe_bytes(const std::string& filter, mqtt::qos q) {
  return subscribe_bytes(std::vector{filter}, {q});
}

std::string client::subscribe_bytes(const std::vector<std::string>& filters,
                                    mqtt::subscription_options options, std::uint32_t identifier) {
  mqtt::subscribe_packet p;
  p.id = mqtt::packet_id{++last_id_};
  p.subscription_identifier = identifier;
  for (const auto& filter : filters)
    p.entries.push_back({filter, options});
  std::string bytes;
  encode(p, version, bytes);
  return bytes;
}

std::string client::unsubscribe_bytes(std::vector<std::string> filters) {
  mqtt::unsubscribe_packet p;
  p.id = mqtt::packet_id{++last_id_};
  p.filters.assign(filters.begin(), filters.end());
  std::string bytes;
  encode(p, version, bytes);
  return bytes;
}

std::string client::publish_bytes(const std::string& topic, const std::string& payload, mqtt::qos q,
                                  std::uint16_t id, bool retain, mqtt::protocol_version as) {
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

void client::publish(const std::string& topic, const std::string& payload, mqtt::qos q,
                     std::uint16_t id, bool retain) {
  send(publish_bytes(topic, payload, q, id, retain, version));
}

void client::acknowledge(mqtt::packet_type type, mqtt::packet_id id) {
  std::string bytes;
  append_ack(type, id, mqtt::reason_code::success, version, bytes);
  send(bytes);
}

std::vector<std::string> client::payloads() {
  std::vector<std::string> found;
  for (const auto& p : received_of<mqtt::publish_packet>())
    found.emplace_back(p.payload);
  return found;
}
} // namespace mqttzoo::test
