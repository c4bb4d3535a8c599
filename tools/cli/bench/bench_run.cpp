#include "tools/cli/bench/bench_run.hpp"

#include "core/random.hpp"
#include "tools/cli/bench/report.hpp"
#include "tools/cli/bench/steady_time.hpp"

#include <algorithm>
#include <csignal>
#include <unistd.h>
#include <utility>

namespace mqttzoo::cli {
namespace {

/// At a fixed rate a server that falls behind may have so many messages of one publisher, which is
/// also what servers of 3.x take without a word.
constexpr std::uint16_t window_at_fixed_rate = 1000;
constexpr std::chrono::milliseconds look_again{10};
constexpr std::chrono::seconds closing_time_max{5};

} // namespace

bench_run::bench_run(bench_options o, std::vector<sdk::address> servers,
                     std::optional<sdk::proxy_address> proxy)
    : o_(std::move(o)), servers_(std::move(servers)),
      run_(static_cast<std::uint32_t>(core::random_source::from_system()())),
      plan_(make_plan(o_, run_)), witness_(plan_, run_, figures_), context_(io_, *this),
      pacer_(o_, context_, plan_, figures_), connector_(io_), progress_(o_), stage_timer_(io_),
      sweep_timer_(io_), signals_(io_, SIGINT, SIGTERM) {
  context_.options = o_.client;
  context_.proxy = std::move(proxy);
  context_.qos = o_.qos;
  context_.window = o_.rate > 0
                        ? window_at_fixed_rate
                        : static_cast<std::uint16_t>(std::min<std::size_t>(o_.inflight, 65'000));
  context_.run = run_;
  context_.filler.assign(o_.sizes.largest(), 'x');
  waited_for_.assign(plan_.clients, true);
  waiting_ = plan_.clients;
  for (std::size_t i = 0; i < plan_.clients; ++i)
    clients_.push_back(std::make_shared<load_client>(context_, static_cast<std::uint32_t>(i),
                                                     "bench-" + std::to_string(::getpid()) + '-' +
                                                         std::to_string(i)));
}

bool bench_run::run() {
  signals_.async_wait([this](const boost::system::error_code& error, int) {
    if (error)
      return;
    if (stage_ == stage::publishing && !plan_.once_each)
      drain();
    else
      close_all();
  });
  look_at_all();
  connector_.begin(clients_.size(), o_.connect_rate,
                   [this](std::size_t i) { open(i, lasting(i)); });
  io_.run();
  figures_.missing = witness_.missing(figures_.sent);
  progress_.end();
  return kept_promises();
}

load_client::session bench_run::lasting(std::size_t index) const noexcept {
  return is_flow(pattern::offline) && index < plan_.subscribers.size()
             ? load_client::session::kept
             : load_client::session::clean;
}

void bench_run::open(std::size_t index, load_client::session how) {
  const auto from = o_.sources.empty() ? std::string{} : o_.sources[index % o_.sources.size()];
  clients_[index]->open(servers_[index % servers_.size()], from, how);
}

void bench_run::note(std::error_code why) {
  figures_.first_error = figures_.first_error ? figures_.first_error : why;
}

// ---------------------------------------------------------------- stages

/// This stage has what it wants of a client.
void bench_run::settled(load_client& c) {
  if (!waited_for_[c.index()])
    return;
  waited_for_[c.index()] = false;
  if (--waiting_ == 0)
    stage_done();
}

void bench_run::stage_done() {
  switch (stage_) {
  case stage::connecting:
    if (figures_.connected == 0)
      return close_all();
    if (!is_flow(pattern::offline))
      return begin_publishing();
    stage_ = stage::leaving;
    for (std::size_t i = 0; i < plan_.subscribers.size(); ++i) {
      waited_for_[i] = clients_[i]->is_up();
      waiting_ += waited_for_[i] ? 1 : 0;
    }
    if (waiting_ == 0)
      return begin_publishing();
    for (std::size_t i = 0; i < plan_.subscribers.size(); ++i) {
      if (waited_for_[i])
        clients_[i]->close(load_client::session::kept);
    }
    return;
  case stage::leaving:
    return begin_publishing();
  case stage::returning:
    return collect();
  case stage::closing:
    return wipe();
  case stage::wiping:
    stage_ = stage::over;
    return io_.stop();
  default:
    return;
  }
}

void bench_run::begin_publishing() {
  stage_ = stage::publishing;
  figures_.began_ns = figures_.last_ns = steady_ns();
  figures_.connecting_cpu_us = used_cpu_us();
  pacer_.begin(clients_, figures_.began_ns);
  if (plan_.once_each)
    return wait_until(&bench_run::has_drained);
  stage_timer_.expires_after(o_.duration);
  stage_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error)
      drain();
  });
}

