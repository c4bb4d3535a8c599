// Layouts, integers big-endian:
//
//   news     u8 flags (bits 0-1 QoS, bit 2 payload is UTF-8, bit 3 there is a message; the rest
//            zero), u16 length of the topic, topic;
//            if there is a message: u64 milliseconds until it expires (0: never), u32 length of the
//            forwarded properties, properties, payload (the rest)
//   commit   u64 zxid, topic (the rest)
#include "actors/retained_frames.hpp"

#include "actors/session_card.hpp"
#include "mqtt/message.hpp"
#include "net/wire_integers.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string_view>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr std::uint8_t qos_bits = 3;
constexpr std::uint8_t utf8_bit = 1 << 2;
constexpr std::uint8_t message_bit = 1 << 3;

/// Longer than any expiry interval, in milliseconds.
constexpr std::uint64_t remaining_ms_max = std::uint64_t{1} << 43;

/// Takes from the front of untrusted bytes; what is not there reads as nothing, and `whole()` is
/// false from then on.
class taker {
public:
  explicit taker(std::string_view from) : rest_(from) {}

  std::string_view bytes(std::size_t n) noexcept {
    if (n > rest_.size()) {
      whole_ = false;
      n = 0;
    }
    const auto taken = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return taken;
  }
  std::uint64_t number(std::size_t size) noexcept {
    std::uint64_t value = 0;
    for (const char c : bytes(size))
      value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  std::string_view rest() noexcept { return bytes(rest_.size()); }
  bool whole() const noexcept { return whole_; }

private:
  std::string_view rest_;
  bool whole_ = true;
};

std::uint64_t remaining_ms(const mqtt::message& m, net::time_point now) {
  if (m.expires_at() == net::time_point::max())
    return 0;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(m.expires_at() - now);
  return static_cast<std::uint64_t>(std::max<std::int64_t>(1, left.count()));
}

} // namespace

pod_frame encode_retained_news(const std::string& topic, const mqtt::message_ref& message,
                               net::time_point now) {
  pod_frame f;
  f.kind = frame_kind::retained_news;
  auto flags = std::uint8_t{0};
  if (message)
    flags = static_cast<std::uint8_t>(message_bit | static_cast<std::uint8_t>(message->qos()) |
                                      (message->payload_is_utf8() ? utf8_bit : 0));
  f.body += static_cast<char>(flags);
  f.body += static_cast<char>(topic.size() >> 8);
  f.body += static_cast<char>(topic.size());
  f.body += topic;
  if (!message)
    return f;
  net::append_u64(f.body, remaining_ms(*message, now));
  net::append_u32(f.body, static_cast<std::uint32_t>(message->forwarded().size()));
  f.body += message->forwarded();
  f.payload = message;
  return f;
}

pod_frame encode_retained_commit(const retained_commit& c) {
  pod_frame f;
  f.kind = frame_kind::retained_commit;
  net::append_u64(f.body, static_cast<std::uint64_t>(c.zxid));
  f.body += c.topic;
  return f;
}

pod_frame encode_withheld_news(const pod_frame& news) {
  taker in{news.body};
  in.number(1);
  return encode_retained_commit({std::string{in.bytes(in.number(2))}, 0});
}

std::optional<retained_news> decode_retained_news(const pod_frame& frame, net::time_point now) {
  taker in{frame.body};
  const auto flags = static_cast<std::uint8_t>(in.number(1));
  retained_news n;
  n.topic = in.bytes(in.number(2));
  const auto quality = static_cast<std::uint8_t>(flags & qos_bits);
  if (!in.whole() || n.topic.empty() || flags > (qos_bits | utf8_bit | message_bit) ||
      quality > static_cast<std::uint8_t>(mqtt::qos::exactly_once))
    return std::nullopt;
  if ((flags & message_bit) == 0)
    return flags == 0 && in.rest().empty() ? std::optional{std::move(n)} : std::nullopt;
  mqtt::message_head head;
  head.topic = make_ref<const mqtt::shared_topic>(n.topic);
  head.qos = static_cast<mqtt::qos>(quality);
  head.retain = true;
  head.payload_is_utf8 = (flags & utf8_bit) != 0;
  const auto left_ms = in.number(8);
  if (left_ms > 0)
    head.expires_at = now + std::chrono::milliseconds{std::min(left_ms, remaining_ms_max)};
  const auto forwarded = in.bytes(in.number(4));
  // A frame that came over a link has the payload in its body.
  const auto payload = frame.payload ? frame.payload->payload() : in.rest();
  if (!in.whole() || payload.empty()) // an empty one would mean that it is removed
    return std::nullopt;
  n.message = mqtt::message::make(std::move(head), forwarded, payload);
  return n;
}

std::optional<retained_commit> decode_retained_commit(const pod_frame& frame) {
  taker in{frame.body};
  const auto zxid = in.number(8);
  const auto topic = in.rest();
  if (!in.whole() || topic.empty() || topic.size() > std::numeric_limits<std::uint16_t>::max() ||
      zxid > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return std::nullopt;
  return retained_commit{std::string{topic}, static_cast<std::int64_t>(zxid)};
}

} // namespace mqttzoo::actors
