// Layouts, version 1. `u8`..`i64` are little-endian numbers, `text` is a u32 length and that many
// bytes.
//
//   header     'm' 'z' u8 kind u8 version
//   message    u8 flags (bits 0-1 QoS, bit 2 retain, bit 3 payload is UTF-8, bit 4 in parts; the
//   rest zero)
//              i64 stored_at_unix_ms, i64 expires_at_unix_ms, text topic, text publisher, then
//              text forwarded_properties, text payload
//              or, in parts: u32 count, u32 properties_bytes, u32 payload_bytes
//   mail       header(1) message
//   retained   header(8) i64 credits, i64 paid_until_unix_ms, text writer, message, text body if in
//   parts part       header(9) bytes session    header(3) u32 session_expiry_interval_s, i64
//   disconnected_at_unix_ms, text client_id,
//              u32 count, count times subscription, u8 has_will, then if 1: u32 delay_s, message
//   subscription  u8 flags (bits 0-1 QoS, bit 2 no local, bit 3 retain as published, bits 4-5
//   retain handling),
//              u32 subscription_identifier, text filter
//   pointer    header(4) u8 flags (bits 0-1 QoS, bits 2-3 state, bit 4 retain, bit 5 dup), u16
//   packet_id,
//              text mail_path, u32 count, count times u32 subscription identifier
//   received   header(5) u16 packet_id
#include "zk/records.hpp"

#include "zk/bytes.hpp"
#include "zk/record_header.hpp"

