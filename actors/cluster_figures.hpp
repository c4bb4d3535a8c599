// What each pod tells the others of itself, for `$SYS/broker/cluster/...`: sums over all pods.
//
// Values, made and added up by sys_topics; the frame is a list of numbers in the order of `names`.
// A pod that is newer may know more of them, an older one fewer: what is missing counts as none.
#pragma once

#include "actors/frame_bytes.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mqttzoo::actors {

struct cluster_figures {
  static constexpr std::array<std::string_view, 16> names{"clients/connected",
                                                          "clients/total",
                                                          "messages/received",
                                                          "messages/sent",
                                                          "publish/messages/received",
                                                          "publish/messages/sent",
                                                          "publish/messages/dropped",
                                                          "publish/messages/refused",
                                                          "publish/bytes/received",
                                                          "publish/bytes/sent",
                                                          "subscriptions/count",
                                                          "links/publishes sent",
                                                          "links/lost",
                                                          "links/connections carried",
                                                          "links/claims waiting",
                                                          "links/claims timed out"};

  std::array<std::uint64_t, names.size()> of{};

  std::string encode() const {
    std::string body;
    for (const auto n : of)
      append_u64(body, n);
    return body;
  }

  static std::optional<cluster_figures> decode(std::string_view body) {
    frame_reader in{body};
    cluster_figures f;
    for (std::size_t i = 0; !in.at_end(); ++i) {
      const auto n = in.u64();
      if (i < f.of.size())
        f.of[i] = n;
    }
    return in.complete() ? std::optional{f} : std::nullopt;
  }

  cluster_figures& operator+=(const cluster_figures& other) noexcept {
    for (std::size_t i = 0; i < of.size(); ++i)
      of[i] += other.of[i];
    return *this;
  }
};

} // namespace mqttzoo::actors
