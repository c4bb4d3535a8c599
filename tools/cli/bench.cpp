// `mqttzoo bench`: many clients in one thread, what they see, and whether promises were kept.
#include "tools/cli/bench_options.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/histogram.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <cstring>
#include <deque>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <mqttzoo/client.hpp>
#include <sys/resource.h>
#include <unistd.h>

namespace mqttzoo::cli {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

/// What stands at the front of each payload.
struct stamp {
  std::uint64_t publisher = 0, number = 0;
  std::int64_t due_ns = 0;
};

std::int64_t now_ns() {
  return std::chrono::nanoseconds{clock::now().time_since_epoch()}.count();
}

/// The messages of one publisher as one subscriber sees them.
struct sequence {
  std::uint64_t next = 0, gaps = 0, late = 0;

  void see(std::uint64_t number) {
    if (number < next) {
      ++late;
      return;
    }
    gaps += number - next;
    next = number + 1;
  }
};

struct publisher {
  client* by = nullptr;
  std::string topic;
  std::uint64_t sent = 0;
};

struct subscriber {
  subscription held;
  std::map<std::uint64_t, sequence> seen; ///< by publisher
};

/// Everything of one run; one thread.
class bench {
public:
  explicit bench(bench_options o) : o_(std::move(o)) {}

  int run() {
    connect_some();
    io_.run();
    report();
    return broken() ? 1 : 0;
  }

private:
  bool is_flow() const { return o_.kind == bench_kind::flow; }
  std::size_t subscribers() const {
    return !is_flow() ? 0 : o_.shape == pattern::fan_in ? 1 : o_.clients;
  }
  std::size_t publishers() const {
    return !is_flow() ? 0 : o_.shape == pattern::fan_out ? 1 : o_.clients;
  }
  std::size_t connections() const { return is_flow() ? subscribers() + publishers() : o_.clients; }

