#include "net/link_dialer.hpp"

#include "core/log.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace mqttzoo::net {

using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr core::logger log{core::log_folder::net};

/// Of the pause's doublings; any bound will do that the longest pause is reached before.
constexpr unsigned doublings_max = 20;

} // namespace

link_dialer::link_dialer(loop& on, link_config_ptr config, std::string peer, endpoint to,
                         core::random_source random, open_handler on_open)
    : loop_(on), config_(std::move(config)), peer_(std::move(peer)), to_(std::move(to)),
      random_(random), on_open_(std::move(on_open)), socket_(on.context()),
      self_(std::make_shared<link_dialer*>(this)) {
  assert(dials(config_->own.pod, peer_));
}

link_dialer::~link_dialer() {
  stop();
}

void link_dialer::start() {
  if (!std::exchange(running_, true))
    dial();
}

void link_dialer::stop() {
  running_ = false;
  loop_.timers().cancel(*this);
  give_up_attempt();
  if (open_)
    std::exchange(open_, nullptr)->forget_keeper();
}

void link_dialer::give_up_attempt() {
  error_code ignored;
  socket_.close(ignored);
  if (greeting_)
    std::exchange(greeting_, nullptr)->forget_keeper();
}

void link_dialer::dial() {
  loop_.counters().links.dials.add();
  loop_.timers().schedule(*this, loop_.now() + config_->limits.connect_timeout);
  error_code error;
  error_code ignored;
  socket_.close(ignored);
  if (socket_.open(to_.protocol(), error))
    return failed("no socket", error.message());
  socket_.set_option(tcp::no_delay{true}, ignored); // a link writes once a turn
  socket_.non_blocking(true, ignored);
  socket_.async_connect(
      to_, [weak = std::weak_ptr{self_}, attempt = ++attempts_](const error_code& result) {
        const auto self = weak.lock();
        if (self && (*self)->attempts_ == attempt && (*self)->socket_.is_open())
          (*self)->on_connected(result);
      });
}

void link_dialer::on_connected(const error_code& result) {
  loop_.timers().cancel(*this);
  if (result)
    return failed("cannot connect", result.message());
  error_code error;
  detached_socket socket;
  socket.peer = to_;
  socket.fd.reset(socket_.release(error));
  if (error)
    return failed("cannot connect", error.message());
  auto stream = open_link_stream(loop_, std::move(socket), link_greeting::role::dials, *config_);
  if (!stream.connection) {
    loop_.counters().links.untrusted.add();
    return failed("plain links may not leave this machine", "see links.plain and links.tls");
  }
  greeting_ = framed_link::start(
      loop_, std::move(stream),
      link_greeting::dialling(config_->own, terms_of(config_->limits), peer_, *config_->known),
      config_->limits, *this);
}

void link_dialer::on_due(time_point) {
  if (socket_.is_open())
    failed("cannot connect", "no answer");
  else
    dial();
}

void link_dialer::on_link_open(framed_link& link) {
  opened_at_ = loop_.now();
  open_ = &link;
  log.info("link open",
           {{"pod", peer_}, {"incarnation", link.peer().incarnation}, {"address", link.address()}});
  on_open_(std::exchange(greeting_, nullptr));
}

void link_dialer::on_link_gone(framed_link&, const link_end& end) {
  if (std::exchange(open_, nullptr)) {
    log.info("link closed", {{"pod", peer_}, {"cause", to_string(end.cause)}});
    if (loop_.now() - opened_at_ >= config_->limits.backoff_max)
      failures_ = 0; // otherwise it opens and closes in turn, and the pause has to grow
  }
  greeting_ = nullptr;
  failed(to_string(end.cause), end.detail.empty() ? to_string(end.refusal) : end.detail);
}

/// Said once a series: a pod that is away for a night needs no thousand lines.
void link_dialer::failed(const char* why, const std::string& detail) {
  error_code ignored;
  socket_.close(ignored);
  const auto level = failures_ == 0 ? core::log_level::warn : core::log_level::debug;
  log.log(level, "no link to a pod, dialling until there is one",
          {{"pod", peer_}, {"address", to_string(to_)}, {"cause", why}, {"detail", detail}});
  ++failures_;
  wait();
}

void link_dialer::wait() {
  const auto& limits = config_->limits;
  const auto doublings = std::min(failures_ - 1, doublings_max);
  const auto pause = std::min(limits.backoff_min * (1 << doublings), limits.backoff_max);
  const auto half = static_cast<std::uint64_t>(pause.count()) / 2;
  const std::chrono::milliseconds drawn{half + random_.below(half + 1)};
  loop_.timers().schedule(*this, loop_.now() + std::max(drawn, std::chrono::milliseconds{1}));
}

} // namespace mqttzoo::net
