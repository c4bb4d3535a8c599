// The client's requests: from the queue to the library, within what may be in flight, and back.
#include "zk/zookeeper_client.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace mqttzoo::zk {

namespace {

/// Watches taken back at a time: servers answer them like any other request.
constexpr std::size_t take_back_max = 64;

struct taking_back {
  zookeeper_client* client;
  std::string path;
};

} // namespace

void zookeeper_client::send_waiting() {
  std::size_t requests = 0;
  std::size_t bytes = 0;
  while (!waiting_.empty() && has_room_for(*waiting_.front())) {
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    ++requests;
    bytes += next->bytes();
    send(std::move(next));
  }
  if (requests > 0)
    inbox_->release(requests, bytes);
  if (taking_back_ == 0 && watches_.crowded())
    take_watches_back();
}

bool zookeeper_client::has_room_for(const zookeeper_request& next) const noexcept {
  if (in_flight_requests_ == 0)
    return true;
  return in_flight_requests_ < options_.in_flight_requests_max &&
         in_flight_bytes_ + next.bytes() <= options_.in_flight_bytes_max &&
         (next.operations() <= 1 || in_flight_transactions_ < options_.in_flight_transactions_max);
}

void zookeeper_client::send(request_ptr next) {
  if (next->answer_here(*this))
    return;
  const auto* const watched = next->watched_path();
  if (watched != nullptr && !watches_.reserve(*watched, next->room())) {
    ++count_.refused;
    return next->fail(error::overloaded, out_);
  }
  ++in_flight_requests_;
  in_flight_transactions_ += next->operations() > 1;
  in_flight_bytes_ += next->bytes();
  const int code = next->send({*this, handle_, chroot_, access_, session_});
  if (code == ZOK) {
    ++count_.requests;
    count_.operations += next->operations();
    count_.bytes += next->bytes();
    static_cast<void>(next.release()); // the library has it, until it calls `answered`
    return;
  }
  answered(*next, ZOK);
  if (watched != nullptr)
    watches_.cancel(*watched);
  next->fail(code == ZINVALIDSTATE ? error::session_expired : to_error(code), out_);
}

void zookeeper_client::answered(const zookeeper_request& request, int code) noexcept {
  assert(in_flight_requests_ > 0);
  --in_flight_requests_;
  in_flight_transactions_ -= request.operations() > 1;
  in_flight_bytes_ -= request.bytes();
  if (code != ZOK && to_error(code) == error::connection_loss)
    ++count_.lost;
}

void zookeeper_client::take_watches_back() {
  const auto answer = [](int code, const void* data) {
    const std::unique_ptr<const taking_back> done{static_cast<const taking_back*>(data)};
    done->client->watch_taken_back(done->path,
                                   code == ZOK || to_error(code) != error::connection_loss);
  };
  for (auto& path : watches_.unused(take_back_max)) {
    const auto full = chroot_ + path;
    auto asked = std::make_unique<taking_back>(taking_back{this, std::move(path)});
    ++taking_back_;
    // The library declares a pointer to the function's type and calls it as the function.
    const int code = zoo_aremove_all_watches(
        handle_, full.c_str(), ZWATCHTYPE_ANY, 0,
        reinterpret_cast<void_completion_t*>(static_cast<void_completion_t>(answer)), asked.get());
    if (code == ZOK)
      static_cast<void>(asked.release());
    else
      watch_taken_back(asked->path, true); // it knows of no such watch
  }
}

void zookeeper_client::watch_taken_back(const std::string& path, bool gone) {
  --taking_back_;
  count_.watches_forgotten += gone;
  watches_.taken_back(path, gone);
}

void zookeeper_client::fail_waiting(error code) {
  std::size_t bytes = 0;
  for (const auto& request : waiting_) {
    bytes += request->bytes();
    request->fail(code, out_);
  }
  inbox_->release(waiting_.size(), bytes);
  waiting_.clear();
}

void zookeeper_client::fail_late(clock::time_point now) {
  while (!waiting_.empty() && waits_until(*waiting_.front()) <= now) {
    const auto late = std::move(waiting_.front());
    waiting_.pop_front();
    inbox_->release(1, late->bytes());
    ++count_.late;
    late->fail(error::connection_loss, out_);
  }
}

zookeeper_client::clock::time_point
zookeeper_client::waits_until(const zookeeper_request& request) const noexcept {
  return std::max(request.queued_at, down_since_) + options_.request_patience;
}

zookeeper_counters zookeeper_client::counters() const noexcept {
  zookeeper_counters now;
  now.requests = count_.requests;
  now.operations = count_.operations;
  now.bytes = count_.bytes;
  now.sessions = count_.sessions;
  now.outages = count_.outages;
  now.lost = count_.lost;
  now.refused = count_.refused;
  now.late = count_.late;
  now.watch_events = count_.watch_events;
  now.watches_forgotten = count_.watches_forgotten;
  now.in_flight = count_.in_flight;
  now.watch_bytes = count_.watch_bytes;
  return now;
}

} // namespace mqttzoo::zk
