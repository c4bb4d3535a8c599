// What became of one message, put together from the steps that pods noted of it.
//
// A value; steps may be added in any order, as those of several pods come as they come. Bounded by
// the steps of its trace. Part of the tracer, on its thread.
#pragma once

#include "actors/trace_step.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace mqttzoo::actors {

/// How a message ended, as far as is known.
enum class trace_verdict : std::uint8_t {
  under_way,
  delivered,      ///< to everyone who should get it: acknowledged, or written if of QoS 0
  mailed,         ///< stored for those that do not have it yet
  refused,        ///< its publisher was told no
  expired,        ///< for somebody
  dropped,        ///< for somebody
  no_subscribers, ///< nobody wants it
};
std::string_view to_string(trace_verdict v) noexcept;
std::string_view to_string(mqtt::trace_event e) noexcept;
/// A phrase; empty for `none`.
std::string_view to_string(mqtt::trace_cause c) noexcept;

class trace_life {
public:
  void add(const trace_step& s);

  trace_verdict verdict() const noexcept;
  /// Why it was refused, dropped or expired; a phrase, empty otherwise.
  std::string why() const;

  /// Of those who should get it, how many had this end.
  struct ends {
    std::size_t delivered = 0;
    std::size_t mailed = 0;
    std::size_t expired = 0;
    std::size_t dropped = 0;
    std::size_t under_way = 0;
  };
  ends count() const noexcept;

  const std::string& topic() const noexcept { return topic_; }
  /// Empty if it was noticed on its way only.
  const std::string& publisher() const noexcept { return publisher_; }
  mqtt::qos qos() const noexcept { return qos_; }
  std::uint32_t payload_bytes() const noexcept { return payload_bytes_; }
  std::int64_t first_unix_us() const noexcept { return first_unix_us_; }
  std::int64_t last_unix_us() const noexcept { return last_unix_us_; }
  std::size_t steps() const noexcept { return steps_; }

private:
  /// What happened to it at one subscriber's session. The last one that is set counts.
  enum class end : std::uint8_t { none, mailed, dropped, expired, delivered };

  /// That session, by pod and client.
  using receiver = std::pair<std::string, std::string>;

  void begin(const trace_step& s);
  void lose(const trace_step& s);
  void reach(const trace_step& s, end how);
  void fail(const mqtt::trace_note& n);
  bool is_on_its_way(const ends& e) const noexcept;

  std::map<receiver, end> receivers_;
  std::size_t sessions_ = 0; ///< to which it was routed
  std::size_t groups_ = 0;
  std::size_t unwanted_ = 0; ///< groups without a member for it
  std::size_t lost_ = 0;     ///< between pods
  std::size_t pods_sent_ = 0;
  std::size_t pods_came_ = 0;
  std::size_t routes_due_ = 0; ///< one where it was received, one where it came from another pod
  std::size_t routes_ = 0;
  bool refused_ = false;
  mqtt::trace_note failure_; ///< the first that there was
  std::string topic_;
  std::string publisher_;
  mqtt::qos qos_ = mqtt::qos::at_most_once;
  std::uint32_t payload_bytes_ = 0;
  std::int64_t first_unix_us_ = 0;
  std::int64_t last_unix_us_ = 0;
  std::size_t steps_ = 0;
};

} // namespace mqttzoo::actors
