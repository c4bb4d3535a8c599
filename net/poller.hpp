// The readiness of a loop's sockets.
//
// Part of a loop, loop thread only. Asio's reactor costs an epoll_ctl(2) for every wait, or a
// second recv(2) that finds nothing; a broker waits for each socket again after every packet. So
// sockets stand in an epoll set of the loop's own, edge-triggered and registered once for life, and
// that set is the one descriptor that Asio watches: a readable socket costs its recv(2) and a share
// of two epoll_wait(2) and one epoll_ctl(2) per turn.
#pragma once

#include "net/io_counters.hpp"
#include "net/turn_list.hpp"
#include "net/unique_fd.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <sys/epoll.h>
#include <system_error>

namespace mqttzoo::net {

struct turn_start : turn_entry {}; ///< links what is looked at when a turn begins
struct turn_end : turn_entry {};   ///< links what is flushed when a turn ends

/// A socket in the set, or rather its owner.
class watcher : public turn_start {
public:
  /// `events` as of epoll_wait(2); 0 when called because of poller::look_again().
  virtual void on_ready(std::uint32_t events) = 0;

protected:
  ~watcher() = default;
};

/// How often readiness is told.
enum class trigger : std::uint32_t {
  edge = EPOLLIN | EPOLLOUT | EPOLLRDHUP |
         EPOLLET,     ///< when it changes: read and write until there is no more
  level_in = EPOLLIN, ///< in every turn while there is something to read
};

class poller {
public:
  explicit poller(io_counters& counters);
  poller(const poller&) = delete;
  poller& operator=(const poller&) = delete;

  /// For Asio to wait on: readable when a socket of the set is ready.
  int native_handle() const noexcept { return set_.get(); }

  /// Calls `w` whenever `fd` is ready, until unwatch() or close(2) and forget(). Fails when the
  /// kernel is out of memory or watches.
  std::error_code watch(int fd, trigger how, watcher& w) noexcept;
  void unwatch(int fd, watcher& w) noexcept;
  /// `w` is called no more: its socket is being closed, which takes it out of the set.
  void forget(watcher& w) noexcept;

  /// Calls `w` in the next turn, whether its socket is ready or not.
  void look_again(watcher& w) noexcept { again_.add(w); }

  /// Calls everything that is ready, each once. True if more is ready or to be expected, so that
  /// another turn is cheaper than a wait.
  bool turn();

private:
  static constexpr std::size_t batch_max = 256;
  /// So many sockets in one turn mean that the next ones are ready already.
  static constexpr std::size_t busy_batch_min = 16;

  io_counters& counters_;
  unique_fd set_;
  turn_list<watcher, turn_start> again_;
  std::array<epoll_event, batch_max> batch_{};
  std::size_t batch_next_ = 0; ///< entries of the batch from here on are still to be called
  std::size_t batch_end_ = 0;
};

} // namespace mqttzoo::net
