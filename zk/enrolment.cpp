#include "zk/enrolment.hpp"

#include "zk/create_missing.hpp"
#include "zk/executor.hpp"

#include <atomic>
#include <future>
#include <utility>

namespace mqttzoo::zk {

namespace {

/// Answers only wake whoever waits for them.
inline_executor here;

template<class T>
expected<T, error> ask(const std::function<void(handler<T>)>& call) {
  std::promise<expected<T, error>> answer;
  call([&](expected<T, error> value) { answer.set_value(std::move(value)); });
  return answer.get_future().get();
}

} // namespace

expected<std::uint64_t, error> draw_incarnation(store& in, const paths& of) {
  for (;;) {
    const auto made = ask<std::monostate>(
        [&](auto done) { create_missing(in, here, with_ancestors(of.pods()), std::move(done)); });
    const auto set = made ? ask<stat>([&](auto done) {
      in.set(here, of.pods(), {}, any_version, std::move(done));
    })
                          : unexpected(made.error());
    if (set)
      return static_cast<std::uint64_t>(set->version);
    if (set.error() != error::connection_loss) // a number that is lost does no harm
      return unexpected(set.error());
  }
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
  for (;;) {
    const auto made = ask<op_result>([&](auto done) {
      in.create(here, path, encode_pod(self), create_mode::ephemeral, std::move(done));
    });
    // A name nobody else has: if it exists, the answer was lost and not the request.
    if (made || made.error() == error::node_exists)
      return std::unique_ptr<enrolment>{new enrolment{std::move(watching)}};
    if (made.error() != error::connection_loss)
      return unexpected(made.error());
  }
}

} // namespace mqttzoo::zk
