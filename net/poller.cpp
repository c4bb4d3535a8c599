#include "net/poller.hpp"

#include <cerrno>

namespace mqttzoo::net {

poller::poller(io_counters& counters) : counters_(counters), set_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!set_)
    throw std::system_error{errno, std::generic_category(), "epoll_create1"};
}

std::error_code poller::watch(int fd, trigger how, watcher& w) noexcept {
  epoll_event event{};
  event.events = static_cast<std::uint32_t>(how);
  event.data.ptr = &w;
  if (::epoll_ctl(set_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
    return {errno, std::generic_category()};
  return {};
}

void poller::unwatch(int fd, watcher& w) noexcept {
  epoll_event ignored{};
  ::epoll_ctl(set_.get(), EPOLL_CTL_DEL, fd, &ignored);
  forget(w);
}

void poller::forget(watcher& w) noexcept {
  w.unlink();
  for (auto i = batch_next_; i < batch_end_; ++i)
    if (batch_[i].data.ptr == &w)
      batch_[i].data.ptr = nullptr;
}

bool poller::turn() {
  again_.work_off([](watcher& w) { w.on_ready(0); });
  counters_.polls.add();
  const int ready = ::epoll_wait(set_.get(), batch_.data(), batch_max, 0);
  batch_end_ = ready > 0 ? static_cast<std::size_t>(ready) : 0;
  for (batch_next_ = 0; batch_next_ < batch_end_;) {
    const auto& event = batch_[batch_next_++];
    if (event.data.ptr)
      static_cast<watcher*>(event.data.ptr)->on_ready(event.events);
  }
  return batch_end_ >= busy_batch_min || !again_.empty();
}

} // namespace mqttzoo::net
