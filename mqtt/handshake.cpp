#include "mqtt/handshake.hpp"

#include "mqtt/encoder.hpp"
#include "mqtt/topic_filter.hpp"
#include "mqtt/topic_levels.hpp"
#include "mqtt/utf8.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::mqtt {

namespace {

/// Without looking further than its first byte: nothing else is worth an answer.
bool begins_connect(std::string_view input) noexcept {
  return static_cast<std::uint8_t>(input[0]) >> 4 ==
         static_cast<std::uint8_t>(packet_type::connect);
}

/// Of a CONNECT that is refused for its length: in which version to say so, if what came of it
/// tells.
protocol_version version_in(std::string_view input) noexcept {
  std::size_t header_bytes = 1;
  while (header_bytes < input.size() &&
         (static_cast<std::uint8_t>(input[header_bytes]) & 0x80) != 0)
    ++header_bytes;
  frame begun;
  begun.type = packet_type::connect;
  begun.body = input.substr(std::min(header_bytes + 1, input.size()));
  return connect_version_of(begun);
}

/// What 3.x can say with a return code; other refusals close the connection without an answer.
bool has_return_code(reason_code why) noexcept {
  switch (why) {
  case reason_code::unsupported_protocol_version:
  case reason_code::client_identifier_not_valid:
  case reason_code::not_authorized:
  case reason_code::bad_user_name_or_password:
  case reason_code::server_unavailable:
  case reason_code::server_busy:
  case reason_code::quota_exceeded:
    return true;
  default:
    return false;
  }
}

} // namespace

std::size_t packet_bytes_max(const accepted_connect& a, const server_limits& limits) noexcept {
  return std::min(a.packet_bytes_max.value_or(limits.packet_bytes_max), limits.packet_bytes_max);
}

handshake::progress handshake::on_input(std::string_view& input, std::string& out) {
  while (!input.empty()) {
    frame in;
    if (!connect_seen_ && !begins_connect(input)) { // [MQTT-3.1.0-1] [MQTT-3.1.0-1 v3]
      refusal_ = "the first packet is not CONNECT";
      return progress::refused;
    }
    const auto bytes_max = std::min(packet_bytes_max(accepted_, limits_), stranger_bytes_max);
    const auto status = next_frame(input, bytes_max, in);
    if (!status && !connect_seen_ && status.error().reason == reason_code::packet_too_large)
      version_ = version_in(input);
    if (!status)
      return refuse(status.error().reason, status.error().what, out);
    if (*status == frame_status::need_more)
      return progress::waiting;
    input.remove_prefix(in.wire_size_bytes);
    const auto p = connect_seen_ ? on_auth(in, out) : on_connect(in, out);
    if (p != progress::waiting)
      return p;
  }
  return progress::waiting;
}

handshake::progress handshake::on_connect(const frame& in, std::string& out) {
  connect_seen_ = true;
  version_ = connect_version_of(in);
  std::string scratch;
  auto decoded = decode(in, protocol_version::unknown, peer::client, scratch);
  if (!decoded)
    return refuse(decoded.error().reason, decoded.error().what, out);
  accepted_.packet = std::get<connect_packet>(std::move(*decoded));
  const auto& p = accepted_.packet;
  version_ = p.version;
  if (const auto problem = check(p))
    return refuse(problem->first, problem->second, out);
  if (p.authentication_method.empty()) {
    drop_user_properties();
    return accept(out);
  }
  const auto method = methods_.find(p.authentication_method);
  if (method == methods_.end()) // [MQTT-4.12.0-1]
    return refuse(reason_code::bad_authentication_method,
                  "authentication method is not offered here", out);
  accepted_.exchange = method->second->begin(p);
  drop_user_properties();
  return authenticate(p.authentication_data, out);
}

/// Nobody reads them from here on, and a client that waits to be let in would hold many times their
/// size on the wire.
void handshake::drop_user_properties() noexcept {
  user_properties{}.swap(accepted_.packet.users);
}

