// `mqttzoo sub`: as mosquitto_sub.
#include "mqtt/topic_filter.hpp"
#include "mqtt/topic_name.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/output.hpp"
#include "tools/cli/session.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <mqttzoo/client.hpp>
#include <random>
#include <utility>
#include <vector>

namespace mqttzoo::cli {
namespace {

namespace asio = boost::asio;
using at_end = disconnect_options::at_end;

/// Retained messages whose clearing may be under way; one beyond is told as not cleared.
constexpr std::size_t clears_max = 1'000'000;
constexpr std::size_t clears_bytes_max = 256 * 1024 * 1024;

client_options with_policy(const options& o) {
  auto c = o.client;
  c.reconnect = reconnecting::later;
  if (o.remove_retained) { // they come faster than they are cleared
    c.outbox.messages_max = clears_max;
    c.outbox.bytes_max = clears_bytes_max;
  }
  return c;
}

/// Everything happens on one thread: that of run().
class subscriber {
public:
  explicit subscriber(const options& o)
      : options_(o), client_(io_.get_executor(), with_policy(o)) {}

  int run() {
    start_timeout();
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (!error)
        interrupt(0);
    });
    client_.on_state([this](connection_state state, std::error_code why) { changed(state, why); });
    subscribe(); // before it connects: a session that is resumed brings messages at once
    debug(options_, "sending CONNECT");
    client_.connect([this](std::error_code error) {
      if (error)
        return failed(error);
      debug(options_, "received CONNACK (0)");
      start_timeout(); // what it took to connect is not to be missing
    });
    io_.run();
    std::fflush(stdout);
    return status_;
  }

private:
  void start_timeout() {
    if (!options_.timeout)
      return;
    timeout_.expires_after(*options_.timeout);
    timeout_.async_wait([this](const boost::system::error_code& error) {
      if (error || ending_ || timeout_.expiry() > std::chrono::steady_clock::now())
        return;
      if (was_connected_)
        complain(options_, "Timed out");
      interrupt(timed_out_status);
    });
  }

  void changed(connection_state state, std::error_code why) {
    was_connected_ = was_connected_ || state == connection_state::connected;
    if (state == connection_state::away)
      debug(options_, "lost its connection: " + why.message());
    if (state == connection_state::ended && why)
      failed(why);
  }

  /// The client has given up: nothing would come any more.
  void failed(std::error_code why) {
    if (std::exchange(ending_, true))
      return;
    status_ = connection_failed(options_, why);
    io_.stop();
  }

  void subscribe() {
    subscribe_options how{options_.qos, acknowledging::manual};
    how.users = options_.subscribe_users;
    if (options_.client.version == protocol::v5) {
      how.retain_as_published = options_.retain_as_published;
      if (options_.no_retained)
        how.retained = retained_first::all; // they are not printed, as those of 3.x
    }
    left_ = options_.topics.size();
    for (const auto& topic : options_.topics)
      client_.listen(
          topic, how, [this](const received& m) { has_one_filter() ? void(take(m)) : sift(m); },
          [this](std::error_code error, subscription s) { subscribed(error, std::move(s)); });
    for (const auto& filter : options_.unsubscribe)
      client_.unsubscribe(filter, unsubscribe_options{options_.unsubscribe_users},
                          [](std::error_code) {});
  }

  void subscribed(std::error_code error, subscription s) {
    if (!error) {
      debug(options_, "subscribed to " + s.filter());
      subscriptions_.push_back(std::move(s));
    }
    if (--left_ > 0 || ending_ || !was_connected_)
      return;
    if (subscriptions_.empty() && error.category() == reason_category()) {
      complain(options_, "All subscription requests were denied.");
      end(0);
    } else if (options_.exit_after_suback) {
      end(0);
    }
  }

  bool has_one_filter() const { return options_.topics.size() == 1; }

  /// A message comes to each subscription whose filter it matches, but what the server sent once is
  /// printed once. The client's count of messages tells which are one; it is asked on the client's
  /// strand, which answers as of now.
  void sift(const received& m) {
    client_.figures([this, m](const client_figures& now) {
      if (std::exchange(sifted_, now.received) != now.received)
        took_it_ = take(m);
      else if (took_it_)
        m.acknowledge();
    });
  }

