// What a 3.x client published and has no promise for: it is tried again, or was refused.
//
// 3.x has no word for "no". So such a publish is not acknowledged, the next one is not taken, and
// when the client has waited long enough it is disconnected, to publish again later. Part of the
// session, on its thread; bounded by what a client may have unacknowledged.
#pragma once

#include "mqtt/message.hpp"
#include "mqtt/publish_id.hpp"
#include "mqtt/settlement.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace mqttzoo::mqtt {

class patience {
public:
  enum class fate : std::uint8_t {
    delayed, ///< an end will come
    refused, ///< it has come
  };

  /// False if it waited already.
  bool add(publish_id of, fate is, const settlement& why, time_point now) {
    const auto found = find(of);
    if (found != waiting_.end()) {
      found->is = is;
      return false;
    }
    waiting_.push_back({of, is, why, now});
    return true;
  }

  /// The promise was made after all, or it was refused while the client was away: then the
  /// identifier is free, and what is published again with it is judged anew.
  void remove(publish_id of) {
    if (const auto found = find(of); found != waiting_.end())
      waiting_.erase(found);
  }

  /// The client publishes again what is of QoS 1; the identifiers of QoS 2 outlast connections.
  void disconnected() {
    std::erase_if(waiting_, [](const entry& e) {
      return e.of.qos == qos::at_least_once || e.is == fate::refused;
    });
  }
  void connected(time_point now) {
    for (auto& e : waiting_)
      e.since = now;
  }

  void clear() noexcept { waiting_.clear(); }
  bool empty() const noexcept { return waiting_.empty(); }
  std::size_t size() const noexcept { return waiting_.size(); }
  /// When the first of them began to wait, and why. Not if empty.
  time_point since() const noexcept { return waiting_.front().since; }
  const settlement& why() const noexcept { return waiting_.front().why; }

private:
  struct entry {
    publish_id of;
    fate is = fate::delayed;
    settlement why;
    time_point since;
  };

  std::vector<entry>::iterator find(publish_id of) {
    return std::find_if(waiting_.begin(), waiting_.end(),
                        [&](const entry& e) { return e.of == of; });
  }

  std::vector<entry> waiting_; ///< oldest first
};

} // namespace mqttzoo::mqtt
