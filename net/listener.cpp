#include "net/listener.hpp"

#include "core/log.hpp"

#include <boost/asio/ip/v6_only.hpp>

#include <algorithm>
#include <cassert>
#include <sys/socket.h>
#include <utility>

namespace mqttzoo::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr core::logger log{core::log_folder::net};

/// Accepts in one turn; connections that are open get their turn in between.
constexpr int accepts_per_turn_max = 64;
constexpr std::chrono::milliseconds back_off_time{100};

using boost::system::error_code;

unexpected<listen_error> failure(const endpoint& at, const error_code& error) {
  using kind = listen_error::kind;
  const auto place = "cannot listen on " + to_string(at) + ": ";
  if (error == boost::system::errc::address_in_use)
    return unexpected<listen_error>{
        {kind::address_in_use, place + "address in use, another process listens there"}};
  if (error == boost::system::errc::permission_denied ||
      error == boost::system::errc::operation_not_permitted)
    return unexpected<listen_error>{{kind::not_permitted, place + "not permitted to this user"}};
  if (error == boost::system::errc::address_not_available)
    return unexpected<listen_error>{
        {kind::not_available, place + "no network interface has this address"}};
  return unexpected<listen_error>{{kind::system, place + error.message()}};
}

/// Binds and listens.
template<class Acceptor>
error_code start_listening(Acceptor& acceptor, const endpoint& at, int backlog) {
  error_code error;
  error_code ignored;
  if (acceptor.open(at.protocol(), error))
    return error;
  // A port is free again at once after its process ended. SO_REUSEPORT would let a second broker
  // share it silently.
  acceptor.set_option(tcp::acceptor::reuse_address{true}, ignored);
  if (at.address().is_v6())
    acceptor.set_option(asio::ip::v6_only{false}, ignored); // `::` means every address
  // Accepted sockets inherit it: a connection writes once a turn, there is nothing for Nagle to
  // collect.
  acceptor.set_option(tcp::no_delay{true}, ignored);
  if (acceptor.non_blocking(true, error) || acceptor.bind(at, error))
    return error;
  acceptor.listen(backlog, error);
  return error;
}

} // namespace

struct listener::opened {
  tcp_acceptor acceptor;
  std::optional<unix_place> file;
};

expected<listener::opened, listen_error> listener::open_file(const listen_options& options,
                                                             loop& accepting) {
  auto listening = unix_place::open(options.unix_path, options.unix_mode, options.backlog);
  if (!listening)
    return unexpected{listening.error()};
  error_code error;
  opened made{tcp_acceptor{accepting.context()}, std::move(listening->place)};
  // Asio asks for the protocol and leaves the descriptor as it is.
  made.acceptor.assign(tcp::v4(), listening->fd.get(), error);
  if (!error) {
    static_cast<void>(listening->fd.release());
    made.acceptor.non_blocking(true, error);
  }
  if (error)
    return unexpected<listen_error>{
        {listen_error::kind::system,
         "cannot listen on '" + options.unix_path + "': " + error.message()}};
  return made;
}

expected<listener::opened, listen_error> listener::open_port(const listen_options& options,
                                                             loop& accepting) {
  error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error)
    return unexpected<listen_error>{
        {listen_error::kind::bad_address,
         "cannot listen on '" + options.address +
             "': not a numeric IPv4 or IPv6 address, such as 127.0.0.1 or ::"}};
  const endpoint at{address, options.port};
  opened made{tcp_acceptor{accepting.context()}, std::nullopt};
  if ((error = start_listening(made.acceptor, at, options.backlog)))
    return failure(at, error);
  return made;
}

expected<std::unique_ptr<listener>, listen_error>
listener::open(const listen_options& options, loop& accepting, std::vector<loop*> loops,
               ref<seating> seats, accept_handler on_accept) {
  auto place =
      options.unix_path.empty() ? open_port(options, accepting) : open_file(options, accepting);
  if (!place)
    return unexpected{place.error()};
  return std::make_unique<listener>(private_tag{}, *std::move(place), options, accepting,
                                    std::move(loops), std::move(seats), std::move(on_accept));
}

listener::listener(private_tag, opened place, const listen_options& options, loop& accepting,
                   std::vector<loop*> loops, ref<seating> seats, accept_handler on_accept)
    : accepting_(accepting), loops_(std::move(loops)), seats_(std::move(seats)),
      seats_option_(options.seats_option), figures_(options.figures),
      on_accept_(std::make_shared<const accept_handler>(std::move(on_accept))),
      peers_are_(options.peers_are), acceptor_(std::move(place.acceptor)),
      file_(std::move(place.file)), pace_(options.pace), self_(std::make_shared<listener*>(this)) {
  assert(!loops_.empty());
  error_code ignored;
  if (!file_)
    local_port_ = acceptor_.local_endpoint(ignored).port();
}

listener::~listener() {
  stop();
}