  /// As many as are due; the rest a little later.
  void connect_some() {
    const auto elapsed = std::chrono::duration<double>{clock::now() - began_}.count();
    const auto due = std::min<double>(static_cast<double>(connections()),
                                      1 + elapsed * static_cast<double>(o_.connect_rate));
    while (clients_.size() < static_cast<std::size_t>(due))
      connect_one();
    if (clients_.size() == connections())
      return;
    timer_.expires_after(std::chrono::milliseconds{1});
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error)
        connect_some();
    });
  }

  void connect_one() {
    auto options = o_.client;
    options.reconnect = reconnecting::never;
    options.outbox.waiting_max = options.outbox.messages_max;
    options.client_id =
        "bench-" + std::to_string(::getpid()) + '-' + std::to_string(clients_.size());
    if (!o_.sources.empty())
      options.local_address = o_.sources[clients_.size() % o_.sources.size()];
    const auto index = clients_.size();
    clients_.emplace_back(io_.get_executor(), std::move(options));
    const auto since = now_ns();
    clients_.back().on_state([this](connection_state state, std::error_code) {
      lost_ += state != connection_state::connected && !ending_ ? 1 : 0;
    });
    clients_.back().connect([this, index, since](std::error_code error) {
      if (error) {
        ++refused_;
        first_error_ = first_error_ ? first_error_ : error;
      } else {
        connect_us_.add(static_cast<std::uint64_t>(now_ns() - since) / 1000);
      }
      if (!error && index < subscribers())
        subscribe(index);
      else
        one_ready();
    });
  }

  std::string topic_of(std::size_t index) const {
    const auto base = "bench/" + std::to_string(::getpid()) + '/';
    return o_.shape == pattern::pairs ? base + std::to_string(index) : base + "all";
  }

  void subscribe(std::size_t index) {
    subscribers_.emplace_back();
    auto* s = &subscribers_.back();
    clients_[index].listen(
        topic_of(index), o_.qos, [this, s](const received& m) { take(*s, m); },
        [this, s](std::error_code error, subscription made) {
          refused_ += error ? 1 : 0;
          s->held = std::move(made);
          one_ready();
        });
  }

  void one_ready() {
    if (++ready_ < connections())
      return;
    for (std::size_t i = 0; i < publishers(); ++i)
      publishers_.push_back({&clients_[subscribers() + i], topic_of(i)});
    publishing_ns_ = now_ns();
    timer_.expires_after(o_.duration);
    timer_.async_wait([this](const boost::system::error_code&) { drain(); });
    if (publishers_.empty())
      return;
    if (o_.rate > 0)
      publish_due();
    else
      for (auto& p : publishers_)
        for (std::size_t i = 0; i < o_.inflight; ++i)
          publish(p, now_ns());
  }

  /// What is due by now, each publisher in turn.
  void publish_due() {
    const auto step = 1e9 / static_cast<double>(o_.rate);
    for (;;) {
      const auto due =
          publishing_ns_ + static_cast<std::int64_t>(step * static_cast<double>(sent_));
      if (stopping_ || due > now_ns())
        break;
      publish(publishers_[sent_ % publishers_.size()], due);
    }
    if (stopping_)
      return;
    pace_.expires_after(std::chrono::microseconds{500});
    pace_.async_wait([this](const boost::system::error_code& error) {
      if (!error)
        publish_due();
    });
  }

  void publish(publisher& p, std::int64_t due_ns) {
    message m{p.topic, std::string(o_.size, 'x'), o_.qos};
    const stamp s{static_cast<std::uint64_t>(&p - publishers_.data()), p.sent++, due_ns};
    std::memcpy(m.payload.data(), &s, sizeof s);
    ++sent_;
    p.by->publish(std::move(m), [this, &p, due_ns](std::error_code error) {
      if (error) {
        ++failed_;
        first_error_ = first_error_ ? first_error_ : error;
      } else {
        ++promised_;
        promise_us_.add(static_cast<std::uint64_t>(now_ns() - due_ns) / 1000);
      }
      if (o_.rate == 0 && !stopping_ && !error)
        publish(p, now_ns());
    });
  }

  void take(subscriber& s, const received& m) {
    stamp got;
    if (m.payload.size() < sizeof got)
      return;
    std::memcpy(&got, m.payload.data(), sizeof got);
    ++received_;
    s.seen[got.publisher].see(got.number);
    receive_us_.add(static_cast<std::uint64_t>(std::max<std::int64_t>(now_ns() - got.due_ns, 0)) /
                    1000);
  }

  std::uint64_t wanted() const { return o_.shape == pattern::fan_out ? sent_ * o_.clients : sent_; }

  /// Nothing is published any more; what is under way has a little time.
  void drain() {
    if (!std::exchange(stopping_, true)) {
      ended_ns_ = now_ns();
      pace_.cancel();
    }
    const bool complete = promised_ + failed_ == sent_ && received_ >= wanted();
    if (is_flow() && !complete && ++drained_ < drain_steps_max) {
      timer_.expires_after(std::chrono::milliseconds{10});
      timer_.async_wait([this](const boost::system::error_code&) { drain(); });
      return;
    }
    ending_ = true;
    for (auto& c : clients_)
      c.disconnect([](std::error_code) {});
  }

  std::uint64_t missing() const { return received_ >= wanted() ? 0 : wanted() - received_; }
  std::uint64_t late() const {
    std::uint64_t sum = 0;
    for (const auto& s : subscribers_)
      for (const auto& [who, seen] : s.seen)
        sum += seen.late;
    return sum;
  }
  bool broken() const {
    if (refused_ > 0 || lost_ > 0 || failed_ > 0)
      return true;
    return o_.qos != qos::at_most_once &&
           (missing() > 0 || promised_ < sent_ || (o_.qos == qos::exactly_once && late() > 0));
  }

  static std::string to_json(const histogram& h) {
    const auto value = [&](double part) { return std::to_string(h.quantile(part)); };
    return "{\"count\":" + std::to_string(h.count()) + ",\"p50\":" + value(0.5) +
           ",\"p90\":" + value(0.9) + ",\"p99\":" + value(0.99) + ",\"p999\":" + value(0.999) +
           ",\"max\":" + std::to_string(h.max()) + '}';
  }

  void report() const {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto cpu_ms = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 +
                        (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
    const auto seconds = static_cast<double>(ended_ns_ - publishing_ns_) / 1e9;
    std::cout << "{\"connections\":" << connect_us_.count() << ",\"refused\":" << refused_
              << ",\"lost_connections\":" << lost_ << ",\"sent\":" << sent_
              << ",\"promised\":" << promised_ << ",\"failed\":" << failed_
              << ",\"received\":" << received_ << ",\"missing\":" << missing()
              << ",\"repeated_or_late\":" << late() << ",\"sent_per_second\":"
              << static_cast<std::uint64_t>(static_cast<double>(sent_) / std::max(seconds, 1e-9))
              << ",\"cpu_ms\":" << cpu_ms << ",\"memory_kib\":" << used.ru_maxrss
              << ",\"connect_us\":" << to_json(connect_us_)
              << ",\"promise_us\":" << to_json(promise_us_)
              << ",\"receive_us\":" << to_json(receive_us_) << "}\n";
    if (first_error_)
      std::cerr << "first error: " << first_error_.message() << '\n';
  }

  static constexpr int drain_steps_max = 500; ///< of 10 ms

  bench_options o_;
  asio::io_context io_{1};
  asio::steady_timer timer_{io_}, pace_{io_};
  clock::time_point began_ = clock::now();
  std::deque<client> clients_; ///< subscribers first
  std::deque<subscriber> subscribers_;
  std::vector<publisher> publishers_;
  std::size_t ready_ = 0;
  std::uint64_t refused_ = 0, lost_ = 0, sent_ = 0, promised_ = 0, failed_ = 0, received_ = 0;
  std::int64_t publishing_ns_ = 0, ended_ns_ = 0;
  int drained_ = 0;
  bool stopping_ = false, ending_ = false;
  std::error_code first_error_;
  histogram connect_us_, promise_us_, receive_us_;
};

/// As many files as the system lets us open.
void raise_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

} // namespace

int run_bench(const std::vector<std::string>& arguments) {
  if (!arguments.empty() && arguments.back() == "--help") {
    std::cout << bench_help();
    return 0;
  }
  bench_options o;
  if (const auto wrong = parse_bench(arguments, o); !wrong.empty()) {
    std::cerr << "Error: " << wrong << "\n\nUse 'mqttzoo bench --help' to see usage.\n";
    return 2;
  }
  raise_descriptors();
  return bench{std::move(o)}.run();
}

} // namespace mqttzoo::cli
