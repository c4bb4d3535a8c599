// Records: there and back for random ones, nothing but errors for anything else, and the bytes
// written down.
#define CAF_SUITE zk.records

#include "zk/records.hpp"

#include "core/random.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo;
using namespace mqttzoo::zk;
using namespace std::string_literals;

namespace {

constexpr int rounds = 300;

std::string random_bytes(core::random_source& dice, std::uint64_t longest) {
  std::string bytes(dice.below(longest + 1), '\0');
  for (auto& c : bytes)
    c = static_cast<char>(dice.below(256));
  return bytes;
}

bool flip(core::random_source& dice) {
  return dice.below(2) == 0;
}

message_record random_message(core::random_source& dice) {
  message_record m;
  m.topic = random_bytes(dice, 30);
  m.publisher = client_id{random_bytes(dice, 23)};
  m.qos = static_cast<std::uint8_t>(dice.below(3));
  m.retain = flip(dice);
  m.payload_is_utf8 = flip(dice);
  if (flip(dice))
    m.parts = {static_cast<std::uint32_t>(dice.between(1, 9)), 7, 4'000'000};
  else
    m.forwarded_properties = random_bytes(dice, 20);
  m.stored_at_unix_ms = static_cast<std::int64_t>(dice() >> 1);
  m.expires_at_unix_ms = flip(dice) ? 0 : static_cast<std::int64_t>(dice() >> 1);
  if (m.parts.count == 0)
    m.payload = random_bytes(dice, 50);
  return m;
}

retained_record random_retained(core::random_source& dice) {
  auto message = random_message(dice);
  const bool in_parts = message.parts.count > 0;
  return {std::move(message), static_cast<std::int64_t>(dice() >> 1),
          static_cast<std::int64_t>(dice() >> 1), pod_life{random_bytes(dice, 10)},
          in_parts ? "/b" + random_bytes(dice, 60) : std::string{}};
}

session_record random_session(core::random_source& dice) {
  session_record s;
  s.client_id = client_id{"c" + random_bytes(dice, 23)};
  s.session_expiry_interval_s = flip(dice) ? session_never_expires : 7;
  s.disconnected_at_unix_ms = flip(dice) ? 0 : 1'700'000'000'000;
  for (auto count = dice.below(5); count > 0; --count)
    s.subscriptions.push_back({"f" + random_bytes(dice, 20),
                               static_cast<std::uint8_t>(dice.below(3)), flip(dice), flip(dice),
                               static_cast<std::uint8_t>(dice.below(3)),
                               static_cast<std::uint32_t>(dice.below(268'435'456))});
  if (flip(dice))
    s.will = will_record{random_message(dice), static_cast<std::uint32_t>(dice())};
  return s;
}

pointer_record random_pointer(core::random_source& dice) {
  pointer_record p;
  p.mail_path = "/m" + random_bytes(dice, 60);
  p.qos = static_cast<std::uint8_t>(dice.between(1, 2));
  p.state = static_cast<delivery_state>(dice.below(p.qos == 2 ? 3 : 2));
  p.packet_id = p.state == delivery_state::queued
                    ? std::uint16_t{0}
                    : static_cast<std::uint16_t>(dice.between(1, 65'535));
  p.retain = flip(dice);
  p.dup = flip(dice);
  for (auto count = dice.below(4); count > 0; --count)
    p.subscription_identifiers.push_back(static_cast<std::uint32_t>(dice.between(1, 268'435'455)));
  return p;
}

received_record random_received(core::random_source& dice) {
  return {static_cast<std::uint16_t>(dice.between(1, 65'535))};
}

/// Round trips, and what becomes of every record cut short, lengthened or altered in one byte.
template<class Record>
void examine(Record (*random)(core::random_source&), encoded (*encode)(const Record&),
             decoded<Record> (*decode)(std::string_view)) {
  core::random_source dice{42};
  for (int i = 0; i < rounds; ++i) {
    const auto record = random(dice);
    const auto bytes = encode(record);
    CAF_REQUIRE(bytes);
    const auto read = decode(*bytes);
    CAF_REQUIRE(read && *read == record);

    for (std::size_t size = 0; size < bytes->size(); ++size) {
      const std::string part =
          bytes->substr(0, size); // of its own, so that reading beyond it shows
      CAF_REQUIRE(decode(part).error() == record_error::truncated);
    }
    CAF_REQUIRE(decode(*bytes + '\0').error() == record_error::trailing_bytes);

    for (int change = 0; change < 50; ++change) {
      auto altered = *bytes;
      altered[dice.below(altered.size())] = static_cast<char>(dice.below(256));
      // There is one way to write a record: what still decodes encodes to the same bytes.
      if (const auto found = decode(altered))
        CAF_REQUIRE(encode(*found) == altered);
    }
  }
}

/// The bytes of a record of a kind, layout version 1.
std::string record_of(char kind, const std::string& body) {
  std::string bytes{'m', 'z', kind, 1};
  bytes += body;
  return bytes;
}

template<class Record>
std::string error_of(const decoded<Record>& result) {
  return result ? "none" : std::string{to_string(result.error())};
}
std::string error_of(const encoded& result) {
  return result ? "none" : std::string{to_string(result.error())};
}

} // namespace

CAF_TEST(mail) {
  examine<message_record>(random_message, encode_mail, decode_mail);
}
CAF_TEST(retained messages) {
  examine<retained_record>(random_retained, encode_retained, decode_retained);
}
CAF_TEST(sessions) {
  examine<session_record>(random_session, encode_session, decode_session);
}
CAF_TEST(pointers) {
  examine<pointer_record>(random_pointer, encode_pointer, decode_pointer);
}
CAF_TEST(received packet ids) {
  examine<received_record>(random_received, encode_received, decode_received);
}

CAF_TEST(the bytes are those on disk) {
  // Anything but a new layout version must leave these as they are.
  message_record m;
  m.topic = "t/1";
  m.publisher = client_id{"c"};
  m.qos = 2;
  m.retain = true;
  m.payload_is_utf8 = true;
  m.forwarded_properties = "\x01\x01";
  m.stored_at_unix_ms = 0x0102;
  m.expires_at_unix_ms = 0x0304;
  m.payload = "hi";
  const auto message = "\x0e"
                       "\x02\x01\0\0\0\0\0\0"
                       "\x04\x03\0\0\0\0\0\0"
                       "\x03\0\0\0t/1"
                       "\x01\0\0\0c"
                       "\x02\0\0\0\x01\x01"
                       "\x02\0\0\0hi"s;
  CAF_CHECK(encode_mail(m) == record_of(1, message));
  CAF_CHECK(encode_retained({m, 0x05, 0x0607, pod_life{"p-1"}}) ==
            record_of(8, "\x05\0\0\0\0\0\0\0"
                         "\x07\x06\0\0\0\0\0\0"
                         "\x03\0\0\0p-1"s +
                             message));

  session_record s;
  s.client_id = client_id{"c"};
  s.session_expiry_interval_s = 5;
  s.disconnected_at_unix_ms = 6;
  s.subscriptions = {{"a/#", 1, true, true, 2, 7}};
  s.will = will_record{m, 8};
  auto session = "\x05\0\0\0"
                 "\x06\0\0\0\0\0\0\0"
                 "\x01\0\0\0c"
                 "\x01\0\0\0"
                 "\x2d\x07\0\0\0\x03\0\0\0a/#"
                 "\x01\x08\0\0\0"s;
  session += message;
  CAF_CHECK(encode_session(s) == record_of(3, session));

  pointer_record p;
  p.mail_path = "/m";
  p.qos = 2;
  p.state = delivery_state::released;
  p.packet_id = 0x0102;
  p.retain = true;
  p.dup = true;
  p.subscription_identifiers = {9};
  CAF_CHECK(encode_pointer(p) == record_of(4, "\x3a\x02\x01\x02\0\0\0/m\x01\0\0\0\x09\0\0\0"s));
  CAF_CHECK(encode_received({0x0102}) == record_of(5, "\x02\x01"s));
}

CAF_TEST(one kind is not taken for another) {
  const auto mail = *encode_mail({});
  CAF_CHECK_EQUAL(error_of(decode_retained(mail)), "wrong_kind");
  CAF_CHECK_EQUAL(error_of(decode_session(mail)), "wrong_kind");
  CAF_CHECK_EQUAL(error_of(decode_mail("{\"json\": true}")), "wrong_kind");
  CAF_CHECK_EQUAL(error_of(decode_mail("")), "truncated");
  auto newer = mail;
  newer[3] = 2;
  CAF_CHECK_EQUAL(error_of(decode_mail(newer)), "unknown_version");
}

CAF_TEST(claimed lengths allocate nothing) {
  // Four thousand million subscriptions, identifiers and bytes that are not there.
  const auto session = record_of(3, "\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0c\xff\xff\xff\xff"s);
  CAF_CHECK_EQUAL(error_of(decode_session(session)), "truncated");
  const auto pointer = record_of(4, "\x01\0\0\x02\0\0\0/m\xff\xff\xff\xff"s);
  CAF_CHECK_EQUAL(error_of(decode_pointer(pointer)), "truncated");
  auto mail = *encode_mail({});
  mail.replace(mail.size() - 4, 4, "\xff\xff\xff\xff");
  CAF_CHECK_EQUAL(error_of(decode_mail(mail)), "truncated");
}

CAF_TEST(values out of bounds are neither written nor read) {
  message_record m;
  m.qos = 3;
  CAF_CHECK_EQUAL(error_of(encode_mail(m)), "bad_value");
  m.qos = 0;
  m.expires_at_unix_ms = -1;
  CAF_CHECK_EQUAL(error_of(encode_mail(m)), "bad_value");
  auto mail = *encode_mail({});
  mail[4] = 0x03;
  CAF_CHECK_EQUAL(error_of(decode_mail(mail)), "bad_value");

  session_record s;
  CAF_CHECK_EQUAL(error_of(encode_session(s)), "bad_value"); // without a client id
  s.client_id = client_id{"c"};
  CAF_CHECK_EQUAL(error_of(encode_session(s)), "none");
  s.subscriptions = {{"a", 1, false, false, 3, 0}};
  CAF_CHECK_EQUAL(error_of(encode_session(s)), "bad_value");
  s.subscriptions = {{"a", 1, false, false, 0, 268'435'456}};
  CAF_CHECK_EQUAL(error_of(encode_session(s)), "bad_value");

  pointer_record p;
  p.mail_path = "/m";
  p.qos = 1;
  CAF_CHECK_EQUAL(error_of(encode_pointer(p)), "none");
  p.state = delivery_state::sent; // without a packet id
  CAF_CHECK_EQUAL(error_of(encode_pointer(p)), "bad_value");
  p.packet_id = 1;
  CAF_CHECK_EQUAL(error_of(encode_pointer(p)), "none");
  p.state = delivery_state::released; // of QoS 1
  CAF_CHECK_EQUAL(error_of(encode_pointer(p)), "bad_value");
  CAF_CHECK_EQUAL(error_of(encode_received({0})), "bad_value");
}

CAF_TEST(a record that no node can hold is refused) {
  message_record m;
  m.payload.assign(record_bytes_max, 'x');
  CAF_CHECK_EQUAL(error_of(encode_mail(m)), "too_large");
  m.payload.resize(record_bytes_max - 100);
  CAF_CHECK_EQUAL(error_of(encode_mail(m)), "none");
}
