// Random CONNECT and CONNACK packets.
#include "random_packet.hpp"

namespace mqttzoo::mqtt::testing {
namespace {

using enum reason_code;

bool is_v5(protocol_version version) {
  return version == protocol_version::v5;
}

} // namespace

will random_packet::some_will(protocol_version version) {
  will out;
  out.topic = topic();
  out.payload = bytes(below(200));
  out.qos = level();
  out.retain = coin();
  if (is_v5(version)) {
    out.delay_interval_s = static_cast<std::uint32_t>(below(3) * 1000);
    if (coin())
      out.message_expiry_interval_s = static_cast<std::uint32_t>(below(100));
    out.forwarded = forwarded(out.payload_is_utf8);
  }
  return out;
}

connect_packet random_packet::connect(protocol_version version) {
  connect_packet out;
  out.version = version;
  out.clean_start = coin();
  out.keep_alive_s = static_cast<std::uint16_t>(below(65'536));
  out.client_id = "c" + text(10);
  if (coin())
    out.will = some_will(version);
  if (coin())
    out.user_name = text(5);
  if (coin() && (out.user_name || is_v5(version)))
    out.password = bytes(below(6));
  if (!is_v5(version))
    return out;
  out.session_expiry_interval_s = static_cast<std::uint32_t>(below(3));
  out.receive_maximum = static_cast<std::uint16_t>(1 + below(65'535));
  if (coin())
    out.maximum_packet_size = static_cast<std::uint32_t>(1 + below(1'000'000));
  out.topic_alias_maximum = static_cast<std::uint16_t>(below(3));
  out.request_response_information = coin();
  out.request_problem_information = coin();
  if (coin()) {
    out.authentication_method = "m" + text(3);
    out.authentication_data = bytes(below(5));
  }
  out.users = users();
  return out;
}

void random_packet::add_limits(connack_packet& to) {
  const auto number = [this](std::size_t limit) {
    return static_cast<std::uint32_t>(1 + below(limit));
  };
  if (coin())
    to.session_expiry_interval_s = number(1000);
  if (coin())
    to.receive_maximum = static_cast<std::uint16_t>(number(65'535));
  if (coin())
    to.maximum_qos = coin() ? qos::at_most_once : qos::at_least_once;
  if (coin())
    to.retain_available = coin();
  if (coin())
    to.maximum_packet_size = number(1'000'000);
  if (coin())
    to.topic_alias_maximum = static_cast<std::uint16_t>(number(10));
  if (coin())
    to.wildcard_subscription_available = coin();
  if (coin())
    to.subscription_identifiers_available = coin();
  if (coin())
    to.shared_subscription_available = coin();
  if (coin())
    to.server_keep_alive_s = static_cast<std::uint16_t>(number(100));
}

connack_packet random_packet::connack(protocol_version version) {
  connack_packet out;
  if (coin())
    out.reason = pick({unsupported_protocol_version, client_identifier_not_valid,
                       server_unavailable, bad_user_name_or_password, not_authorized});
  else
    out.session_present = version != protocol_version::v3_1 && coin();
  if (!is_v5(version))
    return out;
  add_limits(out);
  out.assigned_client_id = text(5);
  out.reason_string = text(5);
  out.users = users();
  out.response_information = text(5);
  out.server_reference = text(5);
  out.authentication_method = text(5);
  out.authentication_data = bytes(below(5));
  return out;
}

} // namespace mqttzoo::mqtt::testing
