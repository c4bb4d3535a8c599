#include "zk/enrolment.hpp"

#include "core/log.hpp"
#include "zk/create_missing.hpp"
#include "zk/executor.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <string_view>
#include <utility>

namespace mqttzoo::zk {

namespace {

constexpr core::logger log{core::log_folder::zk};
core::log_throttle lost_answers{5, std::chrono::seconds{10}};

/// While servers change their leader links break; each try waits for one as long as any request.
constexpr int tries_max = 5;

/// Answers only wake whoever waits for them.
inline_executor here;

template<class T>
expected<T, error> ask(const std::function<void(handler<T>)>& call) {
  std::promise<expected<T, error>> answer;
  call([&](expected<T, error> value) { answer.set_value(std::move(value)); });
  return answer.get_future().get();
}

/// Tries again when the answer is lost, and says so: the pod does nothing else meanwhile.
template<class Try>
auto insist(std::string_view on, Try once) {
  auto came = once();
  for (int tries = 1; !came && came.error() == error::connection_loss; ++tries) {
    log.log(lost_answers, core::log_level::warn, "no answer from ZooKeeper",
            {{"to", on}, {"tries", tries}, {"tries_max", tries_max}});
    if (tries == tries_max)
      break;
    came = once();
  }
  return came;
}

} // namespace

expected<std::uint64_t, error> draw_incarnation(store& in, const paths& of) {
  const auto set = insist("drawing an incarnation", [&]() -> expected<stat, error> {
    const auto made = ask<std::monostate>(
        [&](auto done) { create_missing(in, here, with_ancestors(of.pods()), std::move(done)); });
    if (!made)
      return unexpected(made.error());
    return ask<stat>([&](auto done) { // a number that is lost does no harm
      in.set(here, of.pods(), {}, any_version, std::move(done));
    });
  });
  if (!set)
    return unexpected(set.error());
  return static_cast<std::uint64_t>(set->version);
}

/// Waits for the end of the session.
class enrolment::sentry final : public watch_sink {
public:
  explicit sentry(std::function<void()> on_lost) : on_lost_(std::move(on_lost)) {}

  std::string_view whose() const noexcept override { return "enrolment"; }
  void on_watch(const watch_event&) override {}
  void on_session(const session_event& event) override {
    if (event.state == session_state::expired && !told_.exchange(true))
      on_lost_();
  }

private:
  const std::function<void()> on_lost_;
  std::atomic<bool> told_{false};
};

enrolment::enrolment(std::shared_ptr<sentry> s) noexcept : sentry_(std::move(s)) {}
enrolment::~enrolment() = default;

expected<std::unique_ptr<enrolment>, error> enrolment::enter(store& in, const paths& of,
                                                             const pod_record& self,
                                                             std::function<void()> on_lost) {
  auto watching = std::make_shared<sentry>(std::move(on_lost));
  in.attach(here, watching);
  const auto path = of.pod(self.name, self.incarnation);
  const auto made = insist("becoming a member", [&] {
    return ask<op_result>([&](auto done) {
      in.create(here, path, encode_pod(self), create_mode::ephemeral, std::move(done));
    });
  });
  // A name nobody else has: if it exists, the answer was lost and not the request.
  if (made || made.error() == error::node_exists)
    return std::unique_ptr<enrolment>{new enrolment{std::move(watching)}};
  return unexpected(made.error());
}

} // namespace mqttzoo::zk
