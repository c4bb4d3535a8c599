#include "net/outbox.hpp"

#include <algorithm>
#include <cassert>

namespace mqttzoo::net {

void outbox::seal(segment s) {
  if (!sealed_)
    sealed_ = std::make_unique<sealed>();
  sealed_->bytes += s.bytes().size();
  sealed_->segments.push_back(std::move(s));
}

void outbox::seal_tail() {
  segment s;
  s.buffer.swap(tail_);
  seal(std::move(s));
}

void outbox::change_tail(buffer_pool& pool) {
  if (tail_.size() >= buffer_bytes_sealed) {
    seal_tail();
    tail_ = pool.take();
  } else if (tail_.empty()) {
    tail_ = pool.take();
  }
}

void outbox::append(mqtt::message_ref m, buffer_pool& pool) {
  const auto payload = m->payload();
  if (payload.size() <= copied_payload_bytes_max) {
    tail(pool).append(payload);
    return;
  }
  if (!tail_.empty())
    seal_tail();
  seal({{}, std::move(m)});
}

std::size_t outbox::gather(std::span<boost::asio::const_buffer> into) const noexcept {
  std::size_t used = 0;
  auto skipped = taken_of_first_;
  const auto add = [&](std::string_view bytes) {
    bytes.remove_prefix(std::exchange(skipped, 0));
    into[used++] = boost::asio::buffer(bytes);
  };
  if (sealed_)
    for (std::size_t i = 0; i < sealed_->segments.size() && used < into.size(); ++i)
      add(sealed_->segments[i].bytes());
  if (used < into.size() && tail_.size() > skipped)
    add(tail_);
  return used;
}

void outbox::consume(std::size_t n, buffer_pool& pool) {
  assert(n <= size_bytes());
  n += taken_of_first_;
  while (sealed_) {
    auto& first = sealed_->segments.front();
    const auto size = first.bytes().size();
    if (n < size) {
      taken_of_first_ = n;
      return;
    }
    n -= size;
    sealed_->bytes -= size;
    pool.give_back(first.buffer);
    sealed_->segments.pop_front();
    if (sealed_->segments.empty())
      sealed_ = nullptr;
  }
  taken_of_first_ = n;
  if (n == tail_.size()) {
    pool.give_back(tail_);
    taken_of_first_ = 0;
  }
}

} // namespace mqttzoo::net