  /// False if it stays with the server.
  bool take(const received& m) {
    if (leaving_)
      return false;
    const bool ends_it = options_.retained_only && !m.retain;
    if (ends_it && !is_early_echo(m)) {
      leave();
      return false;
    }
    if (!ends_it && !filtered_out(m)) {
      // An empty one tells that nothing is retained, and may be the echo of our own clearing.
      if (m.retain && options_.remove_retained && !m.payload.empty())
        clear(m.topic);
      if (!(m.retain && options_.no_retained) && !show(m)) {
        end(1);
        return false;
      }
    }
    m.acknowledge();
    if (options_.count > 0 && seen_ == options_.count)
      leave();
    return true;
  }

  /// Whether it tells of a message that we have cleared, and not of the last one: others that are
  /// retained may come behind it.
  bool is_early_echo(const received& m) {
    return m.payload.empty() && echoes_ > 0 && --echoes_ > 0;
  }

  bool filtered_out(const received& m) const {
    return std::ranges::any_of(options_.filters_out, [&](const std::string& filter) {
      return mqtt::matches(filter, m.topic);
    });
  }

  /// False if nobody reads it any more.
  bool show(const received& m) {
    ++seen_;
    if (options_.percentage < 100 &&
        std::uniform_real_distribution<>{0, 100}(random_) >= options_.percentage)
      return true;
    const auto text = print(options_, m);
    std::fputs(text.error.c_str(), stderr);
    std::fwrite(text.out.data(), 1, text.out.size(), stdout);
    return std::fflush(stdout) == 0;
  }

  void clear(const std::string& topic) {
    message empty{topic, "", qos::at_least_once};
    empty.retain = true;
    ++clearing_;
    ++echoes_;
    client_.publish(std::move(empty), [this, topic](std::error_code error) {
      --clearing_;
      if (error && !ending_) {
        echoes_ -= echoes_ > 0 ? 1 : 0;
        complain(options_, "Error: " + topic + " was not cleared: " + error.message() + '.');
        status_ = 1;
      }
      if (leaving_ && clearing_ == 0)
        end(status_);
    });
  }

  /// Takes no more, and ends as soon as everything is cleared that was to be.
  void leave() {
    leaving_ = true;
    if (clearing_ == 0)
      end(status_);
  }

  /// The user, or the clock, ends it.
  void interrupt(int status) {
    if (was_connected_)
      return end(status,
                 options_.client.version == protocol::v5 ? at_end::keep_will : at_end::drop_will);
    if (std::exchange(ending_, true))
      return;
    status_ = never_connected_status;
    io_.stop();
  }

  void end(int status, at_end will = at_end::drop_will) {
    if (std::exchange(ending_, true))
      return;
    leaving_ = true;
    status_ = status;
    debug(options_, "sending DISCONNECT");
    auto how = options_.at_end;
    how.will = will;
    // After the copies of a message, which are all to be acknowledged.
    asio::post(io_, [this, how = std::move(how)] {
      client_.disconnect(how, [this](std::error_code) { io_.stop(); });
    });
  }

  const options& options_;
  asio::io_context io_{1};
  asio::steady_timer timeout_{io_};
  asio::signal_set signals_{io_, SIGINT, SIGTERM};
  client client_;
  std::vector<subscription> subscriptions_;
  std::size_t left_ = 0;     ///< subscriptions without an answer
  std::size_t clearing_ = 0; ///< retained messages that are being cleared
  std::size_t echoes_ = 0;   ///< and that the server has not told of yet
  std::uint64_t seen_ = 0;   ///< what counts for -C
  std::uint64_t sifted_ = 0; ///< the number of the last message
  bool took_it_ = false;     ///< and whether it was taken
  bool was_connected_ = false;
  bool leaving_ = false; ///< what comes stays with the server
  bool ending_ = false;
  int status_ = 0;
  std::mt19937 random_{std::random_device{}()};
};

/// A sentence if something that was parsed cannot be used.
std::string mistake_in(const options& o) {
  for (const auto* filters : {&o.topics, &o.filters_out, &o.unsubscribe}) {
    for (const auto& filter : *filters) {
      if (!mqtt::parse_topic_filter(filter, mqtt::topic_bytes_max))
        return "Invalid subscription topic '" + filter +
               "', are all '+' and '#' wildcards correct?";
    }
  }
  return check_format(o.format.value_or(""));
}

} // namespace

int sub(const std::vector<std::string>& arguments) {
  auto p = parse(program::sub, arguments);
  if (p.what == parsed::next::run) {
    p.error = mistake_in(p.options);
    p.what = p.error.empty() ? parsed::next::run : parsed::next::fail;
  }
  if (const auto status = settle(program::sub, p))
    return *status;
  return subscriber{p.options}.run();
}

} // namespace mqttzoo::cli
