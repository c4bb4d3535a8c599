// The other pod, as a peer or a membership under test sees it: what it hears and says through links
// that come and go when the test says so.
//
// Lives for one test, on its thread; must outlive the peer that it is linked with.
#pragma once

#include "actors/messages.hpp"
#include "net/link_channel.hpp"
#include "tests/net/memory_link.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mqttzoo::test {

class far_side final : private net::channel_events {
public:
  far_side(net::timer_queue& timers, const core::clock& clock, net::link_peer self)
      : self_(std::move(self)), channel_(timers, clock, *this) {}

  /// This end of a new link; the other one is for the pod under test.
  net::pod_link_ptr link() {
    auto [there, here] = net::test::make_memory_links(wire, {"self", 1}, self_);
    channel_.open(here);
    return there;
  }
  bool linked() const noexcept { return channel_.is_open(); }

  void say(net::link_kind kind, std::string body) { channel_.send(kind, std::move(body)); }
  void say(actors::pod_frame f) { channel_.send(f.kind, std::move(f.body), std::move(f.payload)); }

  /// Bodies of the frames of that kind since the last call.
  std::vector<std::string> take(net::link_kind kind) {
    std::vector<std::string> bodies;
    std::erase_if(heard, [&](auto& f) {
      if (f.first != kind)
        return false;
      bodies.push_back(std::move(f.second));
      return true;
    });
    return bodies;
  }

  std::vector<std::pair<net::link_kind, std::string>> heard;
  int lost = 0; ///< links
  net::test::memory_wire wire;

private:
  void on_frame(net::link_kind kind, std::string_view body) override {
    heard.emplace_back(kind, body);
  }
  void on_confirmed() override {}
  void on_link_lost(const net::link_end&) override { ++lost; }

  const net::link_peer self_;
  net::link_channel channel_;
};

} // namespace mqttzoo::test
