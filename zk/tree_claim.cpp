#include "zk/tree_claim.hpp"

#include "zk/executor.hpp"

#include <condition_variable>
#include <future>
#include <mutex>
#include <utility>

namespace mqttzoo::zk {

namespace {

/// Answers only wake whoever waits for them.
inline_executor here;

template<class T>
T ask(const std::function<void(std::function<void(T)>)>& call) {
  std::promise<T> answer;
  call([&](T value) { answer.set_value(std::move(value)); });
  return answer.get_future().get();
}

} // namespace

class tree_claim::holder final : public watch_sink {
public:
  explicit holder(events tell) : tell_(std::move(tell)) {}

  void on_watch(const watch_event&) override {
    const std::lock_guard lock{mutex_};
    moved_ = true;
    wake_.notify_all();
  }

  void on_session(const session_event& event) override {
    if (event.state != session_state::expired)
      return;
    {
      const std::lock_guard lock{mutex_};
      moved_ = over_ = true;
      wake_.notify_all();
      if (!std::exchange(taken_, false))
        return;
    }
    tell_.on_lost();
  }

  void wait_for(const std::string& other) {
    if (std::exchange(waits_for_, other) != other)
      tell_.on_waiting(other);
    std::unique_lock lock{mutex_};
    wake_.wait(lock, [&] { return moved_; });
    moved_ = false;
  }

  /// False if the session was over first.
  bool take() {
    const std::lock_guard lock{mutex_};
    taken_ = !over_;
    return taken_;
  }

private:
  const events tell_;
  std::string waits_for_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool moved_ = false;
  bool over_ = false;
  bool taken_ = false;
};

tree_claim::tree_claim(std::shared_ptr<holder> h) noexcept : holder_(std::move(h)) {}
tree_claim::~tree_claim() = default;

expected<std::unique_ptr<tree_claim>, error>
tree_claim::take(store& of, const std::string& path, const std::string& name, events tell) {
  auto h = std::make_shared<holder>(std::move(tell));
  of.attach(here, h);
  const auto taken = [&]() -> expected<std::unique_ptr<tree_claim>, error> {
    if (!h->take())
      return unexpected(error::session_expired);
    return std::unique_ptr<tree_claim>{new tree_claim{h}};
  };
  for (;;) {
    const auto made = ask<expected<op_result, error>>(
        [&](auto done) { of.create(here, path, name, create_mode::ephemeral, std::move(done)); });
    if (made)
      return taken();
    if (made.error() != error::node_exists && made.error() != error::connection_loss)
      return unexpected(made.error());
    const auto there =
        ask<expected<node, error>>([&](auto done) { of.get(here, path, h, std::move(done)); });
    if (there && there->stat.ephemeral_owner == of.session())
      return taken(); // the answer was lost, not the request
    if (there)
      h->wait_for(there->data);
    else if (there.error() != error::no_node && there.error() != error::connection_loss)
      return unexpected(there.error());
  }
}

} // namespace mqttzoo::zk
