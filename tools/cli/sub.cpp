// `mqttzoo sub`: as mosquitto_sub.
#include "mqtt/topic_filter.hpp"
#include "mqtt/topic_name.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/output.hpp"
#include "tools/cli/session.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <csignal>
#include <cstdio>
#include <mqttzoo/client.hpp>
#include <random>

namespace mqttzoo::cli {
namespace {

namespace asio = boost::asio;

/// Everything happens on one thread: that of run().
class subscriber {
public:
  explicit subscriber(const options& o)
      : options_(o), client_(io_.get_executor(), with_policy(o)) {}

  int run() {
    if (options_.timeout) {
      timeout_.expires_after(*options_.timeout);
      timeout_.async_wait([this](const boost::system::error_code& error) {
        if (error || ending_)
          return;
        complain(options_, "Timed out");
        end(timed_out_status);
      });
    }
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (!error)
        end(0);
    });
    client_.on_state([this](connection_state state, std::error_code why) {
      if (state == connection_state::away)
        debug(options_, "lost its connection: " + why.message());
    });
    subscribe(); // before it connects: a session that is resumed brings messages at once
    debug(options_, "sending CONNECT");
    client_.connect([this](std::error_code error) {
      if (error && !ending_) {
        status_ = connection_failed(options_, error);
        io_.stop();
      } else {
        debug(options_, "received CONNACK (0)");
      }
    });
    io_.run();
    std::fflush(stdout);
    return status_;
  }

private:
  static client_options with_policy(const options& o) {
    auto c = o.client;
    c.reconnect = reconnecting::later;
    return c;
  }

  void subscribe() {
    subscribe_options how{options_.qos, acknowledging::manual};
    how.users = options_.subscribe_users;
    if (options_.client.version == protocol::v5 && options_.no_retained)
      how.retained = retained_first::all; // they are not printed, as those of 3.x
    left_ = options_.topics.size();
    for (const auto& topic : options_.topics)
      client_.listen(
          topic, how, [this](const received& m) { take(m); },
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
    if (--left_ > 0 || ending_)
      return;
    if (subscriptions_.empty() && error.category() == reason_category()) {
      complain(options_, "All subscription requests were denied.");
      end(0);
    } else if (options_.exit_after_suback) {
      end(0);
    }
  }

  bool wanted(const received& m) {
    if (m.retain && options_.no_retained)
      return false;
    for (const auto& filter : options_.filters_out) {
      if (mqtt::matches(filter, m.topic))
        return false;
    }
    return options_.percentage >= 100 ||
           std::uniform_real_distribution<>{0, 100}(random_) < options_.percentage;
  }

  void take(const received& m) {
    if (ending_)
      return; // what is not acknowledged stays with the server
    if (m.retain && options_.remove_retained) {
      message empty{m.topic, "", qos::at_least_once};
      empty.retain = true;
      client_.publish(std::move(empty), [](std::error_code) {});
    }
    if (options_.retained_only && !m.retain)
      return end(0);
    if (wanted(m)) {
      const auto text = print(options_, m);
      std::fputs(text.error.c_str(), stderr);
      std::fwrite(text.out.data(), 1, text.out.size(), stdout);
      if (std::fflush(stdout) != 0)
        return end(1);
      ++printed_;
    }
    m.acknowledge();
    if (options_.count > 0 && printed_ == options_.count)
      end(0);
  }

  void end(int status) {
    if (std::exchange(ending_, true))
      return;
    status_ = status;
    debug(options_, "sending DISCONNECT");
    client_.disconnect(options_.at_end, [this](std::error_code) { io_.stop(); });
  }

  const options& options_;
  asio::io_context io_{1};
  asio::steady_timer timeout_{io_};
  asio::signal_set signals_{io_, SIGINT, SIGTERM};
  client client_;
  std::vector<subscription> subscriptions_;
  std::size_t left_ = 0; ///< subscriptions without an answer
  std::uint64_t printed_ = 0;
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
  return check_format(o.format);
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
