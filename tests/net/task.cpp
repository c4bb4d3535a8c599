// A task owns its callable, moves with it and runs it in place.
#define CAF_SUITE net.task

#include "net/task.hpp"

#include <caf/test/dsl.hpp>

#include <array>
#include <memory>

using mqttzoo::net::task;

CAF_TEST(a task owns what its callable owns whatever its size) {
  auto owned = std::make_shared<int>(0);
  {
    task small{[owned] { ++*owned; }};
    task large{[owned, ballast = std::array<char, 200>{}] { *owned += 10 + ballast[0]; }};
    CAF_CHECK_EQUAL(owned.use_count(), 3);
    task moved{std::move(small)};
    moved();
    large();
    CAF_CHECK_EQUAL(*owned, 11);
    large = std::move(moved);
    CAF_CHECK_EQUAL(owned.use_count(), 2);
    large();
    CAF_CHECK_EQUAL(*owned, 12);
  }
  CAF_CHECK_EQUAL(owned.use_count(), 1);
}

CAF_TEST(a callable need not be copyable) {
  int seen = 0;
  task t{[p = std::make_unique<int>(5), &seen] { seen = *p; }};
  task u{std::move(t)};
  u();
  CAF_CHECK_EQUAL(seen, 5);
}
