// `mqttzoo pub`: as mosquitto_pub.
#include "mqtt/topic_name.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/payloads.hpp"
#include "tools/cli/session.hpp"

#include <boost/asio/io_context.hpp>

#include <array>
#include <fstream>
#include <iostream>
#include <memory>
#include <mqttzoo/client.hpp>
#include <string>
#include <utility>
#include <vector>

namespace mqttzoo::cli {
namespace {

namespace asio = boost::asio;

/// What the largest packet can carry at most.
constexpr std::size_t payload_bytes_max = 268'435'455;

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

/// A sentence if it cannot be read to its end, or no packet is large enough for it.
std::string read_all(std::istream& from, std::string& into) {
  std::array<char, 64 * 1024> piece{};
  while (into.size() <= payload_bytes_max) {
    from.read(piece.data(), piece.size()); // which, unlike an iterator, does not throw
    if (from.gcount() == 0)
      return from.bad() ? "Unable to read" : "";
    into.append(piece.data(), static_cast<std::size_t>(from.gcount()));
  }
  return "Too much for one message in";
}

/// What is published once; a sentence if it cannot be had.
std::string load(options& o) {
  const bool is_file = o.from == source::file;
  if (!is_file && o.from != source::all_input)
    return {};
  const auto name = is_file ? "file \"" + o.file + '"' : "the standard input";
  std::ifstream file;
  if (is_file)
    file.open(o.file, std::ios::binary);
  const auto wrong = file ? read_all(is_file ? file : std::cin, o.payload) : "Unable to open";
  return wrong.empty() ? "" : "Error: " + wrong + ' ' + name + '.';
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
  if (const auto wrong = load(p.options); !wrong.empty()) {
    complain(p.options, wrong);
    return 1;
  }
  return publisher{p.options}.run();
}

} // namespace mqttzoo::cli
