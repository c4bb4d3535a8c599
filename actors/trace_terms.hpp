// What a trace follows, for how long, and how much of it.
//
// Values, made from what a person asked for and what the options allow; told to all pods.
#pragma once

#include "core/ref.hpp"
#include "mqtt/trace_mark.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mqttzoo::actors {

/// Names a trace for people and between pods; drawn at random.
enum class trace_id : std::uint32_t { none = 0 };

struct trace_terms {
  enum class subject : std::uint8_t {
    client,   ///< what that client publishes, and what reaches its session
    topic,    ///< what is published to topics that match the filter
    property, ///< what has that user property
    sample,   ///< one of so many publishes
  };
  static constexpr subject last_subject = subject::sample;

  subject by = subject::sample;
  std::string text;  ///< client id, filter, or the property's name
  std::string value; ///< of the property
  std::uint32_t one_in = 0;
  std::chrono::milliseconds lasts{0};
  std::uint32_t messages_max = 0; ///< at each pod
};

/// Both clocks of a pod at one moment: of the two only the one that does not jump is fine enough.
struct clock_pair {
  std::chrono::steady_clock::time_point steady{};
  std::int64_t unix_us = 0;
};

/// A trace that runs, as the units of one pod see it: they follow messages and count, each without
/// the others. Gone with the last of them.
class running_trace final : public ref_counted {
public:
  running_trace(trace_id i, mqtt::trace_tag t, std::uint8_t pod, trace_terms follows, clock_pair at)
      : id(i), tag(t), terms(std::move(follows)), begun(at), pod_(pod) {}

  const trace_id id;
  const mqtt::trace_tag tag;
  const trace_terms terms;
  const clock_pair begun; ///< in this pod

  /// New messages are followed; else only those that have a mark.
  std::atomic<bool> open{true};
  std::atomic<std::uint64_t> skipped{0}; ///< would be followed, but for trace.messages.rate
  std::atomic<std::uint64_t> lost{0};    ///< steps that were not noted: too many at once

  std::uint32_t followed() const noexcept {
    return std::min(next_.load(std::memory_order_relaxed), terms.messages_max);
  }
  /// The next message's mark; none, and the trace closed, after the last one. Any thread.
  mqtt::trace_mark take_mark() noexcept {
    const auto n = next_.fetch_add(1, std::memory_order_relaxed);
    if (n + 1 >= terms.messages_max)
      open.store(false, std::memory_order_relaxed);
    if (n >= terms.messages_max)
      return mqtt::trace_mark::none;
    return mqtt::make_mark(tag, std::uint32_t{pod_} << messages_bits | n);
  }

  /// A pod numbers its own messages; which pod it is stands above.
  static constexpr unsigned messages_bits = 16;
  static constexpr std::uint32_t messages_most = (1U << messages_bits) - 1;
  static constexpr std::size_t pods_most = 1U << (mqtt::trace_number_bits - messages_bits);

private:
  const std::uint8_t pod_;
  std::atomic<std::uint32_t> next_{0};
};

/// All that run in a pod, the oldest first.
using running_traces = std::shared_ptr<const std::vector<ref<running_trace>>>;

} // namespace mqttzoo::actors
