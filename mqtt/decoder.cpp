#include "mqtt/decoder.hpp"

#include "mqtt/decoders.hpp"

#include <cassert>

namespace mqttzoo::mqtt {
namespace {

constexpr unsigned bit(packet_type type) noexcept {
  return 1U << static_cast<unsigned>(type);
}

constexpr unsigned client_only = bit(packet_type::connect) | bit(packet_type::subscribe) |
                                 bit(packet_type::unsubscribe) | bit(packet_type::pingreq);
constexpr unsigned server_only = bit(packet_type::connack) | bit(packet_type::suback) |
                                 bit(packet_type::unsuback) | bit(packet_type::pingresp);

/// DUP on PUBREL, SUBSCRIBE and UNSUBSCRIBE, which MQTT 3.1 alone knows.
bool has_flags_of_v3_1(const frame& in) noexcept {
  return in.type != packet_type::publish && (in.flags & 8) != 0;
}

/// What can be said against the packet before its body is read.
expected<void, decode_error> check_kind(const frame& in, protocol_version version, peer from) {
  const auto refuse = [](reason_code reason, const char* what) {
    return unexpected<decode_error>{decode_error{reason, what}};
  };
  const auto unwanted = from == peer::client ? server_only : client_only;
  if ((unwanted & bit(in.type)) != 0)
    return refuse(reason_code::protocol_error, "packet type is not this sender's");
  if (in.type == packet_type::connect)
    return {};
  if (version == protocol_version::unknown) // [MQTT-3.1.0-1] [MQTT-3.1.0-1 v3]
    return refuse(reason_code::protocol_error, "the first packet must be a CONNECT");
  // [MQTT-3.6.1-1] [MQTT-3.8.1-1] [MQTT-3.10.1-1] and the same of v3:
  // [MQTT-3.6.1-1 v3] [MQTT-3.8.1-1 v3] [MQTT-3.10.1-1 v3]
  if (has_flags_of_v3_1(in) && version != protocol_version::v3_1)
    return refuse(reason_code::malformed_packet, "wrong flags for this packet type");
  if (version != protocol_version::v5) {
    if (in.type == packet_type::auth)
      return refuse(reason_code::malformed_packet, "packet type 15 is reserved");
    if (in.type == packet_type::disconnect && from == peer::server)
      return refuse(reason_code::protocol_error, "a server sends no DISCONNECT before 5.0");
    return {};
  }
  wire_reader length{in.body};
  require_shortest_length(length, in);
  return length.result();
}

/// PINGREQ and PINGRESP.
template<class Packet>
decoded decode_empty(const frame& in) {
  wire_reader body{in.body};
  return finish(body, Packet{});
}

decoded decode_body(const frame& in, protocol_version version, peer from, std::string& scratch) {
  switch (in.type) {
  case packet_type::connect:
    return decode_connect(in);
  case packet_type::connack:
    return decode_connack(in, version);
  case packet_type::publish: {
    publish_packet result;
    return decode_publish(in, version, from, result, scratch).map([&] {
      return packet{std::move(result)};
    });
  }
  case packet_type::puback:
  case packet_type::pubrec:
  case packet_type::pubrel:
  case packet_type::pubcomp: {
    ack_packet result;
    return decode_ack(in, version, from, result).map([&] { return packet{std::move(result)}; });
  }
  case packet_type::subscribe:
    return decode_subscribe(in, version);
  case packet_type::suback:
    return decode_suback(in, version);
  case packet_type::unsubscribe:
    return decode_unsubscribe(in, version);
  case packet_type::unsuback:
    return decode_unsuback(in, version);
  case packet_type::pingreq:
    return decode_empty<pingreq_packet>(in);
  case packet_type::pingresp:
    return decode_empty<pingresp_packet>(in);
  case packet_type::disconnect:
    return decode_disconnect(in, version, from);
  case packet_type::auth:
    return decode_auth(in, from);
  }
  assert(false && "next_frame() lets no other type pass");
  return unexpected<decode_error>{decode_error{}};
}

} // namespace

expected<packet, decode_error> decode(const frame& in, protocol_version version, peer from,
                                      std::string& scratch) {
  if (auto kind = check_kind(in, version, from); !kind)
    return unexpected<decode_error>{kind.error()};
  return decode_body(in, version, from, scratch);
}

} // namespace mqttzoo::mqtt
