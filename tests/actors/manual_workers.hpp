// Workers that work when the test says so.
#pragma once

#include "net/workers.hpp"

#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace mqttzoo::test {

class manual_workers final : public net::workers {
public:
  void post(std::function<void()> job) override { jobs_.push_back(std::move(job)); }

  std::size_t waiting() const noexcept { return jobs_.size(); }
  /// Returns how many jobs it did.
  std::size_t run() {
    const auto jobs = std::exchange(jobs_, {});
    for (const auto& job : jobs)
      job();
    return jobs.size();
  }

private:
  std::vector<std::function<void()>> jobs_;
};

} // namespace mqttzoo::test
