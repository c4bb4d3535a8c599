#include "zk/zookeeper_loop.hpp"

#include "zk/quiet_thread.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <cassert>
#include <fcntl.h>
#include <future>
#include <optional>
#include <sys/socket.h>
#include <sys/time.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace mqttzoo::zk {

namespace asio = boost::asio;

namespace {

/// Answers read in one turn, so that a flood of them does not starve the loop's other work.
constexpr int reads_per_turn_max = 64;
/// The library's clock counts milliseconds: a little later is sure to be late enough.
constexpr std::chrono::milliseconds timer_slack{1};
/// When the library cannot even say what to wait for: it could not connect, or resolve a name.
constexpr std::chrono::milliseconds trouble_pause{100};

/// A server that was asked while it started may accept a connection and never answer it. The
/// library would wait for most of the session's time.
std::chrono::milliseconds attempt_patience(const zookeeper_options& options) {
  return std::min<std::chrono::milliseconds>(options.session_timeout / 4, std::chrono::seconds{2});
}

} // namespace

class zookeeper_loop::poller final : public std::enable_shared_from_this<poller> {
public:
  poller(asio::io_context& io, const zookeeper_options& options)
      : io_(io), timer_(io), attempt_patience_(attempt_patience(options)),
        inbox_(make_inbox(options)), client_(options, inbox_) {}

  asio::io_context& io() noexcept { return io_; }
  const std::shared_ptr<zookeeper_inbox>& inbox() const noexcept { return inbox_; }
  const zookeeper_client& client() const noexcept { return client_; }

  /// Thread-safe, as `attach` and `finish` are.
  void wake() {
    asio::post(io_, [self = shared_from_this()] { self->turn(0); });
  }

  void attach(executor& where, std::weak_ptr<watch_sink> sink) {
    asio::post(io_, [self = shared_from_this(), &where, sink = std::move(sink)]() mutable {
      if (self->client_.finished())
        return;
      self->client_.attach(where, std::move(sink));
      self->turn(0);
    });
  }

  void finish(std::promise<void>& finished) {
    asio::post(io_, [self = shared_from_this(), &finished] {
      self->finished_ = &finished;
      self->client_.finish();
      self->turn(0);
    });
  }

private:
  using descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;
  using timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                           asio::wait_traits<std::chrono::steady_clock>,
                                           asio::io_context::executor_type>;
  using time_point = std::chrono::steady_clock::time_point;

  std::shared_ptr<zookeeper_inbox> make_inbox(const zookeeper_options& options) {
    return std::make_shared<zookeeper_inbox>(
        zookeeper_inbox::bounds{options.queue_requests_max, options.queue_bytes_max}, [this] {
          wake(); // while the inbox takes requests, this lives
        });
  }

  void turn(int events) {
    if (client_.finished())
      return; // posted before that, or a wait that was cancelled too late
    if (events != 0 && client_.handle() != nullptr)
      process(events);
    client_.advance();
    if (client_.finished())
      return end();
    watch_socket();
  }

  void process(int events) {
    int code = zookeeper_process(client_.handle(), events);
    // It takes one answer at a time.
    for (int i = 1; code == ZOK && (events & ZOOKEEPER_READ) != 0 && i < reads_per_turn_max; ++i)
      code = zookeeper_process(client_.handle(), ZOOKEEPER_READ);
    if (code != ZOK && code != ZNOTHING)
      attempt_began_.reset();
  }

  void watch_socket() {
    int socket = -1;
    int interest = 0;
    timeval patience{};
    bool polled = false;
    const auto now = std::chrono::steady_clock::now();
    if (auto* const handle = client_.handle()) {
      polled = zookeeper_interest(handle, &socket, &interest, &patience) == ZOK;
      if (!polled) { // it may have found the link dead, and said so
        socket = -1;
        interest = 0;
        client_.advance();
        if (client_.finished())
          return end(); // what died with the link was the last it waited for
      }
    }
    auto due = client_.next_look().value_or(time_point::max());
    if (polled)
      due = std::min(due, now + std::chrono::seconds{patience.tv_sec} +
                              std::chrono::microseconds{patience.tv_usec} + timer_slack);
    else if (client_.handle() != nullptr)
      due = std::min(due, now + trouble_pause);
    if (!polled)
      attempt_began_.reset();
    follow(socket);
    if (watched_ && !steady_)
      due = std::min(due, hurry_attempt(now));
    wait_for(ZOOKEEPER_READ, interest, descriptor::wait_read, reading_);
    wait_for(ZOOKEEPER_WRITE, interest, descriptor::wait_write, writing_);
    wait_until(due);
  }

