#include "net/listener.hpp"

#include "core/log.hpp"

#include <boost/asio/ip/v6_only.hpp>

#include <cassert>
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

expected<std::unique_ptr<listener>, listen_error>
listener::open(const listen_options& options, loop& accepting, std::vector<loop*> loops,
               ref<seating> seats, accept_handler on_accept) {
  error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error)
    return unexpected<listen_error>{
        {listen_error::kind::bad_address,
         "cannot listen on '" + options.address +
             "': not a numeric IPv4 or IPv6 address, such as 127.0.0.1 or ::"}};
  const endpoint at{address, options.port};
  tcp_acceptor acceptor{accepting.context()};
  if ((error = start_listening(acceptor, at, options.backlog)))
    return failure(at, error);
  return std::make_unique<listener>(private_tag{}, std::move(acceptor), options.seats_option,
                                    accepting, std::move(loops), std::move(seats),
                                    std::move(on_accept));
}

listener::listener(private_tag, tcp_acceptor acceptor, std::string_view seats_option,
                   loop& accepting, std::vector<loop*> loops, ref<seating> seats,
                   accept_handler on_accept)
    : accepting_(accepting), loops_(std::move(loops)), seats_(std::move(seats)),
      seats_option_(seats_option),
      on_accept_(std::make_shared<const accept_handler>(std::move(on_accept))),
      acceptor_(std::move(acceptor)), self_(std::make_shared<listener*>(this)) {
  assert(!loops_.empty());
  error_code ignored;
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
    if (!acceptor_.is_open() || !accept_one())
      break;
  start();
}

/// False if nobody waits any more, or none can be taken.
bool listener::accept_one() {
  error_code error;
  detached_socket socket;
  auto accepted = acceptor_.accept(socket.peer, error);
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
  auto place = seats_->take();
  if (!place) {
    static constinit core::log_throttle throttle{1, std::chrono::seconds{10}};
    accepting_.counters().connections_refused.add();
    log.log(throttle, core::log_level::warn, "connection refused: too many are open",
            {{"peer", to_string(socket.peer)},
             {"open", seats_->taken()},
             {"bounded_by", seats_option_}});
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
