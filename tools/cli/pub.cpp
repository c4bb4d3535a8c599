// `mqttzoo pub`: as mosquitto_pub.
#include "mqtt/topic_name.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/payloads.hpp"
#include "tools/cli/session.hpp"

#include <boost/asio/io_context.hpp>

#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <mqttzoo/client.hpp>
#include <string>
#include <utility>
#include <vector>

namespace mqttzoo::cli {
namespace {

namespace asio = boost::asio;

/// Everything happens on one thread: that of run().
class publisher {
public:
  explicit publisher(const options& o)
      : options_(o), client_(io_.get_executor(), with_policy(o)), payloads_(payloads_of(o, io_)) {}

  /// The status of the process.
  int run() {
    client_.on_state([this](connection_state state, std::error_code why) {
      if (state != connection_state::ended || !why)
        return;
      lost_ = why; // what is still to be published would wait for ever
      io_.stop();
    });
    debug(options_, "sending CONNECT");
    client_.connect([this](std::error_code error) {
      if (error) {
        lost_ = error;
        return io_.stop(); // else it would try again
      }
      debug(options_, "received CONNACK (0)");
      publish_more();
    });
    io_.run();
    return lost_ ? connection_failed(options_, lost_) : 0;
  }

private:
  static client_options with_policy(const options& o) {
    auto c = o.client;
    c.reconnect = o.from == source::lines ? reconnecting::later : reconnecting::never;
    return c;
  }

  /// As many as may be under way and are there.
  void publish_more() {
    while (!waits_ && !over_ && under_way_ < options_.inflight_max) {
      std::string payload;
      switch (payloads_->take(payload)) {
      case payloads::answer::taken:
        publish(std::move(payload));
        break;
      case payloads::answer::later:
        waits_ = true;
        payloads_->when_there([this] {
          waits_ = false;
          publish_more();
        });
        break;
      case payloads::answer::over:
        over_ = true;
        end_if_done();
        break;
      }
    }
  }

  void publish(std::string payload) {
    message m{options_.topics.back(), std::move(payload), options_.qos};
    m.retain = options_.retain;
    m.properties = options_.publish_properties;
    if (options_.debug)
      describe(m);
    ++under_way_;
    client_.publish(std::move(m), [this](std::error_code error) { published(error); });
  }

  void published(std::error_code error) {
    if (error && error.category() == reason_category())
      complain(options_, "Warning: Publish failed: " + error.message() + '.');
    else if (error)
      lost_ = error;
    --under_way_;
    if (over_)
      end_if_done();
    else if (under_way_ <= options_.inflight_max / 2) // many at once leave together
      publish_more();
  }

  void describe(const message& m) {
    debug(options_, "sending PUBLISH (q" + std::to_string(static_cast<int>(m.qos)) + ", r" +
                        std::to_string(m.retain) + ", '" + m.topic + "', ... (" +
                        std::to_string(m.payload.size()) + " bytes))");
  }

  void end_if_done() {
    if (under_way_ > 0)
      return;
    debug(options_, "sending DISCONNECT");
    client_.disconnect(options_.at_end, [](std::error_code) {});
  }

  const options& options_;
  asio::io_context io_{1};
  client client_;
  std::unique_ptr<payloads> payloads_;
  unsigned under_way_ = 0; ///< messages that the client has
  bool waits_ = false;     ///< for the next payload
  bool over_ = false;      ///< there is no next payload
  std::error_code lost_;   ///< why it cannot publish, or could not publish one of them
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