  /// See the top of the header.
  void follow(int socket) {
    auto* const handle = client_.handle();
    const bool connected = handle != nullptr && zoo_state(handle) == ZOO_CONNECTED_STATE;
    if (socket == socket_ && steady_ && connected && watched_)
      return;
    watched_.reset();
    ++generation_;
    reading_ = writing_ = false;
    socket_ = socket;
    steady_ = connected;
    if (connected)
      attempt_began_.reset();
    if (const int copy = socket < 0 ? -1 : ::fcntl(socket, F_DUPFD_CLOEXEC, 0); copy >= 0)
      watched_.emplace(io_, copy);
  }

  /// Breaks off an attempt to connect that takes too long, so that the library makes another; when
  /// to look again.
  time_point hurry_attempt(time_point now) {
    if (!attempt_began_)
      attempt_began_ = now;
    if (now - *attempt_began_ >= attempt_patience_) {
      ::shutdown(watched_->native_handle(), SHUT_RDWR); // both descriptors' socket
      attempt_began_ = now;
    }
    return *attempt_began_ + attempt_patience_;
  }

  void wait_for(int event, int interest, descriptor::wait_type what, bool& waiting) {
    if (!watched_ || (interest & event) == 0 || std::exchange(waiting, true))
      return;
    watched_->async_wait(what, [self = shared_from_this(), event, &waiting,
                                generation = generation_](const boost::system::error_code& error) {
      if (generation != self->generation_)
        return; // of a socket that is gone
      waiting = false;
      if (!error)
        self->turn(event);
    });
  }

  /// The timer is moved to an earlier time only: when it fires too early it looks again.
  void wait_until(time_point due) {
    if (due >= armed_for_)
      return;
    armed_for_ = due;
    timer_.expires_at(due);
    timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (error)
        return; // armed anew, or at the end
      self->armed_for_ = time_point::max();
      self->turn(0);
    });
  }

  void end() {
    watched_.reset();
    ++generation_;
    timer_.cancel();
    finished_->set_value();
  }

  asio::io_context& io_;
  std::optional<descriptor> watched_;
  timer timer_;
  time_point armed_for_ = time_point::max();
  int socket_ = -1; ///< Whose duplicate is watched.
  bool steady_ = false;
  bool reading_ = false;
  bool writing_ = false;
  unsigned generation_ = 0;
  const std::chrono::milliseconds attempt_patience_;
  std::optional<time_point> attempt_began_;
  std::promise<void>* finished_ = nullptr;
  std::shared_ptr<zookeeper_inbox> inbox_;
  zookeeper_client client_;
};

struct zookeeper_loop::own_loop {
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  std::thread thread;
};

zookeeper_loop::zookeeper_loop(const zookeeper_options& options)
    : own_(options.loop != nullptr ? nullptr : std::make_unique<own_loop>()),
      poller_(std::make_shared<poller>(own_ ? own_->io : *options.loop, options)) {}

zookeeper_loop::~zookeeper_loop() {
  assert(!own_ || !own_->thread.joinable());
}

void zookeeper_loop::start() {
  poller_->wake();
  if (own_)
    own_->thread = start_quiet_thread("zk-client", [this] { own_->io.run(); });
}

zookeeper_inbox& zookeeper_loop::inbox() const noexcept {
  return *poller_->inbox();
}

std::shared_ptr<zookeeper_inbox> zookeeper_loop::shared_inbox() const noexcept {
  return poller_->inbox();
}

void zookeeper_loop::attach(executor& where, std::weak_ptr<watch_sink> sink) {
  poller_->attach(where, std::move(sink));
}

session_id zookeeper_loop::session() const noexcept {
  return poller_->client().session();
}

zookeeper_counters zookeeper_loop::counters() const {
  auto now = poller_->client().counters();
  now.queue_requests = inbox().requests();
  now.queue_bytes = inbox().bytes();
  return now;
}

void zookeeper_loop::finish() {
  assert(!poller_->io().get_executor().running_in_this_thread());
  std::promise<void> finished;
  poller_->finish(finished);
  finished.get_future().wait();
  if (!own_)
    return;
  own_->work.reset();
  own_->thread.join();
}

} // namespace mqttzoo::zk
