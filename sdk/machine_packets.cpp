// What a client does with each packet of a server: sections 3.2, 3.3, 3.4 to 3.7, 3.9, 3.11, 3.14.
#include "mqtt/encoder.hpp"
#include "sdk/include/mqttzoo/error.hpp"
#include "sdk/machine.hpp"
#include "sdk/wire_message.hpp"

namespace mqttzoo::sdk {
namespace {

server_grants grants_of(const mqtt::connack_packet& p, mqtt::protocol_version version) {
  server_grants g;
  g.version = version;
  g.receive_maximum = p.receive_maximum.value_or(65'535);
  g.packet_bytes_max = p.maximum_packet_size.value_or(0);
  g.qos_max = p.maximum_qos.value_or(mqtt::qos::exactly_once);
  g.retain = p.retain_available.value_or(true);
  g.shared = p.shared_subscription_available.value_or(true);
  g.subscription_identifiers =
      version == mqtt::protocol_version::v5 && p.subscription_identifiers_available.value_or(true);
  g.topic_alias_maximum = p.topic_alias_maximum.value_or(0);
  return g;
}

} // namespace

std::error_code machine::take(const mqtt::connack_packet& p, time_point now) {
  if (p.reason != mqtt::reason_code::success) {
    server_reference_ = p.server_reference;
    return to_error(p.reason);
  }
  phase_ = phase::up;
  grants_ = grants_of(p, connect_.version);
  if (!p.assigned_client_id.empty())
    connect_.client_id = p.assigned_client_id; // ours from now on
  // [MQTT-3.1.2-21] the server's keep alive counts
  keep_alive_ = std::chrono::seconds{p.server_keep_alive_s.value_or(options_.keep_alive_s)};
  ping_due_ = keep_alive_.count() == 0 ? time_point::max() : now + keep_alive_;
  // A session that outlives its connection is kept through reconnects; the first one may clean it.
  if (connect_.version == mqtt::protocol_version::v5 && options_.session_expiry_s > 0)
    connect_.clean_start = false;
  inbox_.connected(connect_.version, p.session_present);
  filters_.connected(grants_, p.session_present);
  outbox_.connected(grants_, p.session_present, now);
  port_.on_connected(p);
  return {};
}

bool machine::resolve_topic(mqtt::publish_packet& p) {
  const auto alias = p.properties.topic_alias;
  if (alias == 0)
    return true;
  if (!aliases_.valid(alias))
    return false;
  if (!p.topic.empty()) {
    aliases_.set(alias, make_ref<mqtt::shared_topic>(std::string{p.topic}));
    return true;
  }
  const auto known = aliases_.find(alias);
  if (!known)
    return false;
  p.topic = known->name(); // which aliases_ keeps
  return true;
}

std::error_code machine::take_publish(const mqtt::frame& in) {
  auto& p = publish_;
  const auto decoded = mqtt::decode_publish(in, connect_.version, mqtt::peer::server, p, scratch_);
  if (!decoded)
    return fail(decoded.error().reason, errc::malformed_packet);
  if (!resolve_topic(p))
    return fail(mqtt::reason_code::topic_alias_invalid, errc::malformed_packet);
  if (p.qos == mqtt::qos::at_most_once) {
    port_.on_message(p, receipt_number::none);
    return {};
  }
  const auto arrival = inbox_.arrived(p, output_);
  if (arrival.what == inbox::verdict::too_many)
    return fail(mqtt::reason_code::receive_maximum_exceeded, reason::receive_maximum_exceeded);
  if (arrival.what == inbox::verdict::deliver)
    port_.on_message(p, arrival.number);
  return {};
}

std::error_code machine::take_ack(const mqtt::frame& in, time_point now) {
  const auto decoded = mqtt::decode_ack(in, connect_.version, mqtt::peer::server, ack_);
  if (!decoded)
    return fail(decoded.error().reason, errc::malformed_packet);
  if (ack_.type == mqtt::packet_type::pubrel)
    inbox_.released_by_server(ack_.id, output_);
  else
    outbox_.acknowledge(ack_, output_, now);
  return {};
}

std::error_code machine::take(const mqtt::suback_packet& p) {
  return filters_.suback(p) ? std::error_code{}
                            : fail(mqtt::reason_code::protocol_error, errc::malformed_packet);
}

std::error_code machine::take(const mqtt::unsuback_packet& p) {
  return filters_.unsuback(p) ? std::error_code{}
                              : fail(mqtt::reason_code::protocol_error, errc::malformed_packet);
}

std::error_code machine::take(const mqtt::disconnect_packet& p) {
  server_reference_ = p.server_reference;
  if (!mqtt::is_failure(p.reason))
    return errc::connection_lost;
  return to_error(p.reason);
}

std::error_code machine::take(const mqtt::auth_packet& p) {
  // We never name a method, so a server has nothing to ask.
  (void)p;
  return fail(mqtt::reason_code::protocol_error, errc::malformed_packet);
}

} // namespace mqttzoo::sdk
