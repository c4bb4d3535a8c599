// What stands in a node's data: typed records and their bytes.
//
// Values without a life of their own, for those who write and read the store (see store.hpp) and
// for the endpoint for operators, which shows them; all functions are pure and thread-safe. Layout:
// see records.cpp; in short a header of 4 bytes ('m', 'z', kind, layout version), then fixed fields
// little-endian, then strings with a length of 4 bytes, and an opaque payload last. Encoding is
// plain copying, so a record costs less than the message it holds. Decoding trusts nothing: every
// length is checked against the bytes at hand before it is used, every enumeration and bound is
// checked, and bytes left over are an error.
//
// Records do not know MQTT's types (zk sees core only); values are those of the wire.
#pragma once

#include "core/expected.hpp"
#include "core/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::zk {

/// Why bytes are not a record, or a record does not become bytes.
enum class record_error : std::uint8_t {
  truncated = 1,   ///< Shorter than its own lengths say.
  wrong_kind,      ///< No record of ours, or one of another kind.
  unknown_version, ///< Written by a newer layout.
  bad_value,       ///< A field outside its bounds, for example QoS 3.
  trailing_bytes,  ///< More bytes than the record has.
  too_large,       ///< Encoding only: would exceed what one node may hold (`record_bytes_max`).
};

std::string_view to_string(record_error code) noexcept;

/// What a node may hold: a request's cap less room for the path and for the operations that go with
/// it.
inline constexpr std::size_t record_bytes_max = 990'000;

/// Session Expiry Interval (MQTT 5.0, 3.1.2.11.2) of a session that never expires.
inline constexpr std::uint32_t session_never_expires = 0xFFFF'FFFF;

/// What of a message does not stand in its record but in nodes of its own; see message_parts.hpp.
struct stored_parts {
  std::uint32_t count = 0; ///< 0: all of it stands in the record
  std::uint32_t properties_bytes = 0;
  std::uint32_t payload_bytes = 0;

  friend bool operator==(const stored_parts&, const stored_parts&) = default;
};

/// More bytes are no message: two packets of the greatest size that MQTT has.
inline constexpr std::size_t parted_bytes_max = std::size_t{512} << 20;

/// A stored message without its addressees: a mail drop's data.
struct message_record {
  std::string topic;
  client_id publisher;          ///< Needed for No Local; may be empty.
  std::uint8_t qos = 0;         ///< As published, 0..2.
  bool retain = false;          ///< As published.
  bool payload_is_utf8 = false; ///< Payload Format Indicator 1.
  std::string
      forwarded_properties; ///< Encoded MQTT 5.0 properties to forward unaltered, opaque here.
  std::int64_t stored_at_unix_ms = 0;
  std::int64_t expires_at_unix_ms = 0; ///< 0: never.
  std::string payload;
  /// Where properties and payload are if they do not fit in here: then both are empty.
  stored_parts parts;

  friend bool operator==(const message_record&, const message_record&) = default;
};

using mail_record = message_record;

/// A retained message, or the mark that there is none any more: no payload. One in parts has them
/// below a mail drop of its own, its body, which has no time and no addressee.
struct retained_record : message_record {
  std::int64_t credits = 0;            ///< What it cost, but for its body, whose name says that.
  std::int64_t paid_until_unix_ms = 0; ///< By the store's clock; 0: for ever.
  pod_life writer;                     ///< Who renews it; empty: whoever finds it.
  std::string body = {};               ///< Path of that mail drop; empty: it has none.

  bool is_removal() const noexcept { return payload.empty() && parts.count == 0; }

  friend bool operator==(const retained_record&, const retained_record&) = default;
};

struct subscription_record {
  std::string filter; ///< As subscribed, `$share/...` included.
  std::uint8_t qos = 0;
  bool no_local = false;
  bool retain_as_published = false;
  std::uint8_t retain_handling = 0;          ///< 0..2.
  std::uint32_t subscription_identifier = 0; ///< 0: none; at most 268,435,455.

  friend bool operator==(const subscription_record&, const subscription_record&) = default;
};

/// A will that waits for its delay to pass, kept so that a restart does not lose it.
struct will_record {
  message_record message;
  std::uint32_t delay_s = 0;

  friend bool operator==(const will_record&, const will_record&) = default;
};

struct session_record {
  mqttzoo::client_id client_id; ///< In full: the path has only its hash.
  std::uint32_t session_expiry_interval_s =
      0; ///< `session_never_expires`, or seconds after disconnection.
  std::int64_t disconnected_at_unix_ms = 0; ///< 0: connected.
  std::vector<subscription_record> subscriptions;
  std::optional<will_record> will;

  friend bool operator==(const session_record&, const session_record&) = default;
};

/// How far a stored message has come on its way to one addressee.
enum class delivery_state : std::uint8_t {
  queued, ///< Not sent when it was stored, of QoS 1 perhaps since; has no packet id.
  sent, ///< PUBLISH sent under `packet_id`, not acknowledged: send again, with DUP, on resumption.
  released, ///< QoS 2 only: PUBREC received, so PUBREL is what to repeat.
};

/// One addressee's claim on a mail drop: a child of its session's node.
struct pointer_record {
  std::string mail_path;
  std::uint8_t qos = 0; ///< Of this delivery: the lesser of publication and subscription.
  delivery_state state = delivery_state::queued;
  std::uint16_t packet_id = 0; ///< 0 while queued.
  bool retain = false;         ///< RETAIN flag of this delivery.
  bool dup = false;            ///< Always false; DUP follows from `state`.
  std::vector<std::uint32_t> subscription_identifiers;

  friend bool operator==(const pointer_record&, const pointer_record&) = default;
};

/// A QoS 2 PUBLISH received from the session's client and not yet released by PUBREL.
struct received_record {
  std::uint16_t packet_id = 0; ///< Never 0.

  friend bool operator==(const received_record&, const received_record&) = default;
};

using encoded = expected<std::string, record_error>;
template<class Record>
using decoded = expected<Record, record_error>;

encoded encode_session(const session_record& record);
decoded<session_record> decode_session(std::string_view data);

encoded encode_mail(const mail_record& record);
decoded<mail_record> decode_mail(std::string_view data);

encoded encode_retained(const retained_record& record);
decoded<retained_record> decode_retained(std::string_view data);

encoded encode_pointer(const pointer_record& record);
decoded<pointer_record> decode_pointer(std::string_view data);

encoded encode_received(const received_record& record);
decoded<received_record> decode_received(std::string_view data);

} // namespace mqttzoo::zk