/// Nothing is published any more; what is under way has a little time.
void bench_run::drain() {
  stage_timer_.cancel();
  figures_.ended_ns = steady_ns();
  pacer_.stop();
  if (o_.kind == bench_kind::conn || o_.kind == bench_kind::sub)
    return close_all();
  stage_ = stage::draining;
  figures_.last_ns = figures_.ended_ns;
  wait_until(&bench_run::has_drained);
}

bool bench_run::has_drained() const noexcept {
  const bool answered = figures_.promised + figures_.failed == figures_.sent;
  const bool lives = !is_flow(pattern::offline) && !is_flow(pattern::retained);
  return answered && (plan_.once_each ? pacer_.is_complete() : true) && (!lives || has_collected());
}

bool bench_run::has_collected() const noexcept {
  return figures_.first_sights >= figures_.sent * plan_.copies;
}

/// Looks again and again whether this stage is done; not for ever if nothing comes any more.
void bench_run::wait_until(bool (bench_run::*done)() const noexcept) {
  const auto silence = steady_ns() - std::max(figures_.last_ns, stage_ns_);
  const bool in_vain = silence > std::chrono::nanoseconds{o_.drain}.count();
  if (!(this->*done)() && !in_vain) {
    stage_timer_.expires_after(look_again);
    stage_timer_.async_wait([this, done](const boost::system::error_code& error) {
      if (!error)
        wait_until(done);
    });
    return;
  }
  figures_.ended_ns = figures_.ended_ns == 0 ? steady_ns() : figures_.ended_ns;
  const bool published = stage_ == stage::publishing || stage_ == stage::draining;
  if (published && is_flow(pattern::offline)) {
    stage_ = stage::returning;
    waiting_ = plan_.subscribers.size();
    std::fill_n(waited_for_.begin(), waiting_, true);
    connector_.begin(waiting_, o_.connect_rate,
                     [this](std::size_t i) { open(i, load_client::session::kept); });
  } else if (published && is_flow(pattern::retained)) {
    pacer_.stop();
    collect();
  } else if (stage_ == stage::collecting && is_flow(pattern::retained)) {
    stage_ = stage::clearing;
    stage_ns_ = steady_ns();
    pacer_.clear();
    wait_until(&bench_run::has_cleared);
  } else {
    close_all();
  }
}

void bench_run::collect() {
  stage_ = stage::collecting;
  stage_ns_ = steady_ns();
  if (is_flow(pattern::retained)) {
    for (std::size_t i = 0; i < plan_.subscribers.size(); ++i) {
      if (clients_[i]->is_up())
        clients_[i]->subscribe(plan_.subscribers[i].filters);
    }
  }
  wait_until(&bench_run::has_collected);
}

void bench_run::close_all() {
  if (stage_ >= stage::closing)
    return;
  connector_.stop();
  pacer_.stop();
  stage_ = stage::closing;
  figures_.ended_ns = figures_.ended_ns == 0 ? steady_ns() : figures_.ended_ns;
  waited_for_.assign(clients_.size(), true);
  waiting_ = clients_.size();
  give_up_waiting();
  for (const auto& c : clients_) {
    if (c->is_up())
      c->close(load_client::session::clean);
    else
      settled(*c);
  }
}

/// A server that keeps a session however its connection ends (3.x) is told that nobody wants it.
void bench_run::wipe() {
  if (!is_flow(pattern::offline) || o_.client.version == protocol::v5) {
    stage_ = stage::over;
    return io_.stop();
  }
  stage_ = stage::wiping;
  waiting_ = plan_.subscribers.size();
  std::fill_n(waited_for_.begin(), waiting_, true);
  give_up_waiting();
  connector_.begin(waiting_, o_.connect_rate,
                   [this](std::size_t i) { open(i, load_client::session::clean); });
}

void bench_run::give_up_waiting() {
  stage_timer_.expires_after(closing_time_max);
  stage_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error)
      io_.stop();
  });
}

/// Once a second.
void bench_run::look_at_all() {
  const auto now = steady_ns();
  for (const auto& c : clients_)
    c->look_at(now);
  pacer_.look_at();
  progress_.show(figures_, clients_.size());
  sweep_timer_.expires_after(std::chrono::seconds{1});
  sweep_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error)
      look_at_all();
  });
}

bool bench_run::kept_promises() const noexcept {
  const auto& f = figures_;
  if (f.refused > 0 || f.lost_connections > 0 || f.failed > 0 || f.out_of_order > 0)
    return false;
  if (o_.qos == qos::at_most_once)
    return true;
  return f.missing == 0 && f.promised == f.sent &&
         (o_.qos != qos::exactly_once || f.duplicates == 0);
}

} // namespace mqttzoo::cli
