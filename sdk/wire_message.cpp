#include "sdk/wire_message.hpp"

#include "mqtt/properties.hpp"
#include "mqtt/topic_name.hpp"
#include "mqtt/utf8.hpp"
#include "mqtt/wire.hpp"
#include "sdk/include/mqttzoo/error.hpp"

#include <algorithm>

namespace mqttzoo::sdk {
namespace {

/// What an entry of an outbox takes besides its bytes.
constexpr std::size_t entry_cost_bytes = 128;

/// The protocol knows no other limit of levels than that of the text.
constexpr std::size_t levels_max = mqtt::topic_bytes_max + 1;

bool is_text(std::string_view text) {
  return text.size() <= mqtt::string_size_bytes_max && mqtt::is_utf8_string(text);
}

} // namespace

std::error_code check_message(const message& m) {
  const auto& p = m.properties;
  const auto is_topic = [](const std::string& name) {
    return !mqtt::check_topic_name(name, levels_max);
  };
  if (!is_topic(m.topic) || (!p.response_topic.empty() && !is_topic(p.response_topic)))
    return errc::invalid_topic;
  const bool texts = is_text(p.content_type) && std::ranges::all_of(p.users, [](const auto& user) {
                       return is_text(user.first) && is_text(user.second);
                     });
  if (!texts || p.correlation_data.size() > mqtt::string_size_bytes_max)
    return reason::malformed_packet;
  return m.payload.size() > mqtt::varint_max ? errc::packet_too_large : std::error_code{};
}

std::string encode_properties(const message_properties& p) {
  std::string block;
  mqtt::wire_writer out{block};
  mqtt::property_writer properties{out};
  if (p.payload_is_utf8)
    properties.number(mqtt::property::payload_format_indicator, 1);
  properties.text_if_any(mqtt::property::content_type, p.content_type);
  properties.text_if_any(mqtt::property::response_topic, p.response_topic);
  properties.text_if_any(mqtt::property::correlation_data, p.correlation_data);
  properties.users(p.users);
  return block;
}

void read_message(const mqtt::publish_packet& p, std::string_view topic, message& out) {
  out.topic.assign(topic);
  out.payload.assign(p.payload);
  out.qos = static_cast<qos>(p.qos);
  out.retain = p.retain;
  auto& properties = out.properties;
  properties.payload_is_utf8 = p.properties.payload_is_utf8;
  properties.expiry_s = p.properties.message_expiry_interval_s;
  properties.content_type.clear();
  properties.response_topic.clear();
  properties.correlation_data.clear();
  properties.users.clear();
  mqtt::wire_reader in{p.properties.forwarded}; // which the decoder has checked
  while (!in.at_end()) {
    switch (mqtt::property{in.u8()}) {
    case mqtt::property::payload_format_indicator:
      in.u8();
      break;
    case mqtt::property::content_type:
      properties.content_type = in.binary();
      break;
    case mqtt::property::response_topic:
      properties.response_topic = in.binary();
      break;
    case mqtt::property::correlation_data:
      properties.correlation_data = in.binary();
      break;
    default: {
      const auto name = in.binary();
      properties.users.emplace_back(name, in.binary());
      break;
    }
    }
  }
}

mqtt::will to_wire(const will_options& w) {
  mqtt::will will;
  will.topic = w.what.topic;
  will.payload = w.what.payload;
  will.qos = to_wire(w.what.qos);
  will.retain = w.what.retain;
  will.delay_interval_s = w.delay_s;
  will.message_expiry_interval_s = w.what.properties.expiry_s;
  will.payload_is_utf8 = w.what.properties.payload_is_utf8;
  will.forwarded = encode_properties(w.what.properties);
  return will;
}

std::size_t cost_bytes(const message& m) noexcept {
  const auto& p = m.properties;
  auto size = entry_cost_bytes + m.topic.size() + m.payload.size() + p.content_type.size() +
              p.response_topic.size() + p.correlation_data.size();
  for (const auto& [name, value] : p.users)
    size += name.size() + value.size() + 2 * sizeof(std::string);
  return size;
}

} // namespace mqttzoo::sdk
