#include "sdk/stream.hpp"

#include "sdk/client_core.hpp"

#include <boost/asio/dispatch.hpp>

#include <algorithm>
#include <utility>

namespace mqttzoo::sdk {

void receipt::acknowledge() {
  if (given_.exchange(true))
    return;
  if (const auto core = core_.lock())
    boost::asio::dispatch(core->strand(), [core, number = number_] { core->release(number); });
}

stream::stream(std::weak_ptr<client_core> core, std::string filter,
               const subscribe_options& options, client::message_handler handler,
               std::size_t messages_max)
    : core_(std::move(core)), filter_(std::move(filter)), options_(options),
      handler_(std::move(handler)), messages_max_(messages_max) {}

stream::outcome stream::push(const received& m, receipt_number number) {
  const bool promised = number != receipt_number::none;
  if (ended_) {
    release(number);
    return outcome::kept;
  }
  auto& target = handler_ ? current_ : queue_.emplace_back(queued{{}, number}).what;
  target = m;
  target.receipt_ =
      promised && !acknowledges() ? std::make_shared<receipt>(core_, number) : nullptr;
  if (handler_) {
    const auto self = shared_from_this(); // the handler may end the subscription
    handler_(current_);
    if (promised && acknowledges())
      release(number);
    return outcome::kept;
  }
  if (!waiting_.empty()) {
    auto first = std::move(queue_.front());
    queue_.pop_front();
    auto to = std::move(waiting_.front());
    waiting_.pop_front();
    hand_over(std::move(first), std::move(to));
    return outcome::kept;
  }
  if (promised || queue_.size() <= messages_max_)
    return outcome::kept;
  queue_.pop_back();
  return outcome::dropped;
}

void stream::hand_over(queued&& q, waiting&& to) {
  if (acknowledges())
    handled_next_ = q.number;
  if (const auto core = core_.lock())
    core->cancel_alarm(to.alarm);
  to.done({}, std::move(q.what));
}

void stream::next(std::uint64_t number, alarms::handle alarm, taken done) {
  release(std::exchange(handled_next_, receipt_number::none));
  waiting to{number, alarm, std::move(done)};
  if (!queue_.empty()) {
    auto first = std::move(queue_.front());
    queue_.pop_front();
    hand_over(std::move(first), std::move(to));
  } else if (ended_) {
    if (const auto core = core_.lock())
      core->cancel_alarm(to.alarm);
    to.done(ended_, {});
  } else {
    waiting_.push_back(std::move(to));
  }
}

void stream::cancel_next(std::uint64_t number, std::error_code why) {
  const auto at = std::ranges::find(waiting_, number, &waiting::number);
  if (at == waiting_.end())
    return;
  auto to = std::move(*at);
  waiting_.erase(at);
  if (const auto core = core_.lock())
    core->cancel_alarm(to.alarm);
  to.done(why, {});
}

void stream::resumed() {
  std::erase_if(queue_, [](const queued& q) { return q.what.qos == qos::at_least_once; });
}

std::size_t stream::restarted() {
  const auto gone = queue_.size() - std::min(queue_.size(), messages_max_);
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(gone));
  return gone;
}

void stream::end(std::error_code why) {
  if (ended_)
    return;
  ended_ = why;
  release(std::exchange(handled_next_, receipt_number::none));
  for (const auto& q : std::exchange(queue_, {}))
    release(q.number);
  for (auto& to : std::exchange(waiting_, {})) {
    if (const auto core = core_.lock())
      core->cancel_alarm(to.alarm);
    to.done(why, {});
  }
}

void stream::release(receipt_number number) {
  if (number == receipt_number::none)
    return;
  if (const auto core = core_.lock())
    core->release(number);
}

} // namespace mqttzoo::sdk