handshake::progress handshake::on_auth(const frame& in, std::string& out) {
  // Between a CONNECT with a method and CONNACK only AUTH and DISCONNECT are legal (3.1.2.11.9).
  std::string scratch;
  auto decoded = decode(in, version_, peer::client, scratch);
  if (!decoded)
    return refuse(decoded.error().reason, decoded.error().what, out);
  const auto* auth = std::get_if<auth_packet>(&*decoded);
  if (auth == nullptr || accepted_.exchange == nullptr) {
    refusal_ = "packet not allowed before CONNACK";
    return in.type == packet_type::disconnect ? progress::refused
                                              : refuse(reason_code::protocol_error, refusal_, out);
  }
  // [MQTT-4.12.0-3] [MQTT-4.12.0-5] the client goes on with the method it began with
  if (auth->reason != reason_code::continue_authentication ||
      auth->authentication_method != accepted_.packet.authentication_method)
    return refuse(reason_code::protocol_error, "AUTH does not continue the exchange", out);
  return authenticate(auth->authentication_data, out);
}

handshake::progress handshake::authenticate(std::string_view data, std::string& out) {
  auto step = accepted_.exchange->on_data(data);
  if (step.outcome == reason_code::continue_authentication) { // [MQTT-4.12.0-2]
    auth_packet challenge;
    challenge.reason = reason_code::continue_authentication;
    challenge.authentication_method = accepted_.packet.authentication_method;
    challenge.authentication_data = std::move(step.data);
    if (encode(challenge, accepted_.packet.maximum_packet_size.value_or(0), out) == 0)
      return refuse(reason_code::packet_too_large, "AUTH exceeds the client's maximum packet size",
                    out);
    return progress::waiting;
  }
  if (is_failure(step.outcome)) // [MQTT-4.12.0-4]
    return refuse(step.outcome, "authentication failed", out);
  accepted_.authentication_data = std::move(step.data);
  accepted_.who.by = identity::proof::method;
  accepted_.who.user = std::move(step.user);
  return accept(out);
}

std::optional<std::pair<reason_code, const char*>> handshake::check(const connect_packet& p) const {
  using problem = std::pair<reason_code, const char*>;
  if (p.client_id.size() > limits_.client_id_bytes_max)
    return problem{reason_code::client_identifier_not_valid,
                   "client identifier is too long"}; // [MQTT-3.1.3-8]
  return p.will ? check_will(*p.will) : std::nullopt;
}

std::optional<std::pair<reason_code, const char*>> handshake::check_will(const will& w) const {
  using problem = std::pair<reason_code, const char*>;
  if (w.qos > limits_.qos_max) // [MQTT-3.2.2-12]
    return problem{reason_code::qos_not_supported, "the will's QoS is not supported"};
  if (w.retain && !limits_.retain_available) // [MQTT-3.2.2-13]
    return problem{reason_code::retain_not_supported, "retained wills are not supported"};
  if (exceeds_levels(w.topic, limits_.topic_levels_max))
    return problem{reason_code::topic_name_invalid, "the will's topic has too many levels"};
  if (is_own_topic(w.topic))
    return problem{reason_code::not_authorized, "the will's topic is the broker's own"};
  if (w.payload_is_utf8 && !is_utf8(w.payload))
    return problem{reason_code::payload_format_invalid, "the will's payload is not UTF-8"};
  return std::nullopt;
}

