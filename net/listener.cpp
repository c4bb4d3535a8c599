#include "net/listener.hpp"

#include "core/log.hpp"

#include <arpa/inet.h>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <utility>

namespace mqttzoo::net {

namespace {

constexpr core::logger log{core::log_folder::net};

/// Accepts in one turn; connections that are open get their turn in between.
constexpr int accepts_per_turn_max = 64;
constexpr std::chrono::milliseconds back_off_time{100};

struct bind_address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

expected<bind_address, listen_error> parse(const listen_options& options) {
  bind_address to;
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET, options.address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(options.port);
    std::memcpy(&to.storage, &v4, to.size = sizeof v4);
  } else if (::inet_pton(AF_INET6, options.address.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(options.port);
    std::memcpy(&to.storage, &v6, to.size = sizeof v6);
  } else {
    return unexpected<listen_error>{
        {listen_error::kind::bad_address,
         "cannot listen on '" + options.address +
             "': not a numeric IPv4 or IPv6 address, such as 127.0.0.1 or ::"}};
  }
  return to;
}

unexpected<listen_error> failure(const bind_address& at, int error) {
  using kind = listen_error::kind;
  const auto place = "cannot listen on " + peer_address{at.storage}.str() + ": ";
  switch (error) {
  case EADDRINUSE:
    return unexpected<listen_error>{
        {kind::address_in_use, place + "address in use, another process listens there"}};
  case EACCES:
  case EPERM:
    return unexpected<listen_error>{{kind::not_permitted, place + "not permitted to this user"}};
  case EADDRNOTAVAIL:
    return unexpected<listen_error>{
        {kind::not_available, place + "no network interface has this address"}};
  default:
    return unexpected<listen_error>{
        {kind::system, place + std::error_code{error, std::generic_category()}.message()}};
  }
}

void set_option(int fd, int level, int name, int value) noexcept {
  ::setsockopt(fd, level, name, &value, sizeof value);
}

/// Binds and listens; 0 or the error's number.
int start_listening(int fd, const bind_address& at, int backlog) noexcept {
  // A port is free again at once after its process ended. SO_REUSEPORT would let a second broker
  // share it silently.
  set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (at.storage.ss_family == AF_INET6)
    set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0); // `::` means every address
  // Accepted sockets inherit it: a connection writes once a turn, there is nothing for Nagle to
  // collect.
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&at.storage), at.size) != 0 ||
      ::listen(fd, backlog) != 0)
    return errno;
  return 0;
}

std::uint16_t port_of(int fd) noexcept {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return peer_address{address}.port();
}

} // namespace

expected<std::unique_ptr<listener>, listen_error>
listener::open(const listen_options& options, loop& accepting, std::vector<loop*> loops,
               ref<seating> seats, accept_handler on_accept) {
  const auto at = parse(options);
  if (!at)
    return unexpected<listen_error>{at.error()};
  // [MQTT-4.2-1] [MQTT-7.1.1-1 v3] ordered, lossless and in both directions
  unique_fd fd{::socket(at->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!fd)
    return failure(*at, errno);
  if (const int error = start_listening(fd.get(), *at, options.backlog))
    return failure(*at, error);
  return std::make_unique<listener>(private_tag{}, std::move(fd), accepting, std::move(loops),
                                    std::move(seats), std::move(on_accept));
}

listener::listener(private_tag, unique_fd fd, loop& accepting, std::vector<loop*> loops,
                   ref<seating> seats, accept_handler on_accept)
    : accepting_(accepting), loops_(std::move(loops)), seats_(std::move(seats)),
      on_accept_(std::make_shared<const accept_handler>(std::move(on_accept))), fd_(std::move(fd)),
      local_port_(port_of(fd_.get())) {
  assert(!loops_.empty());
}

listener::~listener() {
  stop();
}

void listener::start() {
  if (fd_ && !watching_ && !accepting_.timers().scheduled(*this))
    watch();
}

void listener::stop() {
  accepting_.timers().cancel(*this);
  if (std::exchange(watching_, false))
    accepting_.sockets().unwatch(fd_.get(), *this);
  fd_.reset();
}

void listener::watch() {
  if (const auto error = accepting_.sockets().watch(fd_.get(), trigger::level_in, *this))
    return back_off(error.value());
  watching_ = true;
}

void listener::on_ready(std::uint32_t) {
  for (int i = 0; i < accepts_per_turn_max && watching_; ++i)
    if (!accept_one())
      return;
}

/// False if nobody waits any more.
bool listener::accept_one() {
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  unique_fd fd{::accept4(fd_.get(), reinterpret_cast<sockaddr*>(&from), &size,
                         SOCK_NONBLOCK | SOCK_CLOEXEC)};
  if (fd) {
    exhaustion_logged_ = false;
    detached_socket socket;
    socket.fd = std::move(fd);
    socket.peer = peer_address{from};
    deal(std::move(socket));
    return true;
  }
  switch (const int error = errno) {
  case EAGAIN:
    return false;
  case EMFILE:
  case ENFILE:
  case ENOBUFS:
  case ENOMEM:
    back_off(error);
    return false;
  default: // of this connection, which is gone already: accept(2) passes on pending network errors
    return true;
  }
}

void listener::deal(detached_socket socket) {
  auto place = seats_->take();
  if (!place) {
    static constinit core::log_throttle throttle{1, std::chrono::seconds{10}};
    accepting_.counters().connections_refused.add();
    log.log(throttle, core::log_level::warn, "connection refused: net.connections.max are open",
            {{"peer", socket.peer.str()}, {"open", seats_->taken()}});
    return;
  }
  socket.place = std::move(*place);
  auto& to = *loops_[next_loop_];
  next_loop_ = (next_loop_ + 1) % loops_.size();
  to.post([handler = on_accept_, &to, socket = std::move(socket)]() mutable {
    (*handler)(to, std::move(socket));
  });
}

/// Those who wait stay in the kernel's queue until descriptors are free again.
void listener::back_off(int error) {
  accepting_.counters().accept_failures.add();
  if (!std::exchange(exhaustion_logged_, true))
    log.error("cannot accept connections, trying again until it works",
              {{"error", std::error_code{error, std::generic_category()}.message()}});
  if (std::exchange(watching_, false))
    accepting_.sockets().unwatch(fd_.get(), *this);
  accepting_.timers().schedule(*this, accepting_.now() + back_off_time);
}

void listener::on_due(time_point) {
  watch();
}

} // namespace mqttzoo::net
