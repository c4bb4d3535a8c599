// Calls to make elsewhere, gathered so that each executor gets one job for all of them.
//
// On the stack of one turn of a store; not thread-safe.
#pragma once

#include "zk/executor.hpp"

#include <functional>
#include <utility>
#include <vector>

namespace mqttzoo::zk {

class outbox {
public:
  void add(executor& where, std::function<void()> call) {
    for (auto& part : parts_)
      if (part.where == &where)
        return part.calls.push_back(std::move(call));
    parts_.push_back({&where, {}});
    parts_.back().calls.push_back(std::move(call));
  }

  /// Calls to the same executor run in the order they were added.
  void deliver() {
    for (auto& part : parts_)
      part.where->post([calls = std::move(part.calls)] {
        for (const auto& call : calls)
          call();
      });
    parts_.clear();
  }

private:
  struct share {
    executor* where;
    std::vector<std::function<void()>> calls;
  };
  std::vector<share> parts_; // one an I/O unit: few enough to search
};

} // namespace mqttzoo::zk
