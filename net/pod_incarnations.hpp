// The greatest incarnation of each pod that this one has heard of, from its links or from whoever
// watches the cluster's members.
//
// One a pod, for the life of the process; the links of all loops ask and tell it. Thread-safe.
// Bounded: beyond `pods_max` names nothing is added, and such a pod is not fenced against its own
// past.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace mqttzoo::net {

class pod_incarnations {
public:
  static constexpr std::size_t pods_max = 4096;

  /// A lesser incarnation than the known one changes nothing.
  void learn(std::string_view pod, std::uint64_t incarnation) {
    const std::lock_guard lock{mutex_};
    if (const auto found = greatest_.find(pod); found != greatest_.end())
      found->second = std::max(found->second, incarnation);
    else if (greatest_.size() < pods_max)
      greatest_.emplace(pod, incarnation);
  }

  /// 0 if the pod is unknown.
  std::uint64_t greatest_of(std::string_view pod) const {
    const std::lock_guard lock{mutex_};
    const auto found = greatest_.find(pod);
    return found == greatest_.end() ? 0 : found->second;
  }

private:
  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t, std::less<>> greatest_;
};

} // namespace mqttzoo::net
