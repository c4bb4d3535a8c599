// An application message on its way through a pod.
//
// Made once when a PUBLISH arrives (or a will fires), immutable from then on, shared by reference
// between the sessions of all threads, and gone with its last reference. Standard: section 3.3.
#pragma once

#include "core/ids.hpp"
#include "core/ref.hpp"
#include "mqtt/packet.hpp"
#include "mqtt/trace_mark.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace mqttzoo::mqtt {

using time_point = std::chrono::steady_clock::time_point;

/// A topic name that many messages share.
class shared_topic final : public ref_counted {
public:
  explicit shared_topic(std::string name) : name_(std::move(name)) {}
  const std::string& name() const noexcept { return name_; }

private:
  std::string name_;
};

using topic_ref = ref<const shared_topic>;

/// What a message is, besides its bytes.
struct message_head {
  topic_ref topic;
  mqtt::qos qos = qos::at_most_once;
  bool retain = false;
  bool payload_is_utf8 = false;
  /// Its publisher waits where another one would hear "no": 3.x has no word for it.
  bool publisher_waits = false;
  /// Of a trace that follows it.
  trace_mark trace = trace_mark::none;
  /// The session that published it, for the No Local option; none for the pod's own messages.
  session_number publisher = session_number::none;
  /// When it stops being worth delivering; time_point::max() for never. [MQTT-3.3.2-5]
  time_point expires_at = time_point::max();
};

/// Immutable, one allocation: the bytes stand behind the object.
class message final : public ref_counted {
public:
  /// Copies `forwarded` (encoded properties passed on as they are) and `payload`.
  static ref<const message> make(message_head head, std::string_view forwarded,
                                 std::string_view payload);

  const std::string& topic() const noexcept { return head_.topic->name(); }
  const topic_ref& shared_topic_name() const noexcept { return head_.topic; }
  mqtt::qos qos() const noexcept { return head_.qos; }
  bool retain() const noexcept { return head_.retain; }
  bool payload_is_utf8() const noexcept { return head_.payload_is_utf8; }
  bool publisher_waits() const noexcept { return head_.publisher_waits; }
  session_number publisher() const noexcept { return head_.publisher; }
  time_point expires_at() const noexcept { return head_.expires_at; }
  /// None, unless a trace follows it.
  trace_mark trace() const noexcept { return mark_.load(std::memory_order_relaxed); }
  /// For a trace that begins to follow it on its way; the first one gets it. `over`: a mark whose
  /// trace is over. Any thread.
  void begin_trace(trace_mark m, trace_mark over = trace_mark::none) const noexcept {
    mark_.compare_exchange_strong(over, m, std::memory_order_relaxed);
  }
  bool expired(time_point now) const noexcept { return head_.expires_at <= now; }
  std::string_view forwarded() const noexcept { return {bytes(), forwarded_size_}; }
  std::string_view payload() const noexcept { return {bytes() + forwarded_size_, payload_size_}; }

  /// Memory it is accounted with, in bytes.
  std::size_t footprint_bytes() const noexcept {
    return sizeof(message) + forwarded_size_ + payload_size_;
  }

private:
  message(message_head head, std::string_view forwarded, std::string_view payload) noexcept;
  ~message() override = default;
  void destroy() const noexcept override;

  const char* bytes() const noexcept { return reinterpret_cast<const char*>(this + 1); }

  mutable std::atomic<trace_mark> mark_; ///< fills a gap behind the reference count
  message_head head_;
  std::uint32_t forwarded_size_;
  std::uint32_t payload_size_;
};

using message_ref = ref<const message>;

} // namespace mqttzoo::mqtt
