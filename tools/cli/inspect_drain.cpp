#include "tools/cli/inspect_drain.hpp"

#include <cstdint>
#include <iostream>
#include <optional>
#include <thread>

namespace mqttzoo::cli {

namespace {

using clock = std::chrono::steady_clock;

constexpr auto pod_target = "/api/v1/pod";
/// Nothing but questions tells how far it is.
constexpr std::chrono::milliseconds look_interval{200};
/// An endpoint that is being opened refuses, too, but not for as long as this.
constexpr int refusals_of_an_end = 5;

/// So many questions that time out, one after the other: a single one may be a moment's stall.
constexpr int silences_max = 3;

std::uint64_t start_of(const json& pod) {
  return pod.value("started_unix_ms", std::uint64_t{0});
}

/// Looks at a pod until it has ended. That is so when nobody listens any more, or when another
/// process does; whatever else goes wrong says nothing of it.
class vigil {
public:
  vigil(const inspect_options& o, std::uint64_t started) : o_(o), started_(started) {}

  /// A sentence if that cannot be known.
  std::optional<std::string> wait() {
    for (const inspect_client pod{o_.connection};;) {
      if (const auto answer = pod.ask(pod_target)) {
        if (start_of(*answer) != started_)
          return std::nullopt;
        heard(*answer);
      } else if (missed(answer.error())) {
        return std::nullopt;
      } else if (clock::now() - heard_at_ >= silences_max * o_.connection.timeout) {
        return answer.error().what + "; whether the pod has ended is not known";
      }
      std::this_thread::sleep_for(look_interval);
    }
  }

private:
  void heard(const json& pod) {
    refusals_ = 0;
    heard_at_ = clock::now();
    const auto left = pod.value("drain", json::object()).value("sessions_left", said_);
    if (left != said_ && o_.as == inspect_options::form::for_people)
      std::cout << left << " sessions are left" << std::endl;
    said_ = left;
  }

  /// Whether it has ended.
  bool missed(const inspect_error& why) {
    refusals_ = why.refused ? refusals_ + 1 : 0;
    return refusals_ == refusals_of_an_end;
  }

  const inspect_options& o_;
  const std::uint64_t started_;
  std::uint64_t said_ = UINT64_MAX;
  int refusals_ = 0; ///< without another answer between them
  clock::time_point heard_at_ = clock::now();
};

} // namespace

int inspect_drain(const inspect_options& o) {
  const inspect_client pod{o.connection};
  const auto before = pod.ask(pod_target);
  if (!before)
    return inspect_failed(before.error().what);
  const auto begun = pod.ask("/api/v1/pod/drain", inspect_method::post);
  if (!begun)
    return inspect_failed(begun.error().what);
  if (o.wait)
    if (const auto why = vigil{o, start_of(*before)}.wait())
      return inspect_failed(*why);
  if (o.as == inspect_options::form::for_programs)
    std::cout << json{{"done", true}}.dump() << '\n';
  else
    std::cout << (o.wait ? "the pod has ended\n" : "the pod drains\n");
  return 0;
}

} // namespace mqttzoo::cli
