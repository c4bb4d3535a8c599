// A unit's part in traces: chooses the messages to follow, and notes their steps.
//
// Part of unit_services, used on the unit's thread. Sessions, topics, groups and peers tell it what
// they do while counters.traces says that a trace runs; otherwise nobody calls it. What it notes
// leaves in batches for the tracer (tracer.hpp), which tells it through the courier which traces
// run.
//
// Bounded: messages by trace.messages.rate; steps by `steps_a_flush_max` in each `flush_interval`;
// publishes whose answer it waits for by `awaited_max`. What is beyond is counted, not noted.
#pragma once

#include "actors/trace_step.hpp"
#include "actors/trace_terms.hpp"
#include "core/ids.hpp"
#include "mqtt/message.hpp"
#include "net/timer_queue.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mqttzoo::actors {

class batch;
class session_card;
struct unit_services;

class trace_recorder final : private net::timer_client {
public:
  static constexpr std::size_t steps_a_flush_max = 1'000;
  static constexpr std::chrono::milliseconds flush_interval{100};
  static constexpr std::size_t awaited_max = 1'000;
  /// Of a topic or a client id; what is longer is cut.
  static constexpr std::size_t name_bytes_max = 512;

  explicit trace_recorder(unit_services& of) : of_(of) {}

  /// From now on these run.
  void install(running_traces all);
  /// Hands over what it has noted.
  void flush();
  /// Nothing runs any more, and nobody hears of what was noted.
  void stop();

  // --- of sessions ---

  /// The mark of what the client of `by` publishes, if a trace is to follow it.
  mqtt::trace_mark follow(const session_card& by, const mqtt::trace_candidate& p);
  /// A step at the session `at`.
  void note(const session_card& at, const mqtt::message& m, const mqtt::trace_note& what);
  void note_refusal(const session_card& at, mqtt::trace_mark mark, const mqtt::trace_note& what);
  void note_answer(const session_card& at, mqtt::packet_id id, const mqtt::trace_note& what);

  // --- of everybody else ---

  /// `step.of` and the time are filled in.
  void note(const mqtt::message& m, trace_step step);
  /// The same of those that are followed of a batch.
  void note(const batch& b, const trace_step& step);

private:
  struct entry {
    ref<running_trace> trace;
    std::uint32_t seen = 0; ///< of a sample
  };
  /// A publish whose PUBACK or PUBREC is still to come.
  struct awaited {
    session_number publisher{};
    mqtt::packet_id id{};
    bool operator==(const awaited&) const = default;
  };
  struct awaited_hash {
    std::size_t operator()(const awaited& a) const noexcept {
      return std::hash<std::uint64_t>{}(static_cast<std::uint64_t>(a.publisher) << 16 ^
                                        static_cast<std::uint64_t>(a.id));
    }
  };

  void on_due(net::time_point now) override;
  running_trace* find(mqtt::trace_mark m) const noexcept;
  static bool wants(entry& e, const session_card& by, const mqtt::trace_candidate& p);
  mqtt::trace_mark take_mark(running_trace& of);
  bool within_rate();
  void reach(const session_card& at, const mqtt::message& m);
  void add(mqtt::trace_mark of, const session_card& at, const mqtt::trace_note& what);
  void add(running_trace& to, trace_step step);
  std::int64_t unix_us() const;

  unit_services& of_;
  std::vector<entry> traces_; ///< the oldest first
  std::vector<trace_step> steps_;
  std::unordered_map<awaited, mqtt::trace_mark, awaited_hash> awaited_;
  bool flushing_ = false; ///< on_due() will come
  double allowed_ = 0;    ///< messages that may be followed at once
  net::time_point allowed_at_{};
  /// Both clocks at one moment, the same for all units of the pod.
  net::time_point steady_{};
  std::int64_t unix_us_ = 0;
};

} // namespace mqttzoo::actors