namespace mqttzoo::zk {

namespace {

using kind = record_kind;

constexpr auto header_bytes = record_header_bytes;
constexpr std::size_t message_fixed_bytes = 1 + 8 + 8;
constexpr std::size_t parts_bytes = 4 + 4 + 4;
constexpr std::size_t subscription_fixed_bytes = 1 + 4;
constexpr std::uint32_t subscription_identifier_max = 268'435'455; // a Variable Byte Integer's

bool has(std::uint8_t flags, unsigned bit) {
  return (flags >> bit & 1U) != 0;
}
std::uint8_t flag(bool set, unsigned bit) {
  return static_cast<std::uint8_t>(set ? 1U << bit : 0U);
}

// --- message ---

bool is_valid(const stored_parts& p) {
  const auto bytes = std::size_t{p.properties_bytes} + p.payload_bytes;
  return p.count == 0 ? bytes == 0 : p.count <= bytes && bytes <= parted_bytes_max;
}

bool is_valid(const message_record& m) {
  const bool in_one_place =
      m.parts.count == 0 || (m.payload.empty() && m.forwarded_properties.empty());
  return in_one_place && is_valid(m.parts) && m.qos <= 2 && m.stored_at_unix_ms >= 0 &&
         m.expires_at_unix_ms >= 0;
}

bool is_valid(const retained_record& r) {
  return r.body.empty() == (r.parts.count == 0) && r.credits >= 0 && r.paid_until_unix_ms >= 0 &&
         is_valid(static_cast<const message_record&>(r));
}

std::size_t message_size(const message_record& m) {
  return message_fixed_bytes + packed_size(m.topic) + packed_size(m.publisher.str()) +
         (m.parts.count > 0 ? parts_bytes
                            : packed_size(m.forwarded_properties) + packed_size(m.payload));
}

void put_message(byte_writer& out, const message_record& m) {
  const bool in_parts = m.parts.count > 0;
  out.number(static_cast<std::uint8_t>(m.qos | flag(m.retain, 2) | flag(m.payload_is_utf8, 3) |
                                       flag(in_parts, 4)));
  out.number(m.stored_at_unix_ms);
  out.number(m.expires_at_unix_ms);
  out.text(m.topic);
  out.text(m.publisher.str());
  if (!in_parts) {
    out.text(m.forwarded_properties);
    return out.text(m.payload);
  }
  out.number(m.parts.count);
  out.number(m.parts.properties_bytes);
  out.number(m.parts.payload_bytes);
}

/// Clears `ok` when a field is out of bounds.
message_record take_message(byte_reader& in, bool& ok) {
  message_record m;
  const auto flags = in.number<std::uint8_t>();
  m.qos = flags & 3U;
  m.retain = has(flags, 2);
  m.payload_is_utf8 = has(flags, 3);
  m.stored_at_unix_ms = in.number<std::int64_t>();
  m.expires_at_unix_ms = in.number<std::int64_t>();
  m.topic = in.text();
  m.publisher = client_id{std::string{in.text()}};
  if (has(flags, 4)) {
    m.parts.count = in.number<std::uint32_t>();
    m.parts.properties_bytes = in.number<std::uint32_t>();
    m.parts.payload_bytes = in.number<std::uint32_t>();
    ok = ok && m.parts.count > 0;
  } else {
    m.forwarded_properties = in.text();
    m.payload = in.text();
  }
  ok = ok && flags >> 5 == 0 && is_valid(m);
  return m;
}

encoded encode_message(kind what, const message_record& m) {
  if (!is_valid(m))
    return unexpected(record_error::bad_value);
  const auto size = header_bytes + message_size(m);
  if (size > record_bytes_max)
    return unexpected(record_error::too_large);
  byte_writer out{size};
  put_header(out, what);
  put_message(out, m);
  return out.take();
}

decoded<message_record> decode_message(kind what, std::string_view data) {
  byte_reader in{data};
  if (const auto wrong = check_header(in, what))
    return unexpected(*wrong);
  bool ok = true;
  auto m = take_message(in, ok);
  return finish(in, ok, std::move(m));
}

// --- subscription ---

bool is_valid(const subscription_record& s) {
  return s.qos <= 2 && s.retain_handling <= 2 && !s.filter.empty() &&
         s.subscription_identifier <= subscription_identifier_max;
}

void put_subscription(byte_writer& out, const subscription_record& s) {
  out.number(static_cast<std::uint8_t>(s.qos | flag(s.no_local, 2) |
                                       flag(s.retain_as_published, 3) | s.retain_handling << 4));
  out.number(s.subscription_identifier);
  out.text(s.filter);
}

subscription_record take_subscription(byte_reader& in, bool& ok) {
  subscription_record s;
  const auto flags = in.number<std::uint8_t>();
  s.qos = flags & 3U;
  s.no_local = has(flags, 2);
  s.retain_as_published = has(flags, 3);
  s.retain_handling = flags >> 4 & 3U;
  s.subscription_identifier = in.number<std::uint32_t>();
  s.filter = in.text();
  ok = ok && flags >> 6 == 0 && is_valid(s);
  return s;
}

// --- session ---

bool is_valid(const session_record& s) {
  for (const auto& subscription : s.subscriptions)
    if (!is_valid(subscription))
      return false;
  return !s.client_id.empty() && s.disconnected_at_unix_ms >= 0 &&
         (!s.will || is_valid(s.will->message));
}

std::size_t session_size(const session_record& s) {
  auto size = header_bytes + 4 + 8 + packed_size(s.client_id.str()) + 4 + 1;
  for (const auto& subscription : s.subscriptions)
    size += subscription_fixed_bytes + packed_size(subscription.filter);
  if (s.will)
    size += 4 + message_size(s.will->message);
  return size;
}

// --- pointer ---

bool is_valid(const pointer_record& p) {
  for (const auto id : p.subscription_identifiers)
    if (id == 0 || id > subscription_identifier_max)
      return false;
  // Without acknowledgements there is no packet id, and only QoS 2 has a release.
  const bool id_fits = (p.state == delivery_state::queued || p.qos == 0) == (p.packet_id == 0);
  return p.qos <= 2 && p.state <= delivery_state::released && id_fits && !p.mail_path.empty() &&
         (p.state != delivery_state::released || p.qos == 2);
}

} // namespace

encoded encode_mail(const mail_record& record) {
  return encode_message(kind::mail, record);
}
decoded<mail_record> decode_mail(std::string_view data) {
  return decode_message(kind::mail, data);
}

encoded encode_retained(const retained_record& record) {
  if (!is_valid(record))
    return unexpected(record_error::bad_value);
  const auto size = header_bytes + 8 + 8 + packed_size(record.writer.str()) + message_size(record) +
                    (record.parts.count > 0 ? packed_size(record.body) : 0);
  if (size > record_bytes_max)
    return unexpected(record_error::too_large);
  byte_writer out{size};
  put_header(out, kind::retained);
  out.number(record.credits);
  out.number(record.paid_until_unix_ms);
  out.text(record.writer.str());
  put_message(out, record);
  if (record.parts.count > 0)
    out.text(record.body);
  return out.take();
}
decoded<retained_record> decode_retained(std::string_view data) {
  byte_reader in{data};
  if (const auto wrong = check_header(in, kind::retained))
    return unexpected(*wrong);
  bool ok = true;
  retained_record r;
  r.credits = in.number<std::int64_t>();
  r.paid_until_unix_ms = in.number<std::int64_t>();
  r.writer = pod_life{std::string{in.text()}};
  static_cast<message_record&>(r) = take_message(in, ok);
  if (r.parts.count > 0)
    r.body = in.text();
  ok = ok && is_valid(r);
  return finish(in, ok, std::move(r));
}

encoded encode_session(const session_record& record) {
  if (!is_valid(record))
    return unexpected(record_error::bad_value);
  const auto size = session_size(record);
  if (size > record_bytes_max)
    return unexpected(record_error::too_large);
  byte_writer out{size};
  put_header(out, kind::session);
  out.number(record.session_expiry_interval_s);
  out.number(record.disconnected_at_unix_ms);
  out.text(record.client_id.str());
  out.number(static_cast<std::uint32_t>(record.subscriptions.size()));
  for (const auto& subscription : record.subscriptions)
    put_subscription(out, subscription);
  out.number(static_cast<std::uint8_t>(record.will ? 1 : 0));
  if (record.will) {
    out.number(record.will->delay_s);
    put_message(out, record.will->message);
  }
  return out.take();
}

decoded<session_record> decode_session(std::string_view data) {
  byte_reader in{data};
  if (const auto wrong = check_header(in, kind::session))
    return unexpected(*wrong);
  bool ok = true;
  session_record s;
  s.session_expiry_interval_s = in.number<std::uint32_t>();
  s.disconnected_at_unix_ms = in.number<std::int64_t>();
  s.client_id = client_id{std::string{in.text()}};
  const auto count = in.number<std::uint32_t>();
  // Grows as it reads and stops at the first that is not there: a claimed count allocates nothing.
  for (std::uint32_t i = 0; i < count && !in.truncated(); ++i)
    s.subscriptions.push_back(take_subscription(in, ok));
  const auto has_will = in.number<std::uint8_t>();
  if (has_will == 1) {
    s.will.emplace();
    s.will->delay_s = in.number<std::uint32_t>();
    s.will->message = take_message(in, ok);
  }
  ok = ok && has_will <= 1 && is_valid(s);
  return finish(in, ok, std::move(s));
}

encoded encode_pointer(const pointer_record& record) {
  if (!is_valid(record))
    return unexpected(record_error::bad_value);
  const auto& ids = record.subscription_identifiers;
  const auto size = header_bytes + 1 + 2 + packed_size(record.mail_path) + 4 + 4 * ids.size();
  if (size > record_bytes_max)
    return unexpected(record_error::too_large);
  byte_writer out{size};
  put_header(out, kind::pointer);
  out.number(static_cast<std::uint8_t>(record.qos | static_cast<unsigned>(record.state) << 2 |
                                       flag(record.retain, 4) | flag(record.dup, 5)));
  out.number(record.packet_id);
  out.text(record.mail_path);
  out.number(static_cast<std::uint32_t>(ids.size()));
  for (const auto id : ids)
    out.number(id);
  return out.take();
}

decoded<pointer_record> decode_pointer(std::string_view data) {
  byte_reader in{data};
  if (const auto wrong = check_header(in, kind::pointer))
    return unexpected(*wrong);
  pointer_record p;
  const auto flags = in.number<std::uint8_t>();
  p.qos = flags & 3U;
  p.state = static_cast<delivery_state>(flags >> 2 & 3U);
  p.retain = has(flags, 4);
  p.dup = has(flags, 5);
  p.packet_id = in.number<std::uint16_t>();
  p.mail_path = in.text();
  const auto count = in.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && !in.truncated(); ++i)
    p.subscription_identifiers.push_back(in.number<std::uint32_t>());
  const bool ok = flags >> 6 == 0 && is_valid(p);
  return finish(in, ok, std::move(p));
}

encoded encode_received(const received_record& record) {
  if (record.packet_id == 0)
    return unexpected(record_error::bad_value);
  byte_writer out{header_bytes + 2};
  put_header(out, kind::received);
  out.number(record.packet_id);
  return out.take();
}

decoded<received_record> decode_received(std::string_view data) {
  byte_reader in{data};
  if (const auto wrong = check_header(in, kind::received))
    return unexpected(*wrong);
  received_record r;
  r.packet_id = in.number<std::uint16_t>();
  return finish(in, r.packet_id != 0, r);
}

std::string_view to_string(record_error code) noexcept {
  switch (code) {
  case record_error::truncated:
    return "truncated";
  case record_error::wrong_kind:
    return "wrong_kind";
  case record_error::unknown_version:
    return "unknown_version";
  case record_error::bad_value:
    return "bad_value";
  case record_error::trailing_bytes:
    return "trailing_bytes";
  case record_error::too_large:
    return "too_large";
  }
  return "unknown";
}

} // namespace mqttzoo::zk
