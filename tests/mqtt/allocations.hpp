// Counts the allocations of the test program, whose operator new allocations.cpp replaces.
#pragma once

#include <cstddef>
#include <utility>

namespace mqttzoo::mqtt::testing {

/// Calls of operator new by this thread so far.
std::size_t allocations() noexcept;

/// How many of them `work` makes.
template<class Work>
std::size_t count_allocations(Work&& work) {
  const auto before = allocations();
  std::forward<Work>(work)();
  return allocations() - before;
}

} // namespace mqttzoo::mqtt::testing
