#include "random_packet.hpp"

namespace mqttzoo::mqtt::testing {
namespace {

using enum reason_code;

constexpr std::size_t kept_max = 64;

bool is_v5(protocol_version version) {
  return version == protocol_version::v5;
}

} // namespace

std::size_t random_packet::below(std::size_t limit) {
  return std::uniform_int_distribution<std::size_t>{0, limit - 1}(engine_);
}

protocol_version random_packet::version() {
  constexpr protocol_version all[] = {protocol_version::v3_1, protocol_version::v3_1_1,
                                      protocol_version::v5, protocol_version::v5};
  return all[below(4)];
}

std::string random_packet::bytes(std::size_t size) {
  std::string out(size, '\0');
  for (auto& byte : out)
    byte = static_cast<char>(below(256));
  return out;
}

/// Text with characters of one to four bytes.
std::string random_packet::text(std::size_t characters_max) {
  static constexpr const char* alphabet[] = {"a",
                                             "b",
                                             "/",
                                             "$",
                                             " ",
                                             "\x01",
                                             "\xC3\xA9",
                                             "\xE2\x82\xAC",
                                             "\xEF\xBB\xBF",
                                             "\xF0\x9F\x98\x80"};
  std::string out;
  for (auto count = below(characters_max + 1); count != 0; --count)
    out += alphabet[below(std::size(alphabet))];
  return out;
}

std::string random_packet::topic() {
  return "t" + text(12);
}

std::string_view random_packet::keep(std::string value) {
  if (kept_.size() == kept_max)
    kept_.pop_front();
  return kept_.emplace_back(std::move(value));
}

packet_id random_packet::id() {
  return packet_id{static_cast<std::uint16_t>(1 + below(65'535))};
}

qos random_packet::level() {
  return static_cast<qos>(below(3));
}

user_properties random_packet::users() {
  user_properties out;
  for (auto count = below(4); count != 0; --count)
    out.emplace_back(text(4), text(4));
  return out;
}

reason_code random_packet::pick(std::initializer_list<reason_code> from) {
  return from.begin()[below(from.size())];
}

void random_packet::add_text_property(std::string& to, std::uint8_t id, const std::string& value) {
  to += static_cast<char>(id);
  to += static_cast<char>(value.size() >> 8);
  to += static_cast<char>(value.size());
  to += value;
}

/// Properties that are passed on, in any order.
std::string random_packet::forwarded(bool& payload_is_utf8) {
  std::string out;
  bool used[5] = {};
  for (auto count = below(6); count != 0; --count) {
    const auto kind = below(5);
    if (used[kind] && kind != 4)
      continue;
    used[kind] = true;
    if (kind == 0) {
      payload_is_utf8 = coin();
      out += '\x01';
      out += payload_is_utf8 ? '\x01' : '\x00';
    } else if (kind == 1) {
      add_text_property(out, 0x03, text(5));
    } else if (kind == 2) {
      add_text_property(out, 0x08, topic());
    } else if (kind == 3) {
      add_text_property(out, 0x09, bytes(below(8)));
    } else {
      add_text_property(out, 0x26, text(3));
      const auto value = text(3);
      out += '\0';
      out += static_cast<char>(value.size());
      out += value;
    }
  }
  return out;
}

publish_packet random_packet::publish(protocol_version version, peer from) {
  publish_packet out;
  out.topic = keep(topic());
  out.payload = keep(bytes(below(300)));
  out.qos = level();
  out.retain = coin();
  if (out.qos != qos::at_most_once) {
    out.id = id();
    out.dup = coin();
  }
  if (!is_v5(version))
    return out;
  auto& properties = out.properties;
  if (coin())
    properties.message_expiry_interval_s = static_cast<std::uint32_t>(below(1000));
  if (coin())
    properties.topic_alias = static_cast<std::uint16_t>(1 + below(10));
  if (properties.topic_alias != 0 && coin())
    out.topic = {};
  if (from == peer::server) {
    for (auto count = below(3); count != 0; --count)
      properties.subscription_identifiers.push_back(
          static_cast<std::uint32_t>(1 + below(268'435'455)));
  }
  properties.forwarded = keep(forwarded(properties.payload_is_utf8));
  return out;
}

ack_packet random_packet::ack(protocol_version version) {
  ack_packet out;
  out.type = packet_type{static_cast<std::uint8_t>(4 + below(4))};
  out.id = id();
  if (!is_v5(version))
    return out;
  const bool published = out.type == packet_type::puback || out.type == packet_type::pubrec;
  out.reason = published ? pick({success, no_matching_subscribers, unspecified_error,
                                 not_authorized, quota_exceeded})
                         : pick({success, packet_identifier_not_found});
  out.reason_string = text(5);
  out.users = users();
  return out;
}

subscribe_packet random_packet::subscribe(protocol_version version) {
  subscribe_packet out;
  out.id = id();
  for (auto count = 1 + below(4); count != 0; --count) {
    subscription_options options;
    options.qos = level();
    if (is_v5(version)) {
      options.no_local = coin();
      options.retain_as_published = coin();
      options.retained = static_cast<retain_handling>(below(3));
    }
    out.entries.push_back({topic() + "/#", options});
  }
  if (is_v5(version)) {
    out.subscription_identifier = static_cast<std::uint32_t>(below(268'435'456));
    out.users = users();
  }
  return out;
}

suback_packet random_packet::suback(protocol_version version) {
  suback_packet out;
  out.id = id();
  for (auto count = 1 + below(4); count != 0; --count)
    out.reasons.push_back(is_v5(version) ? pick({granted_qos_0, granted_qos_2, not_authorized})
                                         : pick({granted_qos_0, granted_qos_1, unspecified_error}));
  if (is_v5(version)) {
    out.reason_string = text(5);
    out.users = users();
  }
  return out;
}

unsubscribe_packet random_packet::unsubscribe(protocol_version version) {
  unsubscribe_packet out;
  out.id = id();
  for (auto count = 1 + below(4); count != 0; --count)
    out.filters.push_back(topic());
  if (is_v5(version))
    out.users = users();
  return out;
}

unsuback_packet random_packet::unsuback(protocol_version version) {
  unsuback_packet out;
  out.id = id();
  if (!is_v5(version))
    return out;
  for (auto count = 1 + below(4); count != 0; --count)
    out.reasons.push_back(pick({success, no_subscription_existed, not_authorized}));
  out.reason_string = text(5);
  out.users = users();
  return out;
}

disconnect_packet random_packet::disconnect(protocol_version version, peer from) {
  disconnect_packet out;
  if (!is_v5(version))
    return out;
  if (from == peer::client) {
    out.reason = pick({normal_disconnection, disconnect_with_will_message, protocol_error});
    if (coin())
      out.session_expiry_interval_s = static_cast<std::uint32_t>(below(100));
  } else {
    out.reason = pick({normal_disconnection, session_taken_over, use_another_server});
    out.server_reference = text(5);
  }
  out.reason_string = text(5);
  out.users = users();
  return out;
}

auth_packet random_packet::auth(peer from) {
  auth_packet out;
  out.reason = from == peer::client ? pick({continue_authentication, re_authenticate})
                                    : pick({success, continue_authentication});
  out.authentication_method = "m" + text(3);
  out.authentication_data = bytes(below(5));
  out.reason_string = text(5);
  out.users = users();
  return out;
}

packet random_packet::next(protocol_version version, peer from) {
  const bool client = from == peer::client;
  const bool may_part = client || is_v5(version);
  switch (below(8)) {
  case 0:
    return client ? packet{connect(version)} : packet{connack(version)};
  case 1:
    return ack(version);
  case 2:
    return client ? packet{subscribe(version)} : packet{suback(version)};
  case 3:
    return client ? packet{unsubscribe(version)} : packet{unsuback(version)};
  case 4:
    return client ? packet{pingreq_packet{}} : packet{pingresp_packet{}};
  case 5:
    if (may_part)
      return disconnect(version, from);
    break;
  case 6:
    if (is_v5(version))
      return auth(from);
    break;
  default:
    break;
  }
  return publish(version, from);
}

} // namespace mqttzoo::mqtt::testing