handshake::progress handshake::accept(std::string& out) {
  // [MQTT-3.1.3-2] [MQTT-3.1.3-5] any name will do: [MQTT-3.1.3-2 v3] [MQTT-3.1.3-5 v3]
  // [MQTT-3.1.3-6 v3]
  auto& p = accepted_.packet;
  if (p.client_id.empty()) { // [MQTT-3.1.3-6] [MQTT-3.1.3-7] the server names it
    p.client_id = assign_client_id_();
    accepted_.assigned_client_id = true;
  }
  const auto cap = limits_.keep_alive_s_max;
  // [MQTT-3.2.2-22] as the client asks
  accepted_.keep_alive_s = p.keep_alive_s;
  if (cap != 0 && p.version == protocol_version::v5 &&
      (p.keep_alive_s == 0 || p.keep_alive_s > cap))
    accepted_.keep_alive_s = cap; // announced as Server Keep Alive, which 3.x does not have
  auto expiry = p.session_expiry_interval_s;
  if (p.version != protocol_version::v5)
    expiry = p.clean_start ? 0 : 0xFFFF'FFFF; // [MQTT-3.1.2-6 v3] CleanSession decides
  accepted_.session_expiry_interval_s = std::min(expiry, limits_.session_expiry_s_max);
  if (p.maximum_packet_size && p.version == protocol_version::v5) {
    // [MQTT-3.1.2-24] Who cannot even take the CONNACK is told so before its session is touched. It
    // is the largest answer that a client does not ask for: no acknowledgement breaks the limit.
    std::string connack;
    if (encode(make_connack(accepted_, presence::fresh, limits_), p.version, *p.maximum_packet_size,
               connack) == 0)
      return refuse(reason_code::packet_too_large,
                    "CONNACK exceeds the client's maximum packet size", out);
  }
  return progress::accepted;
}

handshake::progress handshake::refuse(reason_code why, std::string_view what, std::string& out) {
  // The connection ends and nothing else on it is looked at: [MQTT-3.1.4-2] [MQTT-3.1.4-6]
  // [MQTT-3.2.2-7] and of 3.1.1: [MQTT-3.1.4-1 v3] [MQTT-3.1.4-5 v3] [MQTT-3.2.2-5 v3]
  // [MQTT-3.1.3-9 v3].
  refusal_ = what;
  connack_packet answer;
  answer.reason = why;
  if (why != reason_code::unsupported_protocol_version) // a client of another version may not know
                                                        // properties
    answer.reason_string = what;
  if (version_ == protocol_version::v5) {
    // [MQTT-3.1.2-2] [MQTT-3.1.4-1]
    encode(answer, protocol_version::v5, accepted_.packet.maximum_packet_size.value_or(0), out);
  } else if (has_return_code(why)) {
    encode(answer, protocol_version::v3_1_1, 0, out); // [MQTT-3.1.2-2 v3] [MQTT-3.2.2-6 v3]
  }
  return progress::refused;
}

connack_packet make_connack(const accepted_connect& a, presence of_session,
                            const server_limits& limits) {
  connack_packet ack;
  ack.session_present = of_session == presence::resumed;
  if (a.packet.version != protocol_version::v5)
    return ack;
  if (a.assigned_client_id)
    ack.assigned_client_id = a.packet.client_id; // [MQTT-3.2.2-16]
  if (a.session_expiry_interval_s != a.packet.session_expiry_interval_s)
    ack.session_expiry_interval_s = a.session_expiry_interval_s;
  if (a.keep_alive_s != a.packet.keep_alive_s)
    ack.server_keep_alive_s = a.keep_alive_s;
  ack.receive_maximum = limits.receive_maximum;
  if (limits.qos_max != qos::exactly_once)
    ack.maximum_qos = limits.qos_max; // [MQTT-3.2.2-9]
  if (!limits.retain_available)
    ack.retain_available = false;
  ack.maximum_packet_size = static_cast<std::uint32_t>(packet_bytes_max(a, limits));
  if (limits.topic_alias_maximum > 0)
    ack.topic_alias_maximum = limits.topic_alias_maximum;
  if (!limits.wildcard_available)
    ack.wildcard_subscription_available = false;
  if (!limits.subscription_identifiers_available)
    ack.subscription_identifiers_available = false;
  if (!limits.shared_available)
    ack.shared_subscription_available = false;
  // [MQTT-3.1.2-28] only when asked for; it is to be part of a topic name
  if (a.packet.request_response_information && !has_wildcard(a.packet.client_id))
    ack.response_information = "response/" + a.packet.client_id;
  ack.authentication_method = a.packet.authentication_method; // [MQTT-4.12.0-5]
  ack.authentication_data = a.authentication_data;
  return ack;
}

} // namespace mqttzoo::mqtt
