// What an engine answers at once is bounded by what the peer takes.
#define CAF_SUITE net.layered_answers

#include "net/layered_connection.hpp"
#include "tests/net/loopback.hpp"

#include <caf/test/dsl.hpp>

#include <algorithm>

using namespace mqttzoo;
using namespace mqttzoo::net;
using namespace mqttzoo::net::test;

namespace {

constexpr std::size_t answer_bytes = 1024;

/// Answers whatever comes, as TLS 1.2 does a ClientHello after the first.
class answering_engine final : public stream_engine {
public:
  progress shake_hands(std::string_view&, std::string&) override { return progress::established; }
  reading read(std::string_view, std::string&, std::string& out) override {
    out.append(answer_bytes, 'a');
    return reading::goes_on;
  }
  bool write(std::string_view, std::string&) override { return true; }
  void end(std::string&) override {}
  bool proves(std::string_view) const override { return false; }
  const std::string& failure() const noexcept override { return failure_; }

private:
  std::string failure_;
};

/// Writes when the test says so.
class held_connection final : public connection {
public:
  void attach_events(connection_events& events) override { events_ = &events; }
  void detach_events() override { events_ = nullptr; }
  std::string& out() override { return held; }
  void send_payload(mqtt::message_ref) override {}
  void flush_later() override {}
  std::size_t outbox_bytes() const noexcept override { return held.size(); }
  void pause_reading() override {}
  void resume_reading() override {}
  void close() override { closed = true; }
  void abort() override { closed = true; }
  detached_socket detach_socket() override { return {}; }
  std::string peer() const override { return "peer"; }

  /// Like a socket: to nobody once it was closed.
  void receive(std::string_view bytes) {
    if (events_)
      events_->on_input(bytes);
  }

  std::string held;
  bool closed = false;

private:
  connection_events* events_ = nullptr;
};

struct fixture {
  fixture() { open->attach_events(at_open); }

  core::manual_clock clock;
  loop io{clock};
  std::shared_ptr<connection_limits> limits = std::make_shared<connection_limits>();
  std::shared_ptr<held_connection> below = std::make_shared<held_connection>();
  recorder at_open;
  std::shared_ptr<layered_connection> open =
      layered_connection::start(io, below, std::make_unique<answering_engine>(), limits);
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(layered_answers_tests, fixture)

CAF_TEST(who asks and takes no answer is closed while little waits) {
  for (int i = 0; i < 10'000; ++i)
    below->receive("x");
  settle(io);
  CAF_CHECK(below->closed);
  CAF_CHECK(at_open.closed == close_cause::io_error);
  CAF_CHECK_EQUAL(open->failure(), "the peer asks and takes no answer");
  CAF_CHECK_LESS(below->held.size(), limits->outbox_bytes_max / 2 + 2 * answer_bytes);
}

CAF_TEST(who takes the answers may ask for ever) {
  for (int i = 0; i < 10'000; ++i) {
    below->receive("x");
    below->held.clear();
  }
  settle(io);
  CAF_CHECK(!below->closed);
  CAF_CHECK(!at_open.closed);
}

CAF_TEST_FIXTURE_SCOPE_END()
