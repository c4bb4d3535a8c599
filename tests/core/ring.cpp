// The queue of sessions: order, removal in the middle, memory given back; and against std::deque.
#define CAF_SUITE ring
#include "core/ring.hpp"

#include <caf/test/dsl.hpp>

#include <deque>
#include <memory>
#include <random>

using namespace mqttzoo;

namespace {

/// Counts how many values a ring holds on to.
class tracked {
public:
  tracked() = default;
  tracked(int value, int& alive) : value_(value), alive_(&alive) { ++alive; }
  tracked(tracked&& other) noexcept
      : value_(other.value_), alive_(std::exchange(other.alive_, nullptr)) {}
  tracked& operator=(tracked&& other) noexcept {
    std::swap(value_, other.value_);
    std::swap(alive_, other.alive_);
    return *this;
  }
  ~tracked() {
    if (alive_)
      --*alive_;
  }
  int value() const noexcept { return value_; }

private:
  int value_ = 0;
  int* alive_ = nullptr;
};

} // namespace

CAF_TEST(first in is first out) {
  ring<int> r;
  CAF_CHECK(r.empty());
  for (int i = 0; i < 100; ++i)
    CAF_CHECK_EQUAL(r.push_back(i), i);
  CAF_CHECK_EQUAL(r.size(), 100u);
  CAF_CHECK_EQUAL(r.front(), 0);
  CAF_CHECK_EQUAL(r.back(), 99);
  for (int i = 0; i < 100; ++i)
    CAF_CHECK_EQUAL(r.pop_front(), i);
  CAF_CHECK(r.empty());
}

CAF_TEST(an empty ring is small) {
  static_assert(sizeof(ring<int>) <= 24);
}

CAF_TEST(it holds values that can only be moved) {
  ring<std::unique_ptr<int>> r;
  for (int i = 0; i < 10; ++i)
    r.push_back(std::make_unique<int>(i));
  r.erase(7);
  r.erase(2);
  CAF_CHECK_EQUAL(*r[2], 3);
  CAF_CHECK_EQUAL(*r.back(), 9);
  const auto front = r.pop_front();
  CAF_CHECK_EQUAL(*front, 0);
}

CAF_TEST(memory for many goes with the last of them) {
  struct slot {
    slot() { ++count(); }
    slot(const slot&) { ++count(); }
    slot& operator=(const slot&) = default;
    ~slot() { --count(); }
    static int& count() {
      static int slots = 0;
      return slots;
    }
  };
  for (const bool from_the_back : {false, true}) {
    ring<slot> r;
    for (int i = 0; i < 40; ++i)
      r.push_back({});
    while (!r.empty())
      r.erase(from_the_back ? r.size() - 1 : 0);
    CAF_CHECK_EQUAL(slot::count(), 0);
    r.push_back({});
    r.erase(0);
    CAF_CHECK(slot::count() > 0); // a few are kept: most queues hold one message after the other
  }
}

CAF_TEST(a removed value is gone at once) {
  int alive = 0;
  ring<tracked> r;
  for (int i = 0; i < 40; ++i)
    r.push_back({i, alive});
  CAF_CHECK_EQUAL(alive, 40);
  r.erase(39);
  r.erase(20);
  r.erase(0);
  CAF_CHECK_EQUAL(alive, 37);
  r.pop_front();
  CAF_CHECK_EQUAL(alive, 36);
  r.clear();
  CAF_CHECK_EQUAL(alive, 0);
}

CAF_TEST(any operation on any place does what a deque does) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    std::mt19937_64 random{seed};
    int alive = 0;
    ring<tracked> r;
    std::deque<int> model;
    for (int step = 0; step < 2000; ++step) {
      // Growing and shrinking by turns, so that the ring also runs empty and grows again.
      const bool grow = random() % 100 < (step / 200 % 2 == 0 ? 70U : 30U);
      if (model.empty() || grow) {
        r.push_back({step, alive});
        model.push_back(step);
      } else if (random() % 2 == 0) {
        if (r.pop_front().value() != model.front())
          CAF_FAIL("seed " << seed << ", step " << step << ": another value in front");
        model.pop_front();
      } else {
        const auto i = random() % model.size();
        r.erase(i);
        model.erase(model.begin() + static_cast<std::ptrdiff_t>(i));
      }
      bool same = r.size() == model.size() && r.empty() == model.empty() &&
                  alive == static_cast<int>(model.size());
      for (std::size_t i = 0; same && i < model.size(); ++i)
        same = r[i].value() == model[i];
      if (!same)
        CAF_FAIL("seed " << seed << ", step " << step << ": not what a deque holds");
    }
    CAF_CHECK_EQUAL(alive, static_cast<int>(model.size()));
  }
}
