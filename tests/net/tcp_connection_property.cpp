// Random lives of a connection: whatever happens to it, both directions deliver each byte once and
// in order.
#define CAF_SUITE net.tcp_connection_property

#include "tests/net/loopback.hpp"

#include <caf/test/dsl.hpp>

#include <algorithm>
#include <random>

using namespace mqttzoo::net;
using namespace mqttzoo::net::test;

namespace {

constexpr std::size_t stream_bytes = 400'000;

class life {
public:
  explicit life(unsigned seed)
      : random_(seed), to_us_(pattern(stream_bytes, seed)), to_them_(pattern(stream_bytes, ~seed)),
        pair_(make_pair(below(2) == 0 ? 16 * 1024 : 0)) {
    adopt(std::move(pair_.ours));
    events_.consume = [this](std::string_view bytes) { return consume(bytes); };
  }

  /// False if a byte was lost, doubled or moved.
  bool run() {
    const auto give_up = std::chrono::steady_clock::now() + patience;
    while (received_.size() < stream_bytes || events_.input.size() < stream_bytes) {
      step();
      require(std::chrono::steady_clock::now() < give_up, "a connection came to a standstill");
    }
    return received_ == to_them_ && events_.input == to_us_;
  }

private:
  std::size_t below(std::size_t n) { return random_() % n; }

  /// Everything, or as much as a decoder that waits for the rest of a packet.
  std::size_t consume(std::string_view bytes) {
    if (below(20) == 0)
      pause(true);
    if (below(40) == 0) {
      connection_->detach_events();
      detached_ = true;
    }
    const bool last = events_.input.size() + bytes.size() == stream_bytes;
    return last || below(3) != 0 ? bytes.size() : below(bytes.size() + 1);
  }

  void step() {
    switch (below(8)) {
    case 0:
    case 1:
      their_turn();
      break;
    case 2:
      received_ += pair_.theirs.receive_ready();
      break;
    case 3:
    case 4:
      our_turn();
      break;
    case 5:
      pause(false);
      break;
    case 6:
      if (detached_ && below(2) == 0)
        move();
      if (std::exchange(detached_, false))
        connection_->attach_events(events_);
      break;
    default:
      at_->poll();
    }
  }

  void pause(bool on) {
    if (on)
      connection_->pause_reading();
    else
      connection_->resume_reading();
  }

  void their_turn() {
    const auto piece = std::string_view{to_us_}.substr(sent_, 1 + below(30'000));
    const auto n = ::send(pair_.theirs.fd(), piece.data(), piece.size(), MSG_DONTWAIT);
    sent_ += static_cast<std::size_t>(std::max<ssize_t>(n, 0));
  }

  void our_turn() {
    const auto piece = std::string_view{to_them_}.substr(written_, below(20'000));
    written_ += piece.size();
    if (below(2) == 0)
      connection_->send_payload(message_of(piece));
    else
      connection_->out() += piece;
    connection_->flush_later();
  }

  void move() {
    at_ = at_ == &first_ ? &second_ : &first_;
    adopt(connection_->detach_socket());
  }

  void adopt(detached_socket socket) {
    connection_ = tcp_connection::adopt(*at_, std::move(socket));
    detached_ = true;
  }

  std::mt19937 random_;
  const std::string to_us_;
  const std::string to_them_;
  mqttzoo::core::manual_clock clock_;
  loop first_{clock_};
  loop second_{clock_};
  loop* at_ = &first_;
  socket_pair pair_;
  recorder events_;
  std::shared_ptr<tcp_connection> connection_;
  std::string received_; ///< by the peer
  std::size_t sent_ = 0;
  std::size_t written_ = 0;
  bool detached_ = false;
};

} // namespace

CAF_TEST(both directions deliver each byte once and in order) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    CAF_MESSAGE("seed " << seed);
    CAF_CHECK(life{seed}.run());
  }
}
