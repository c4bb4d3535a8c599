#include "net/proxy_reception.hpp"

#include "core/log.hpp"
#include "net/proxy_header.hpp"
#include "net/tcp_connection.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::net {

namespace {

constexpr core::logger log{core::log_folder::net};

void log_refusal(const listener_figures& at, std::string_view peer, std::string_view why) {
  static constinit core::log_throttle throttle{10, std::chrono::seconds{1}};
  log.log(throttle, core::log_level::warn, "connection refused",
          {{"listener", at.name}, {"peer", peer}, {"why", why}});
}

bool is_trusted(const proxy_rules& rules, const endpoint& peer) {
  if (peer == endpoint{})
    return true; // by a socket's file, whose permissions have decided
  return std::any_of(rules.trusted.begin(), rules.trusted.end(),
                     [bytes = bytes_of(peer)](const core::ip_network& network) {
                       return network.contains(bytes);
                     });
}

} // namespace

void proxy_reception::begin(loop& on, detached_socket socket, parts with) {
  if (!is_trusted(*with.rules, socket.peer)) {
    with.figures->count(listener_refusal::untrusted);
    return log_refusal(*with.figures, to_string(socket.peer),
                       "it is none of the proxies that are trusted");
  }
  const auto self =
      std::make_shared<proxy_reception>(private_tag{}, on, std::move(socket), std::move(with));
  on.keep(self);
  on.timers().schedule(*self, on.now() + self->with_.rules->header_timeout);
  self->connection_->attach_events(*self);
}

proxy_reception::proxy_reception(private_tag, loop& on, detached_socket socket, parts with)
    : loop_(on), with_(std::move(with)), by_(std::move(socket.by)),
      proxy_is_here_(socket.peer == endpoint{} || is_loopback(socket.peer)),
      connection_(tcp_connection::adopt(on, std::move(socket))) {}

proxy_reception::~proxy_reception() {
  loop_.timers().cancel(*this);
}

std::size_t proxy_reception::on_input(std::string_view input) {
  const auto header = read_proxy_header(input);
  if (!header) {
    refuse(listener_refusal::proxy_header, to_string(header.error()));
    return input.size();
  }
  if (!*header)
    return 0;
  using relation = proxy_header::relation;
  source_ = (*header)->source;
  known_ = (*header)->speaks_for == relation::known && tells_where();
  carried_ = (*header)->speaks_for != relation::own && !known_;
  loop_.timers().cancel(*this);
  connection_->detach_events();
  // A socket cannot be taken away while its input is looked at.
  loop_.post([self = shared_from_this()] { self->hand_on(); });
  return (*header)->size_bytes;
}

/// An unspecified address is none, and would look like a client's of this machine. So would
/// loopback of another one, where it says only that the client is at the proxy.
bool proxy_reception::tells_where() const {
  return source_ != endpoint{} && (proxy_is_here_ || !is_loopback(source_));
}

void proxy_reception::on_closed(close_cause) {
  leave(); // so do those who look whether somebody listens
}

void proxy_reception::on_due(time_point) {
  refuse(listener_refusal::proxy_late, "its PROXY header did not come in time");
}

void proxy_reception::refuse(listener_refusal why, std::string_view what) {
  with_.figures->count(why);
  log_refusal(*with_.figures, connection_->peer(), what);
  connection_->detach_events();
  connection_->abort();
  leave();
}

void proxy_reception::hand_on() {
  auto socket = connection_->detach_socket();
  if (socket && (!known_ || is_seated(socket))) { // else it was closed meanwhile
    socket.carried = carried_;
    socket.by = std::move(by_);
    with_.then(std::move(socket));
  }
  leave();
}

/// By its client's address from now on, if that may have one more.
bool proxy_reception::is_seated(detached_socket& socket) {
  socket.peer = source_;
  auto [place, forgot_address] = seating::name(std::move(socket.place), source_, loop_.now());
  if (forgot_address)
    loop_.counters().addresses_forgotten.add();
  if (place) {
    socket.place = std::move(*place);
    return true;
  }
  count(place.error(), loop_.counters());
  with_.figures->count(listener_refusal::address);
  log_refusal(*with_.figures, to_string(source_), bounded_by(place.error()));
  reset_at_close(socket.fd.get());
  return false;
}

void proxy_reception::leave() {
  loop_.let_go(shared_from_this());
}

} // namespace mqttzoo::net
