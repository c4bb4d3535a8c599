// The one table of wire bytes that the tests of the decoder, of the encoder and the fuzzer's seeds
// share: what each packet of each version looks like, and what is refused with which reason.
//
// The rows of a packet family stand in wire_table_<family>.cpp.
#pragma once

#include "mqtt/decoder.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mqttzoo::mqtt::testing {

/// Bytes from a notation for people: hexadecimal digits stand for themselves, 'x' for the text x,
/// {x} for x with its length in two bytes in front, and [ ... ] for what it encloses with its
/// length as a variable byte integer in front. Blanks mean nothing.
std::string bytes(std::string_view notation);

/// Which way a row holds.
enum class holds : std::uint8_t {
  both_ways,   ///< the wire decodes to the packet and the packet encodes to the wire
  when_decoded ///< legal, but not the form that the encoder writes
};

struct wire_case {
  std::string name;
  protocol_version version = protocol_version::v5;
  peer from = peer::client;
  std::string wire;
  std::optional<mqtt::packet> packet;       ///< what it decodes to
  reason_code error = reason_code::success; ///< why it is refused, if there is no packet
  holds direction = holds::both_ways;
};

/// Collects rows.
class wire_rows {
public:
  /// A packet and its one encoding.
  void good(std::string name, protocol_version version, peer from, std::string_view wire,
            mqtt::packet packet) {
    rows_.push_back({std::move(name), version, from, bytes(wire), std::move(packet),
                     reason_code::success, holds::both_ways});
  }
  /// Another encoding of a packet.
  void also(std::string name, protocol_version version, peer from, std::string_view wire,
            mqtt::packet packet) {
    good(std::move(name), version, from, wire, std::move(packet));
    rows_.back().direction = holds::when_decoded;
  }
  /// A packet that is refused.
  void bad(std::string name, protocol_version version, peer from, std::string_view wire,
           reason_code error) {
    rows_.push_back(
        {std::move(name), version, from, bytes(wire), std::nullopt, error, holds::when_decoded});
  }
  const std::vector<wire_case>& rows() const noexcept { return rows_; }

private:
  std::vector<wire_case> rows_;
};

/// A packet of defaults, changed by `change`.
template<class Packet, class Change>
Packet with(Change&& change) {
  Packet result;
  change(result);
  return result;
}

void add_frame_rows(wire_rows& to);
void add_connect_rows(wire_rows& to);
void add_connect_errors(wire_rows& to);
void add_connack_rows(wire_rows& to);
void add_publish_rows(wire_rows& to);
void add_ack_rows(wire_rows& to);
void add_subscribe_rows(wire_rows& to);
void add_misc_rows(wire_rows& to);

/// The whole table.
const std::vector<wire_case>& wire_table();

} // namespace mqttzoo::mqtt::testing
