#include "sdk/client_core.hpp"

#include "sdk/include/mqttzoo/error.hpp"
#include "sdk/sqlite_outbox.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace mqttzoo::sdk {
namespace {

namespace asio = boost::asio;

time_point now() {
  return std::chrono::steady_clock::now();
}

std::error_code canceled() {
  return std::make_error_code(std::errc::operation_canceled);
}

/// What only this life knows: a client id for protocols in which the server gives none, and the
/// user that an address names.
client_options completed(client_options o) {
  if (o.version != protocol::v5 && o.client_id.empty())
    o.client_id =
        "mqttzoo" + std::to_string(core::random_source::from_system().below(1'000'000'000'000));
  for (const auto& server : o.servers) {
    const auto parsed = parse_address(server);
    if (parsed && parsed->user_name && !o.user_name) {
      o.user_name = parsed->user_name;
      o.password = parsed->password;
    }
  }
  return o;
}

} // namespace

client_core::client_core(asio::any_io_executor executor, client_options options)
    : executor_(std::move(executor)), strand_(asio::make_strand(executor_)),
      options_(completed(std::move(options))),
      machine_(options_, *this, open_sqlite_outbox(options_.outbox.file)), timer_(strand_) {
  mistake_ = configure();
}

client_core::~client_core() = default;

std::error_code client_core::configure() {
  std::vector<address> servers;
  for (const auto& server : options_.servers) {
    auto parsed = parse_address(server);
    if (!parsed)
      return parsed.error();
    servers.push_back(std::move(*parsed));
  }
  if (servers.empty())
    return errc::invalid_address;
  if (!options_.proxy.empty()) {
    auto parsed = parse_proxy(options_.proxy);
    if (!parsed)
      return parsed.error();
    proxy_ = std::move(*parsed);
  }
  if (!options_.outbox.file.empty() && (options_.client_id.empty() || options_.clean_start))
    return std::make_error_code(std::errc::invalid_argument); // its packet identifiers mean nothing
  plan_.emplace(std::move(servers), options_.backoff, core::random_source::from_system()());
  return {};
}

void client_core::stop() {
  stopped_ = true;
  wanted_ = false;
  close_transport();
  machine_.end();
  end_all(canceled());
  alarms_.clear();
  timer_.cancel();
}

/// Completes everything that waits.
void client_core::end_all(std::error_code why) {
  machine_.outbox().abandon(why);
  machine_.filters().abandon(why);
  for (auto& each : std::exchange(awaiting_answers_, {}))
    each(why);
  while (!requests_.empty())
    finish_request(requests_.begin()->first, why, {});
  answers_.reset();
  unclaimed_.clear();
  for (const auto& s : registry_.take_all())
    s->end(why);
  while (!waiting_.empty())
    resolve(waiting_.begin()->first, why);
  connecting_.clear();
  finish_disconnect();
}

// ---------------------------------------------------------------- operations that wait

/// Keeps `finished` until resolve(); `limit` ends it with std::errc::timed_out.
std::uint64_t client_core::wait_for(std::uint64_t number, timeout limit, done finished) {
  alarms::handle alarm;
  if (limit)
    alarm = alarms_.set(now() + *limit, [this, number] {
      cancel(number, std::make_error_code(std::errc::timed_out));
    });
  waiting_.emplace(number, waiting{std::move(finished), alarm});
  return number;
}

void client_core::resolve(std::uint64_t number, std::error_code how) {
  auto found = waiting_.extract(number);
  if (found.empty())
    return;
  alarms_.cancel(found.mapped().alarm);
  found.mapped().finished(how);
}

/// Resolves `number` when it is called.
client_core::done client_core::ending(std::uint64_t number) {
  return [self = weak_from_this(), number](std::error_code how) {
    if (const auto core = self.lock())
      core->resolve(number, how);
  };
}

void client_core::cancel(std::uint64_t number, std::error_code why) {
  machine_.outbox().cancel(publish_number{number}, why);
  finish_request(number, why, {});
  resolve(number, why);
  std::erase(connecting_, number);
  changed();
}

// ---------------------------------------------------------------- publishing

void client_core::publish(message&& m, const publish_options& how, std::uint64_t number,
                          done finished) {
  if (stopped_)
    return finished(canceled());
  if (options_.connected_only && machine_.now_is() != machine::phase::up)
    return finished(errc::not_connected);
  const bool needs_time = how.timeout || m.properties.expiry_s || !machine_.outbox().is_loaded();
  machine_.outbox().publish(std::move(m), how, publish_number{number},
                            needs_time ? now() : time_point{}, std::move(finished));
  changed();
}

client_figures client_core::figures() const {
  auto f = figures_;
  machine_.outbox().describe(f);
  return f;
}

// ---------------------------------------------------------------- what other threads want

void client_core::submit(task what) {
  if (strand_.running_in_this_thread())
    return what(*this);
  // Posted with the lock held: what its thread posts afterwards, to cancel it, comes afterwards.
  const std::lock_guard hold{submitting_};
  if (!turn_posted_)
    asio::post(strand_, [self = shared_from_this()] { self->run_submitted(); });
  turn_posted_ = true;
  submitted_.push_back(std::move(what));
}

void client_core::run_submitted() {
  {
    const std::lock_guard hold{submitting_};
    running_.clear(); // of a turn that ended with an exception
    running_.swap(submitted_);
    turn_posted_ = false;
  }
  for (auto& what : running_)
    what(*this);
  running_.clear();
}

// ---------------------------------------------------------------- output

/// Something was put into the machine: it is written at the end of the turn.
void client_core::changed() {
  if (flush_posted_ || stopped_)
    return;
  flush_posted_ = true;
  asio::post(strand_, [self = shared_from_this()] {
    self->flush_posted_ = false;
    self->flush();
    self->arm();
  });
}

void client_core::flush() {
  if (stopped_)
    return;
  const bool can_write = open_ && writing_.empty();
  if (can_write && !closing_)
    machine_.pump(now());
  if (const auto error = machine_.commit(); error && open_)
    return connection_ended(error); // nothing is sent that is not safe yet
  if (!can_write || !transport_)
    return;
  if (machine_.output().empty()) {
    if (closing_)
      connection_ended(*closing_);
    return;
  }
  machine_.take_output(writing_);
  transport_->write(writing_);
}

void client_core::on_written(std::error_code error) {
  if (error)
    return connection_ended(error);
  writing_.clear();
  machine_.written(now());
  flush();
  arm();
}

// ---------------------------------------------------------------- time

void client_core::arm() {
  const auto next = std::min(alarms_.next(), machine_.wakeup());
  if (next == time_point::max() && armed_ != next) {
    armed_ = next;
    timer_.cancel(); // or it would keep the application's loop busy
  }
  if (stopped_ || next >= armed_)
    return;
  armed_ = next;
  timer_.expires_at(next);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error)
      self->on_timer();
  });
}

void client_core::on_timer() {
  armed_ = time_point::max();
  if (stopped_)
    return;
  alarms_.run(now());
  if (const auto error = machine_.tick(now()))
    connection_ended(error);
  flush();
  arm();
}

} // namespace mqttzoo::sdk
