// PUBLISH: section 3.3.
#include "mqtt/encoders.hpp"

#include <cassert>
#include <limits>

namespace mqttzoo::mqtt {
namespace {

constexpr std::size_t alias_size_bytes = 3;  ///< identifier and two bytes
constexpr std::size_t expiry_size_bytes = 5; ///< identifier and four bytes

std::size_t properties_size(const publish_properties& p) noexcept {
  auto size = p.forwarded.size();
  if (p.message_expiry_interval_s)
    size += expiry_size_bytes;
  if (p.topic_alias != 0)
    size += alias_size_bytes;
  for (const auto id : p.subscription_identifiers)
    size += 1 + varint_size(id);
  return size;
}

/// The lengths that go onto the wire.
struct publish_sizes {
  std::size_t properties; ///< without their length field
  std::size_t body;       ///< the remaining length
  bool encodable;         ///< false if a field is too large for any packet
};

publish_sizes sizes_of(const publish_packet& p, protocol_version version) noexcept {
  publish_sizes sizes{0, 2 + p.topic.size() + p.payload.size(), true};
  if (p.qos != qos::at_most_once)
    sizes.body += 2;
  if (version == protocol_version::v5) {
    sizes.properties = properties_size(p.properties);
    sizes.encodable = sizes.properties <= varint_max;
    sizes.body += sizes.properties;
    sizes.body += varint_size(static_cast<std::uint32_t>(sizes.properties));
  }
  // [MQTT-4.7.3-3] [MQTT-4.7.3-3 v3]
  sizes.encodable =
      sizes.encodable && sizes.body <= varint_max && p.topic.size() <= string_size_bytes_max;
  return sizes;
}

/// The properties of this hop first, so that those which are passed on stay one block.
void write_properties(wire_writer& out, const publish_properties& p, std::size_t size) {
  out.varint(static_cast<std::uint32_t>(size)); // [MQTT-2.2.2-1] 0 if there are none
  property_writer properties{out};
  if (p.message_expiry_interval_s)
    properties.number(property::message_expiry_interval, *p.message_expiry_interval_s);
  if (p.topic_alias != 0)
    properties.number(property::topic_alias, p.topic_alias);
  for (const auto id : p.subscription_identifiers) // [MQTT-3.3.4-3] [MQTT-3.3.4-4]
    properties.number(property::subscription_identifier, id);
  // [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20]
  out.bytes(p.forwarded);
}

std::uint8_t first_byte_of(const publish_packet& p) noexcept {
  const bool acknowledged = p.qos != qos::at_most_once;
  unsigned flags = static_cast<unsigned>(p.qos) << 1;
  if (p.retain)
    flags |= 0x01;
  if (p.dup && acknowledged) // [MQTT-3.3.1-2] [MQTT-3.3.1-2 v3]
    flags |= 0x08;
  return first_byte(packet_type::publish, flags);
}

void write_header(const publish_packet& p, protocol_version version, const publish_sizes& sizes,
                  std::string& to) {
  wire_writer out{to};
  out.u8(first_byte_of(p));
  out.varint(static_cast<std::uint32_t>(sizes.body));
  out.binary(p.topic);
  if (p.qos != qos::at_most_once) {  // [MQTT-2.2.1-2] [MQTT-2.3.1-5 v3]
    assert(p.id != packet_id::none); // [MQTT-2.2.1-4] [MQTT-2.3.1-1 v3]
    write_id(out, p.id);
  }
  if (version == protocol_version::v5)
    write_properties(out, p.properties, sizes.properties);
}

std::size_t wire_size(const publish_sizes& sizes) noexcept {
  return 1 + varint_size(static_cast<std::uint32_t>(sizes.body)) + sizes.body;
}

} // namespace

std::size_t encoded_size(const publish_packet& p, protocol_version version) noexcept {
  const auto sizes = sizes_of(p, version);
  return sizes.encodable ? wire_size(sizes) : std::numeric_limits<std::size_t>::max();
}

std::size_t encode_publish_header(const publish_packet& p, protocol_version version,
                                  std::string& out) {
  const auto sizes = sizes_of(p, version);
  if (!sizes.encodable)
    return 0;
  write_header(p, version, sizes, out);
  return wire_size(sizes) - p.payload.size();
}

std::size_t encode(const publish_packet& p, protocol_version version,
                   std::size_t max_packet_size_bytes, std::string& out) {
  const auto sizes = sizes_of(p, version);
  // [MQTT-3.1.2-24]
  if (!sizes.encodable || (max_packet_size_bytes != 0 && wire_size(sizes) > max_packet_size_bytes))
    return 0;
  write_header(p, version, sizes, out);
  out.append(p.payload);
  return wire_size(sizes);
}

} // namespace mqttzoo::mqtt
