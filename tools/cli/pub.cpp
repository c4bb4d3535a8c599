// `mqttzoo pub`: as mosquitto_pub.
#include "mqtt/topic_name.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/session.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include <fstream>
#include <iostream>
#include <iterator>
#include <mqttzoo/client.hpp>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace mqttzoo::cli {
namespace {

namespace asio = boost::asio;

/// Publishes from this thread; the client runs in another one.
class publisher {
public:
  explicit publisher(const options& o)
      : options_(o), client_(io_.get_executor(), with_policy(o)),
        free_(static_cast<std::ptrdiff_t>(o.inflight_max)), thread_([this] { io_.run(); }) {}
  ~publisher() {
    work_.reset();
    thread_.join();
  }

  int run() {
    debug(options_, "sending CONNECT");
    if (const auto error = client_.connect(asio::use_future).get())
      return connection_failed(options_, error);
    debug(options_, "received CONNACK (0)");
    if (options_.from == source::lines)
      publish_lines();
    else
      publish_repeatedly();
    wait_for_all();
    debug(options_, "sending DISCONNECT");
    client_.disconnect(options_.at_end, asio::use_future).get();
    return lost_ ? connection_failed(options_, lost_) : 0;
  }

private:
  static client_options with_policy(const options& o) {
    auto c = o.client;
    c.reconnect = o.from == source::lines ? reconnecting::later : reconnecting::never;
    return c;
  }

  void publish_lines() {
    std::string line;
    while (std::getline(std::cin, line)) {
      publish(line);
      if (std::cin.rdbuf()->in_avail() <= 0)
        hand_over(); // the next line may be long in coming
    }
    hand_over();
  }

  void publish_repeatedly() {
    for (unsigned i = 0; i < options_.repeat; ++i) {
      if (i > 0)
        std::this_thread::sleep_for(options_.repeat_delay);
      publish(options_.payload);
      hand_over();
    }
  }

  void publish(const std::string& payload) {
    if (!free_.try_acquire()) {
      hand_over();
      free_.acquire();
    }
    batch_.push_back(payload);
    if (batch_.size() >= batch_max)
      hand_over();
  }

  /// To the other thread; many at once, because waking it takes longer than publishing.
  void hand_over() {
    if (batch_.empty())
      return;
    asio::post(io_, [this, payloads = std::exchange(batch_, {})]() mutable {
      for (auto& payload : payloads)
        send(std::move(payload));
    });
  }

  /// In the client's thread.
  void send(std::string payload) {
    message m{options_.topics.back(), std::move(payload), options_.qos};
    m.retain = options_.retain;
    m.properties = options_.publish_properties;
    if (options_.debug)
      describe(m);
    ++under_way_;
    client_.publish(std::move(m), [this](std::error_code error) { published(error); });
  }

  /// Makes room for another one, some at a time: the other thread may have to be woken for it.
  void published(std::error_code error) {
    if (error && error.category() == reason_category())
      complain(options_, "Warning: Publish failed: " + error.message() + '.');
    else if (error)
      lost_ = error;
    --under_way_;
    if (++finished_ >= options_.inflight_max / 4 || under_way_ == 0)
      free_.release(std::exchange(finished_, 0));
  }

  void describe(const message& m) {
    debug(options_, "sending PUBLISH (q" + std::to_string(static_cast<int>(m.qos)) + ", r" +
                        std::to_string(m.retain) + ", '" + m.topic + "', ... (" +
                        std::to_string(m.payload.size()) + " bytes))");
  }

  void wait_for_all() {
    for (unsigned i = 0; i < options_.inflight_max; ++i)
      free_.acquire();
  }

  static constexpr std::size_t batch_max = 64;

  const options& options_;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  client client_;
  std::counting_semaphore<> free_; ///< messages that may still be under way
  std::vector<std::string> batch_; ///< payloads that are to be handed over
  unsigned under_way_ = 0;         ///< what the client has; the other thread's, as the next two
  unsigned finished_ = 0;          ///< of those that free_ does not count yet
  std::error_code lost_;           ///< read when nothing is under way
  std::thread thread_;
};

/// What is published once; false if the file cannot be read.
bool load(options& o) {
  if (o.from == source::all_input)
    o.payload.assign(std::istreambuf_iterator<char>{std::cin}, {});
  if (o.from != source::file)
    return true;
  std::ifstream file{o.file, std::ios::binary};
  if (!file)
    return false;
  o.payload.assign(std::istreambuf_iterator<char>{file}, {});
  return true;
}

} // namespace

int pub(const std::vector<std::string>& arguments) {
  auto p = parse(program::pub, arguments);
  if (p.what == parsed::next::run &&
      mqtt::check_topic_name(p.options.topics.back(), mqtt::topic_bytes_max)) {
    p.what = parsed::next::fail;
    p.error =
        "Invalid publish topic '" + p.options.topics.back() + "', does it contain '+' or '#'?";
  }
  if (const auto status = settle(program::pub, p))
    return *status;
  std::ios::sync_with_stdio(false);
  if (!load(p.options)) {
    complain(p.options, "Error: Unable to open file \"" + p.options.file +
                            "\".\nError loading input file \"" + p.options.file + "\".");
    return 1;
  }
  return publisher{p.options}.run();
}

} // namespace mqttzoo::cli
