// PUBLISH: section 3.3. The hot path of the broker: one pass, nothing copied.
#include "mqtt/decoders.hpp"

namespace mqttzoo::mqtt {
namespace {

/// Collects the properties that are passed on. As long as they follow one another they stay a view
/// into the packet; the first gap between them moves them into `scratch`.
class forwarded_properties {
public:
  explicit forwarded_properties(std::string& scratch) noexcept : scratch_(scratch) {}

  void add(std::string_view encoded) {
    if (moved_) {
      scratch_.append(encoded);
    } else if (run_.empty()) {
      run_ = encoded;
    } else if (run_.data() + run_.size() == encoded.data()) {
      run_ = {run_.data(), run_.size() + encoded.size()};
    } else {
      scratch_.assign(run_).append(encoded);
      moved_ = true;
    }
  }

  std::string_view view() const noexcept { return moved_ ? std::string_view{scratch_} : run_; }

private:
  std::string& scratch_;
  std::string_view run_;
  bool moved_ = false;
};

void read_properties(wire_reader& in, peer from, publish_properties& out, std::string& scratch) {
  forwarded_properties forwarded{scratch};
  property_reader properties{in, place(packet_type::publish), from};
  while (const auto* value = properties.next()) {
    if (is_forwarded(value->id)) {
      forwarded.add(value->encoded);
      if (value->id == property::payload_format_indicator)
        out.payload_is_utf8 = value->number == 1;
    } else if (value->id == property::topic_alias) {
      out.topic_alias = static_cast<std::uint16_t>(value->number);
    } else if (value->id == property::message_expiry_interval) {
      out.message_expiry_interval_s = value->number;
    } else {
      out.subscription_identifiers.push_back(value->number);
    }
  }
  out.forwarded = forwarded.view();
}

void reset(publish_properties& out) noexcept {
  out.message_expiry_interval_s.reset();
  out.topic_alias = 0;
  out.subscription_identifiers.clear(); // keeps its capacity
  out.payload_is_utf8 = false;
  out.forwarded = {};
}

/// A topic name, or nothing. [MQTT-3.3.2-1] [MQTT-3.3.2-1 v3]
std::string_view read_topic(wire_reader& in) noexcept {
  const auto topic = in.binary();
  const auto found = classify_topic(topic);
  if (found != topic_text::name) [[unlikely]] {
    // [MQTT-3.3.2-2] [MQTT-3.3.2-2 v3] [MQTT-4.7.1-1] [MQTT-4.7.1-1 v3]
    const bool wildcards = found == topic_text::wildcards;
    in.fail(wildcards ? reason_code::topic_name_invalid : reason_code::malformed_packet,
            wildcards ? "topic name has wildcards" : "topic is not valid UTF-8");
  }
  return topic;
}

/// QoS, DUP and RETAIN (3.3.1).
void read_flags(wire_reader& in, std::uint8_t flags, publish_packet& out) noexcept {
  const auto level = (flags >> 1) & 3;
  in.require(level != 3, reason_code::malformed_packet, // [MQTT-3.3.1-4] [MQTT-3.3.1-4 v3]
             "QoS 3 does not exist");
  out.qos = static_cast<qos>(level);
  out.retain = (flags & 1) != 0;
  out.dup = (flags & 8) != 0;
  in.require(!out.dup || level != 0, reason_code::malformed_packet, // [MQTT-3.3.1-2] and v3:
             "DUP is set on a QoS 0 message");                      // [MQTT-3.3.1-2 v3]
}

} // namespace

expected<void, decode_error> decode_publish(const frame& in, protocol_version version, peer from,
                                            publish_packet& out, std::string& scratch) {
  wire_reader body{in.body};
  read_flags(body, in.flags, out);
  out.topic = read_topic(body);
  // [MQTT-2.2.1-2] [MQTT-2.3.1-5 v3] QoS 0 has no packet identifier
  out.id = out.qos == qos::at_most_once ? packet_id::none : read_packet_id(body);
  reset(out.properties);
  if (version == protocol_version::v5) {
    require_shortest_length(body, in);
    read_properties(body, from, out.properties, scratch);
  }
  // [MQTT-4.7.3-1] [MQTT-4.7.3-1 v3]
  body.require(!out.topic.empty() || out.properties.topic_alias != 0, reason_code::protocol_error,
               "topic name is empty");
  out.payload = body.rest();
  return body.result();
}

} // namespace mqttzoo::mqtt
