// Entries of a turn list come and go while it is worked off.
#define CAF_SUITE net.turn_list

#include "net/turn_list.hpp"

#include <caf/test/dsl.hpp>

#include <memory>
#include <vector>

using namespace mqttzoo::net;

namespace {

struct entry_base : turn_entry {};
struct thing : entry_base {
  explicit thing(int value) : number(value) {}
  int number;
};
using list_of_things = turn_list<thing, entry_base>;

} // namespace

CAF_TEST(entries come out in order and each once) {
  list_of_things list;
  thing a{1}, b{2};
  list.add(a);
  list.add(b);
  list.add(a);
  std::vector<int> seen;
  list.work_off([&](thing& t) { seen.push_back(t.number); });
  CAF_CHECK_EQUAL(seen, (std::vector<int>{1, 2}));
  CAF_CHECK(list.empty());
}

CAF_TEST(what is added during the work waits and what is destroyed is not visited) {
  list_of_things list;
  thing a{1};
  auto b = std::make_unique<thing>(2);
  thing c{3};
  for (auto* t : {&a, b.get(), &c})
    list.add(*t);
  std::vector<int> seen;
  list.work_off([&](thing& t) {
    seen.push_back(t.number);
    b = nullptr;
    if (seen.size() < 10)
      list.add(a);
  });
  CAF_CHECK_EQUAL(seen, (std::vector<int>{1, 3}));
  CAF_CHECK(a.linked());
  CAF_CHECK(!c.linked());
}

CAF_TEST(a list may go before its entries) {
  thing a{1};
  {
    list_of_things list;
    list.add(a);
  }
  CAF_CHECK(!a.linked());
}
