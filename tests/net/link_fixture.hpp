// Two pods in one process that may link with each other.
#pragma once

#include "net/framed_link.hpp"
#include "net/link_dialer.hpp"
#include "net/link_listener.hpp"
#include "tests/net/loopback.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mqttzoo::net::test {

/// The user of a link: notes every event.
struct link_user final : link_events {
  void take(std::shared_ptr<pod_link> opened) {
    link = std::move(opened);
    ++opens;
    link->attach_events(*this);
  }

  void on_frame(link_kind kind, std::string_view body) override {
    kinds.push_back(kind);
    bodies.emplace_back(body);
    if (when_frame)
      when_frame();
  }
  void on_drained() override { ++drained; }
  void on_closed(const link_end& end) override {
    ended = end;
    link = nullptr;
  }

  std::shared_ptr<pod_link> link;
  std::function<void()> when_frame;
  std::vector<link_kind> kinds;
  std::vector<std::string> bodies;
  std::optional<link_end> ended;
  int opens = 0;
  int drained = 0;
};

inline std::shared_ptr<link_config> config_of(std::string pod, std::uint64_t incarnation,
                                              const link_limits& limits = {}) {
  auto config = std::make_shared<link_config>();
  config->own = {"zoo", std::move(pod), incarnation};
  config->limits = limits;
  config->known = std::make_shared<pod_incarnations>();
  config->stream_limits = std::make_shared<connection_limits>(stream_limits_of(limits));
  return config;
}

inline constexpr link_kind note{20};

} // namespace mqttzoo::net::test
