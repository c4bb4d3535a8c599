#include "actors/peer_frames.hpp"

#include "actors/frame_kinds.hpp"
#include "actors/publish_ticket.hpp"
#include "mqtt/topic_filter.hpp"
#include "mqtt/topic_name.hpp"
#include "zk/paths.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

namespace mqttzoo::actors {

namespace {

// The flags of a message.
constexpr std::uint8_t qos_bits = 3;
constexpr std::uint8_t retain_bit = 4;
constexpr std::uint8_t utf8_bit = 8;
constexpr std::uint8_t expires_bit = 16;
constexpr std::uint8_t publisher_waits_bit = 32;
constexpr std::uint8_t traced_bit = 64;
constexpr std::uint8_t known_bits = 127;

// The types of operations in a word.
constexpr std::uint8_t create_type = 1;
constexpr std::uint8_t check_type = 2;

std::string_view valid_topic(frame_reader& in) {
  const auto topic = in.name();
  if (mqtt::check_topic_name(topic, mqtt::topic_bytes_max))
    in.fail();
  return topic;
}

std::uint64_t left_ms(mqtt::time_point expires_at, mqtt::time_point now) {
  using std::chrono::milliseconds;
  const auto left = std::chrono::duration_cast<milliseconds>(expires_at - now).count();
  return static_cast<std::uint64_t>(std::max<std::int64_t>(left, 0));
}

/// Longer than any expiry interval of MQTT.
constexpr std::uint64_t left_ms_max = std::uint64_t{1} << 43;

} // namespace

// --- messages ---

bool append_message(std::string& out, const mqtt::message& m, mqtt::time_point now) {
  const bool expires = m.expires_at() != mqtt::time_point::max();
  const auto mark = m.trace();
  append_u8(out, static_cast<std::uint8_t>(
                     static_cast<unsigned>(m.qos()) | (m.retain() ? retain_bit : 0u) |
                     (m.payload_is_utf8() ? utf8_bit : 0u) | (expires ? expires_bit : 0u) |
                     (m.publisher_waits() ? publisher_waits_bit : 0u) |
                     (mark != mqtt::trace_mark::none ? traced_bit : 0u)));
  if (mark != mqtt::trace_mark::none)
    append_u32(out, static_cast<std::uint32_t>(mark));
  if (expires)
    append_u64(out, left_ms(m.expires_at(), now));
  append_body(out, m.forwarded());
  append_u32(out, static_cast<std::uint32_t>(m.payload().size()));
  if (m.payload().size() > payload_copied_max)
    return true;
  out += m.payload();
  return false;
}

mqtt::message_ref read_message(frame_reader& in, const mqtt::topic_ref& topic,
                               mqtt::time_point now) {
  const auto flags = in.u8();
  mqtt::message_head head;
  head.topic = topic;
  head.qos = static_cast<mqtt::qos>(flags & qos_bits);
  head.retain = (flags & retain_bit) != 0;
  head.payload_is_utf8 = (flags & utf8_bit) != 0;
  head.publisher_waits = (flags & publisher_waits_bit) != 0;
  if ((flags & ~known_bits) != 0 || (flags & qos_bits) == qos_bits)
    in.fail();
  if ((flags & traced_bit) != 0)
    head.trace = static_cast<mqtt::trace_mark>(in.u32());
  if ((flags & expires_bit) != 0)
    head.expires_at =
        now + std::chrono::milliseconds{static_cast<std::int64_t>(std::min(in.u64(), left_ms_max))};
  const auto forwarded = in.body();
  const auto payload = in.body();
  return in.failed() ? nullptr : mqtt::message::make(std::move(head), forwarded, payload);
}

messages_writer::messages_writer(std::string_view topic,
                                 const std::vector<departed_pod>& orphans_of,
                                 std::uint64_t first_number, std::string_view client) {
  frame_.kind = frame_kind::messages;
  append_name(frame_.body, topic);
  append_u16(frame_.body, static_cast<std::uint16_t>(orphans_of.size()));
  for (const auto& p : orphans_of) {
    append_name(frame_.body, p.life.str());
    append_u16(frame_.body, static_cast<std::uint16_t>(p.beside.size()));
    for (const auto& life : p.beside)
      append_name(frame_.body, life.str());
  }
  append_u64(frame_.body, first_number);
  append_name(frame_.body, client);
  count_at_ = frame_.body.size();
  append_u32(frame_.body, 0);
}

bool messages_writer::has_room() const noexcept {
  return !frame_.payload && (count_ == 0 || frame_.body.size() < messages_frame_bytes);
}

void messages_writer::add(const mqtt::message_ref& m, mqtt::time_point now) {
  ++count_;
  if (append_message(frame_.body, *m, now))
    frame_.payload = m;
}

pod_frame messages_writer::take() {
  std::string count;
  append_u32(count, count_);
  frame_.body.replace(count_at_, count.size(), count);
  return std::move(frame_);
}

messages_reader::messages_reader(std::string_view body) : in_(body) {
  topic_ = valid_topic(in_);
  for (auto left = in_.u16(); left > 0 && !in_.failed(); --left) {
    orphans_of_.push_back({pod_life{std::string{in_.name()}}, {}});
    for (auto more = in_.u16(); more > 0 && !in_.failed(); --more)
      orphans_of_.back().beside.emplace_back(std::string{in_.name()});
  }
  first_number_ = in_.u64();
  client_ = in_.name();
  left_ = in_.u32();
}

mqtt::message_ref messages_reader::next(const mqtt::topic_ref& topic, mqtt::time_point now) {
  if (left_ == 0) {
    if (!in_.at_end())
      in_.fail();
    return nullptr;
  }
  --left_;
  return read_message(in_, topic, now);
}

// --- what becomes of them ---

pod_frame encode_settled(const far_receipt& r) {
  pod_frame f{frame_kind::settled, {}, nullptr};
  append_u8(f.body, static_cast<std::uint8_t>(r.outcome.reason));
  append_u8(f.body, static_cast<std::uint8_t>(r.outcome.hit));
  append_u32(f.body, r.outcome.retry_after_s);
  append_u8(f.body, r.delayed ? 1 : 0);
  for (const auto n : r.numbers)
    append_u64(f.body, n);
  return f;
}

std::optional<far_receipt> decode_settled(std::string_view body) {
  frame_reader in{body};
  far_receipt r;
  const auto reason = static_cast<mqtt::reason_code>(in.u8());
  const auto hit = static_cast<mqtt::limit>(in.u8());
  r.outcome = {reason, hit, in.u32()};
  const auto delayed = in.u8();
  r.delayed = delayed == 1;
  if (hit > mqtt::last_limit || delayed > 1)
    in.fail();
  while (!in.at_end())
    r.numbers.push_back(in.u64());
  return in.complete() ? std::optional{std::move(r)} : std::nullopt;
}

pod_frame encode_word(std::uint64_t number, const std::vector<zk::op>& ops) {
  pod_frame f{frame_kind::word, {}, nullptr};
  append_u64(f.body, number);
  for (const auto& o : ops) {
    if (const auto* create = std::get_if<zk::create_op>(&o)) {
      append_u8(f.body, create_type);
      append_name(f.body, create->path);
      append_body(f.body, create->data);
    } else if (const auto* check = std::get_if<zk::check_op>(&o)) {
      append_u8(f.body, check_type);
      append_name(f.body, check->path);
      append_u32(f.body, static_cast<std::uint32_t>(check->expected));
    }
  }
  return f;
}

std::optional<numbered_word> decode_word(std::string_view body) {
  frame_reader in{body};
  numbered_word w;
  w.number = in.u64();
  while (!in.at_end()) {
    const auto type = in.u8();
    const auto path = in.name();
    if (!zk::is_valid_path(path))
      in.fail();
    if (type == create_type)
      w.ops.emplace_back(
          zk::create_op{std::string{path}, std::string{in.body()}, zk::create_mode::persistent});
    else if (type == check_type)
      w.ops.emplace_back(zk::check_op{std::string{path}, static_cast<zk::version>(in.u32())});
    else
      in.fail();
  }
  return in.complete() ? std::optional{std::move(w)} : std::nullopt;
}

pod_frame encode_outcome(const numbered_outcome& o) {
  pod_frame f{frame_kind::outcome, {}, nullptr};
  append_u64(f.body, o.number);
  append_u8(f.body, static_cast<std::uint8_t>(o.outcome));
  return f;
}

std::optional<numbered_outcome> decode_outcome(std::string_view body) {
  frame_reader in{body};
  const auto number = in.u64();
  const auto outcome = static_cast<mqtt::reason_code>(in.u8());
  return in.complete() ? std::optional{numbered_outcome{number, outcome}} : std::nullopt;
}

// --- groups ---

pod_frame encode_group(const group_mail& mail, mqtt::time_point now) {
  pod_frame f{frame_kind::group, {}, nullptr};
  append_name(f.body, mail.filter);
  append_u64(f.body, mail.number);
  const auto* client = mail.promise ? mail.promise->client() : mail.client.get();
  append_name(f.body, client ? std::string_view{client->str()} : std::string_view{});
  append_name(f.body, mail.message->topic());
  if (append_message(f.body, *mail.message, now))
    f.payload = mail.message;
  return f;
}

std::optional<group_mail> decode_group(std::string_view body, mqtt::time_point now) {
  frame_reader in{body};
  group_mail mail;
  mail.filter = in.name();
  const auto parsed = mqtt::parse_topic_filter(mail.filter, mqtt::topic_bytes_max);
  if (!parsed || !parsed->is_shared())
    return std::nullopt;
  mail.number = in.u64();
  mail.client = to_client(in.name());
  const auto topic = valid_topic(in);
  mail.message = read_message(in, make_ref<const mqtt::shared_topic>(std::string{topic}), now);
  return in.complete() ? std::optional{std::move(mail)} : std::nullopt;
}

std::shared_ptr<const client_id> to_client(std::string_view name) {
  return name.empty() ? nullptr : std::make_shared<const client_id>(std::string{name});
}

pod_frame encode_returned(std::uint64_t number) {
  pod_frame f{frame_kind::returned, {}, nullptr};
  append_u64(f.body, number);
  return f;
}

std::optional<std::uint64_t> decode_returned(std::string_view body) {
  frame_reader in{body};
  const auto number = in.u64();
  return in.complete() ? std::optional{number} : std::nullopt;
}

} // namespace mqttzoo::actors
