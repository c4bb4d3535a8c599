// A loop driven by the test, and connections of it to plain sockets on loopback.
#pragma once

#include "core/clock.hpp"
#include "mqtt/message.hpp"
#include "net/tcp_connection.hpp"

#include <arpa/inet.h>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <vector>

namespace mqttzoo::net::test {

/// How long an event may take before a test gives up; none waits for it to pass.
constexpr std::chrono::seconds patience{20};

inline void require(bool ok, const char* what) {
  if (!ok)
    throw std::runtime_error{what};
}

/// Runs `l` until `done()` holds.
template<class F>
void run_until(loop& l, F done) {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (!done()) {
    l.run_one(patience);
    require(std::chrono::steady_clock::now() < give_up, "an expected event did not come");
  }
}

/// Runs what is ready, and what that makes ready.
inline void settle(loop& l) {
  while (l.poll() > 0) {
  }
}

/// The peer of a connection: a blocking socket.
class peer_socket {
public:
  explicit peer_socket(unique_fd fd) : fd_(std::move(fd)) {
    const timeval limit{patience.count(), 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  }

  int fd() const { return fd_.get(); }

  void send(std::string_view bytes) const {
    require(::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(bytes.size()),
            "send failed");
  }

  /// What is there now, possibly nothing.
  std::string receive_ready() const {
    std::string all;
    char part[65536];
    for (;;) {
      const auto n = ::recv(fd_.get(), part, sizeof part, MSG_DONTWAIT);
      if (n <= 0)
        return all;
      all.append(part, static_cast<std::size_t>(n));
    }
  }

  /// Everything up to the end of the stream, or nothing if it was reset.
  std::optional<std::string> receive_all() const {
    std::string all;
    char part[65536];
    for (;;) {
      const auto n = ::recv(fd_.get(), part, sizeof part, 0);
      if (n < 0)
        return std::nullopt;
      if (n == 0)
        return all;
      all.append(part, static_cast<std::size_t>(n));
    }
  }

  void end_stream() const { ::shutdown(fd_.get(), SHUT_WR); }
  void close() { fd_.reset(); }
  void reset() {
    const linger now{1, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    fd_.reset();
  }

private:
  unique_fd fd_;
};

struct socket_pair {
  detached_socket ours;
  peer_socket theirs;
};

inline sockaddr_in loopback_address(std::uint16_t port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(port);
  return to;
}

inline peer_socket connect_to(std::uint16_t port) {
  unique_fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const auto to = loopback_address(port);
  require(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0, "connect");
  return peer_socket{std::move(fd)};
}

/// Makes the kernel hold little, and in segments that fit into it: loopback's own are 64 KiB, and a
/// window smaller than a segment moves by a timer only.
inline void hold_little(int fd, int kernel_buffer_bytes) {
  if (kernel_buffer_bytes == 0)
    return;
  const int segment_bytes = 1000;
  ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kernel_buffer_bytes, sizeof(int));
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kernel_buffer_bytes, sizeof(int));
  ::setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment_bytes, sizeof(int));
}

/// Two ends of one TCP connection; with small kernel buffers if asked, so that they are full soon.
inline socket_pair make_pair(int kernel_buffer_bytes = 0) {
  unique_fd acceptor{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  hold_little(acceptor.get(), kernel_buffer_bytes);
  auto at = loopback_address(0);
  socklen_t size = sizeof at;
  require(::bind(acceptor.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0, "bind");
  require(::listen(acceptor.get(), 1) == 0, "listen");
  ::getsockname(acceptor.get(), reinterpret_cast<sockaddr*>(&at), &size);
  unique_fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  hold_little(fd.get(), kernel_buffer_bytes);
  require(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0, "connect");
  detached_socket ours;
  sockaddr_storage from{};
  size = sizeof from;
  ours.fd.reset(
      ::accept4(acceptor.get(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK));
  require(static_cast<bool>(ours.fd), "accept");
  const int no_delay = 1;
  ::setsockopt(ours.fd.get(), IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof no_delay);
  ours.peer.resize(size);
  std::memcpy(ours.peer.data(), &from, size);
  return {std::move(ours), peer_socket{std::move(fd)}};
}

/// Reads from `from` while `l` writes to it, until `size` bytes came.
inline std::string read_while_running(loop& l, const peer_socket& from, std::size_t size) {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  std::string all;
  for (;;) {
    settle(l);
    all += from.receive_ready();
    if (all.size() >= size)
      return all;
    require(std::chrono::steady_clock::now() < give_up, "expected bytes did not come");
    pollfd readable{from.fd(), POLLIN, 0};
    ::poll(&readable, 1, 1); // or the loop's socket became writable
  }
}

/// Notes every event. Consumes everything unless `consume` says otherwise.
struct recorder final : connection_events {
  std::size_t on_input(std::string_view bytes) override {
    ++calls;
    offered = bytes;
    const auto n = consume ? consume(bytes) : bytes.size();
    input += bytes.substr(0, n);
    return n;
  }
  void on_drained() override {
    ++drained;
    if (when_drained)
      when_drained();
  }
  void on_closed(close_cause cause) override { closed = cause; }

  std::function<std::size_t(std::string_view)> consume;
  std::function<void()> when_drained;
  std::string input;   ///< consumed
  std::string offered; ///< by the last call
  int calls = 0;
  int drained = 0;
  std::optional<close_cause> closed;
};

/// Consumes packets of one length byte and as many bytes; `packets` gets their contents.
inline std::size_t consume_packets(std::string_view bytes, std::vector<std::string>& packets) {
  std::size_t consumed = 0;
  while (consumed < bytes.size()) {
    const std::size_t size = static_cast<unsigned char>(bytes[consumed]);
    if (bytes.size() - consumed < size + 1)
      break;
    packets.emplace_back(bytes.substr(consumed + 1, size));
    consumed += size + 1;
  }
  return consumed;
}

inline mqtt::message_ref message_of(std::string_view payload) {
  mqtt::message_head head;
  head.topic = make_ref<mqtt::shared_topic>("t");
  return mqtt::message::make(std::move(head), {}, payload);
}

/// Bytes that show when they are cut, lost or swapped.
inline std::string pattern(std::size_t size, unsigned seed = 1) {
  std::string bytes(size, '\0');
  for (auto& byte : bytes) {
    seed = seed * 1103515245 + 12345;
    byte = static_cast<char>(seed >> 16);
  }
  return bytes;
}

/// One connection on a loop whose timers follow `clock`.
struct connection_fixture {
  connection_fixture() = default;

  void open(int kernel_buffer_bytes = 0) {
    auto pair = make_pair(kernel_buffer_bytes);
    peer.emplace(std::move(pair.theirs));
    connection = tcp_connection::adopt(io, std::move(pair.ours));
    connection->attach_events(events);
    settle(io);
  }

  /// Moves time and runs what became due by it.
  void advance(std::chrono::milliseconds by) {
    clock.advance(by);
    io.timers().run_due(clock.now());
    settle(io);
  }

  /// Fills the kernel's buffers and then the outbox until it holds more than `bytes`.
  void fill_outbox(std::size_t bytes) {
    while (connection->outbox_bytes() <= bytes) {
      connection->out() += pattern(16 * 1024);
      sent += pattern(16 * 1024);
      connection->flush_later();
      settle(io);
    }
  }

  core::manual_clock clock;
  loop io{clock};
  recorder events;
  std::optional<peer_socket> peer;
  std::shared_ptr<tcp_connection> connection;
  std::string sent;
};

} // namespace mqttzoo::net::test
