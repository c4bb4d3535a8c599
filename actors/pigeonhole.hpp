// Where many threads leave small things for one actor, which takes all of them at once.
//
// A message to an actor for each of them would cost more than what they say. Whoever puts the first
// one in tells the owner; bounded by what the owner may have under way. Thread-safe.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

namespace mqttzoo::actors {

template<class T>
class pigeonhole {
public:
  /// True if it was empty: the owner is to be told, and takes what is there by then.
  [[nodiscard]] bool put(T one) {
    const std::lock_guard lock{mutex_};
    things_.push_back(std::move(one));
    return things_.size() == 1;
  }

  std::vector<T> take() {
    const std::lock_guard lock{mutex_};
    return std::exchange(things_, {});
  }

private:
  std::mutex mutex_;
  std::vector<T> things_;
};

} // namespace mqttzoo::actors
