// What post offices tell each other of retained messages, as bytes.
//
// Before a pod writes a topic's retained message it sends it to all others (`retained_news`), and
// when the store has it, where it stands in the store's order (`retained_commit`): so the message
// crosses once, and nobody takes it for the newest before it is. Pure functions; any thread. What
// is read comes from another pod and is not trusted.
#pragma once

#include "actors/frame_kinds.hpp"
#include "actors/messages.hpp"
#include "net/timer_queue.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace mqttzoo::actors {

namespace frame_kind {
inline constexpr auto retained_news = first_of_post_office;
inline constexpr auto retained_commit = user(65);
} // namespace frame_kind

/// A topic's retained message is about to change.
struct retained_news {
  std::string topic;
  mqtt::message_ref message; ///< null: to be removed
};

/// It has changed by the transaction of that number. If `zxid` is 0, what was announced does not
/// come, or does without having been announced: see encode_withheld_news().
struct retained_commit {
  std::string topic;
  std::int64_t zxid = 0;
};

/// `message` is null to say that the topic's is removed. What remains until it expires counts from
/// `now`.
pod_frame encode_retained_news(const std::string& topic, const mqtt::message_ref& message,
                               net::time_point now);
pod_frame encode_retained_commit(const retained_commit& c);

/// In place of news that find no room: who has older news of the topic forgets them, and reads the
/// store once it hears that the message has changed, or that the pod has departed.
pod_frame encode_withheld_news(const pod_frame& news);

/// Nothing if it is none.
std::optional<retained_news> decode_retained_news(const pod_frame& frame, net::time_point now);
std::optional<retained_commit> decode_retained_commit(const pod_frame& frame);

} // namespace mqttzoo::actors
