// `mqttzoo pub`: as mosquitto_pub.
#include "mqtt/topic_name.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/session.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <fstream>
#include <iostream>
#include <iterator>
#include <mqttzoo/client.hpp>
#include <semaphore>
#include <thread>

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
    client_.disconnect(asio::use_future).get();
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
    while (std::getline(std::cin, line))
      publish(line);
  }

  void publish_repeatedly() {
    for (unsigned i = 0; i < options_.repeat; ++i) {
      if (i > 0)
        std::this_thread::sleep_for(options_.repeat_delay);
      publish(options_.payload);
    }
  }

  void publish(const std::string& payload) {
    free_.acquire();
    message m{options_.topics.back(), payload, options_.qos};
    m.retain = options_.retain;
    m.properties = options_.publish_properties;
    if (options_.debug)
      describe(m);
    client_.publish(std::move(m), [this](std::error_code error) {
      if (error && error.category() == reason_category())
        complain(options_, "Warning: Publish failed: " + error.message() + '.');
      else if (error)
        lost_ = error;
      free_.release();
    });
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

  const options& options_;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  client client_;
  std::counting_semaphore<> free_; ///< messages that may still be under way
  std::error_code lost_;           ///< written by the other thread, read when nothing is under way
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
