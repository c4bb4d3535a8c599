// The timer queue against a plain model, and what clients may do from their calls.
#define CAF_SUITE net.timer_queue

#include "net/timer_queue.hpp"

#include <caf/test/dsl.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <vector>

using namespace mqttzoo::net;
using namespace std::chrono_literals;

namespace {

struct client final : timer_client {
  void on_due(time_point now) override {
    ++calls;
    if (then)
      then(now);
  }
  int calls = 0;
  std::function<void(time_point)> then;
};

struct watched_queue final : timer_queue {
  void next_changed() override { ++changes; }
  int changes = 0;
};

constexpr time_point start{1000s};

} // namespace

CAF_TEST(a random history does what a map of deadlines does) {
  std::mt19937 random{7};
  for (int round = 0; round < 50; ++round) {
    timer_queue queue;
    std::vector<client> clients(20);
    std::map<const client*, time_point> model;
    auto now = start;
    for (int step = 0; step < 300; ++step) {
      auto& c = clients[random() % clients.size()];
      switch (random() % 4) {
      case 0:
      case 1: {
        const auto when = now + std::chrono::milliseconds{random() % 50};
        queue.schedule(c, when);
        model[&c] = when;
        break;
      }
      case 2:
        queue.cancel(c);
        model.erase(&c);
        break;
      default: {
        now += std::chrono::milliseconds{random() % 20};
        std::set<const client*> due;
        for (const auto& [which, when] : model)
          if (when <= now)
            due.insert(which);
        std::vector<time_point> order;
        for (auto& each : clients) {
          each.calls = 0;
          each.then = [&, which = &each](time_point) { order.push_back(model.at(which)); };
        }
        queue.run_due(now);
        for (const auto& each : clients)
          if (each.calls != (due.count(&each) ? 1 : 0))
            CAF_FAIL("called too often or not at all in round " << round);
        if (!std::is_sorted(order.begin(), order.end()))
          CAF_FAIL("called out of order in round " << round);
        for (const auto* which : due)
          model.erase(which);
      }
      }
      auto earliest = time_point::max();
      for (const auto& [which, when] : model)
        earliest = std::min(earliest, when);
      if (queue.next() != earliest)
        CAF_FAIL("a wrong next time in round " << round);
      for (const auto& each : clients)
        if (queue.scheduled(each) != (model.count(&each) == 1))
          CAF_FAIL("a client is wrongly scheduled in round " << round);
    }
    CAF_CHECK_EQUAL(queue.next() == time_point::max(), model.empty());
  }
}

CAF_TEST(a client that schedules itself for the past is called again by the next run only) {
  timer_queue queue;
  client busy;
  client other;
  busy.then = [&](time_point now) { queue.schedule(busy, now - 1s); };
  queue.schedule(busy, start);
  queue.schedule(other, start);
  queue.run_due(start);
  CAF_CHECK_EQUAL(busy.calls, 1);
  CAF_CHECK_EQUAL(other.calls, 1);
  CAF_CHECK(queue.next() <= start + 1ms);
  queue.run_due(start + 1ms);
  CAF_CHECK_EQUAL(busy.calls, 2);
}

CAF_TEST(a client may cancel or destroy another that is due) {
  timer_queue queue;
  client first;
  client second;
  auto third = std::make_unique<client>();
  first.then = [&](time_point) {
    queue.cancel(second);
    queue.cancel(*third);
    third = nullptr;
  };
  queue.schedule(first, start);
  queue.schedule(second, start + 1ms);
  queue.schedule(*third, start + 2ms);
  queue.run_due(start + 1s);
  CAF_CHECK_EQUAL(first.calls, 1);
  CAF_CHECK_EQUAL(second.calls, 0);
  CAF_CHECK(queue.next() == time_point::max());
}

CAF_TEST(the owner hears of a new earliest time and of nothing else) {
  watched_queue queue;
  client a;
  client b;
  queue.schedule(a, start + 2s);
  CAF_CHECK_EQUAL(queue.changes, 1);
  queue.schedule(b, start + 3s);
  CAF_CHECK_EQUAL(queue.changes, 1);
  queue.schedule(b, start + 1s);
  CAF_CHECK_EQUAL(queue.changes, 2);
  queue.run_due(start + 1s);
  CAF_CHECK_EQUAL(queue.changes, 3);
}
