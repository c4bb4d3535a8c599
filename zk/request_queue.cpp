#include "zk/request_queue.hpp"

#include <utility>

namespace mqttzoo::zk {

std::optional<error> request_queue::add(embedded_request& request) {
  const std::lock_guard lock{mutex_};
  // A request larger than the bound still gets through an empty queue.
  if (!closed_ && !requests_.empty() &&
      (requests_.size() >= limits_.requests_max || bytes_ + request.bytes > limits_.bytes_max))
    return error::overloaded;
  return add_locked(request);
}

std::optional<error> request_queue::add_always(embedded_request& request) {
  const std::lock_guard lock{mutex_};
  return add_locked(request);
}

std::optional<error> request_queue::add_locked(embedded_request& request) {
  if (closed_)
    return error::closed;
  bytes_ += request.bytes;
  requests_.push_back(std::move(request));
  if (requests_.size() == 1)
    filled_.notify_one();
  return std::nullopt;
}

std::vector<embedded_request> request_queue::take(bounds turn) {
  const std::lock_guard lock{mutex_};
  return take_locked(turn);
}

std::vector<embedded_request> request_queue::wait_and_take(bounds turn) {
  std::unique_lock lock{mutex_};
  filled_.wait(lock, [this] { return closed_ || !requests_.empty(); });
  return take_locked(turn);
}

std::vector<embedded_request> request_queue::take_locked(bounds turn) {
  std::vector<embedded_request> taken;
  std::size_t bytes = 0;
  while (!requests_.empty() && taken.size() < turn.requests_max &&
         (taken.empty() || bytes + requests_.front().bytes <= turn.bytes_max)) {
    bytes += requests_.front().bytes;
    taken.push_back(std::move(requests_.front()));
    requests_.pop_front();
  }
  bytes_ -= bytes;
  return taken;
}

void request_queue::close() {
  const std::lock_guard lock{mutex_};
  closed_ = true;
  filled_.notify_all();
}

std::size_t request_queue::requests() const {
  const std::lock_guard lock{mutex_};
  return requests_.size();
}

std::size_t request_queue::bytes() const {
  const std::lock_guard lock{mutex_};
  return bytes_;
}

} // namespace mqttzoo::zk
