#include "zk/zookeeper_inbox.hpp"

#include <utility>

namespace mqttzoo::zk {

void zookeeper_inbox::add_locked(request_ptr request) {
  request->queued_at = zookeeper_request::clock::now();
  ++requests_;
  bytes_ += request->bytes();
  arrived_.push_back(std::move(request));
}

std::optional<error> zookeeper_inbox::add(request_ptr& request) {
  const std::lock_guard lock{mutex_};
  if (closed_)
    return error::closed;
  // A request larger than the bound still gets through an empty queue.
  if (requests_ > 0 &&
      (requests_ >= limits_.requests_max || bytes_ + request->bytes() > limits_.bytes_max))
    return error::overloaded;
  add_locked(std::move(request));
  wake_locked();
  return std::nullopt;
}

std::optional<error> zookeeper_inbox::add_always(std::vector<request_ptr>& requests) {
  const std::lock_guard lock{mutex_};
  if (closed_)
    return error::closed;
  for (auto& request : requests)
    add_locked(std::move(request));
  wake_locked();
  return std::nullopt;
}

/// Once for all that comes until the client takes it; with the lock, so that nobody is woken after
/// `close`.
void zookeeper_inbox::wake_locked() {
  if (!std::exchange(awake_, true))
    wake_();
}

void zookeeper_inbox::take(std::deque<request_ptr>& waiting) {
  const std::lock_guard lock{mutex_};
  awake_ = false;
  for (auto& request : arrived_)
    waiting.push_back(std::move(request));
  arrived_.clear();
}

void zookeeper_inbox::release(std::size_t requests, std::size_t bytes) {
  const std::lock_guard lock{mutex_};
  requests_ -= requests;
  bytes_ -= bytes;
}

void zookeeper_inbox::close() {
  const std::lock_guard lock{mutex_};
  closed_ = true;
}

std::size_t zookeeper_inbox::requests() const {
  const std::lock_guard lock{mutex_};
  return requests_;
}

std::size_t zookeeper_inbox::bytes() const {
  const std::lock_guard lock{mutex_};
  return bytes_;
}

} // namespace mqttzoo::zk