void listener::start() {
  if (acceptor_.is_open() && !waiting_ && !accepting_.timers().scheduled(*this))
    wait();
}

void listener::stop() {
  accepting_.timers().cancel(*this);
  error_code ignored;
  acceptor_.close(ignored);
  if (file_)
    file_->remove();
}

void listener::set_pace(core::rate_limit pace) {
  accepting_.post([weak = std::weak_ptr{self_}, pace] {
    if (const auto self = weak.lock())
      (*self)->pace_ = pace;
  });
}

void listener::set_peers(peers are) {
  accepting_.post([weak = std::weak_ptr{self_}, are] {
    if (const auto self = weak.lock())
      (*self)->peers_are_ = are;
  });
}

void listener::wait() {
  waiting_ = true;
  acceptor_.async_wait(tcp_acceptor::wait_read,
                       [weak = std::weak_ptr{self_}](const error_code& error) {
                         const auto self = weak.lock();
                         if (!self)
                           return;
                         (*self)->waiting_ = false;
                         if (!error)
                           (*self)->accept_some();
                       });
}

void listener::accept_some() {
  for (int i = 0; i < accepts_per_turn_max; ++i)
    if (!acceptor_.is_open() || !keeps_pace() || !accept_one())
      break;
  start();
}

/// False if the next one has to wait, until some may be taken in together.
bool listener::keeps_pace() {
  if (paced_.left(pace_, accepting_.now()) > 0)
    return true;
  accepting_.counters().accepts_paced.add();
  accepting_.timers().schedule(
      *this, paced_.has(std::max<std::uint64_t>(pace_.per_second / 100, 1), pace_));
  return false;
}

/// False if nobody waits any more, or none can be taken.
bool listener::accept_one() {
  error_code error;
  detached_socket socket;
  // Who comes by a file may have one of its own, whose name is no address.
  auto accepted = file_ ? acceptor_.accept(error) : acceptor_.accept(socket.peer, error);
  if (!error)
    accepted.non_blocking(true, error);
  if (!error)
    socket.fd.reset(accepted.release(error));
  if (!error) {
    exhaustion_logged_ = false;
    deal(std::move(socket));
    return true;
  }
  if (error == asio::error::would_block)
    return false;
  if (error == boost::system::errc::too_many_files_open ||
      error == boost::system::errc::too_many_files_open_in_system ||
      error == asio::error::no_buffer_space || error == asio::error::no_memory) {
    back_off(error);
    return false;
  }
  return true; // of this connection, which is gone already: accept(2) passes on network errors
}

void listener::deal(detached_socket socket) {
  auto [place, forgot_address] = seat_for(socket.peer);
  if (forgot_address)
    accepting_.counters().addresses_forgotten.add();
  if (!place)
    return turn_away(socket, place.error());
  paced_.take(1, pace_, accepting_.now());
  if (figures_)
    figures_->accepted.fetch_add(1, std::memory_order_relaxed);
  socket.place = std::move(*place);
  auto& to = *loops_[next_loop_];
  next_loop_ = (next_loop_ + 1) % loops_.size();
  to.post([handler = on_accept_, &to, socket = std::move(socket)]() mutable {
    (*handler)(to, std::move(socket));
  });
}

/// A proxy's address is no client's, and a socket's file has none.
seating::answer listener::seat_for(const endpoint& peer) {
  if (!file_ && peers_are_ == peers::clients)
    return seats_->take(peer, accepting_.now());
  if (auto place = seats_->take())
    return {std::move(*place), false};
  return {unexpected{seat_refusal::all_taken}, false};
}

/// Closed before a byte of it was read, so before it is known whether a CONNACK could say why.
void listener::turn_away(const detached_socket& socket, seat_refusal why) {
  static constinit core::log_throttle throttle{1, std::chrono::seconds{10}};
  const bool by_address = why != seat_refusal::all_taken;
  count(why, accepting_.counters());
  if (figures_)
    figures_->count(by_address ? listener_refusal::address : listener_refusal::full);
  if (by_address)
    reset_at_close(socket.fd.get());
  log.log(throttle, core::log_level::warn, "connection refused",
          {{"peer", to_string(socket.peer)},
           {"open", seats_->taken()},
           {"bounded_by", by_address ? std::string{bounded_by(why)} : bound()}});
}

/// What says how many seats there are, of those that are all taken.
std::string listener::bound() const {
  if (!figures_ || !seats_->full())
    return std::string{seats_option_};
  return "connections.max of " + figures_->name;
}

/// Those who wait stay in the kernel's queue until descriptors are free again.
void listener::back_off(const error_code& error) {
  accepting_.counters().accept_failures.add();
  if (!std::exchange(exhaustion_logged_, true))
    log.error("cannot accept connections, trying again until it works",
              {{"error", error.message()}});
  accepting_.timers().schedule(*this, accepting_.now() + back_off_time);
}

void listener::on_due(time_point) {
  start();
}

} // namespace mqttzoo::net
