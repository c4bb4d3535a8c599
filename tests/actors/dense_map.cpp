// A dense map: what it holds, and that it does not look through all of it.
#define CAF_SUITE dense_map
#include "actors/dense_map.hpp"

#include "core/ids.hpp"

#include <caf/test/dsl.hpp>

#include <map>
#include <random>

using namespace mqttzoo;

namespace {

struct thing {
  session_number number{};
  int value = 0;
};

std::size_t keys_read = 0;

struct number_of {
  session_number operator()(const thing& t) const {
    ++keys_read;
    return t.number;
  }
};

using things = actors::dense_map<thing, number_of>;

session_number nth(std::uint64_t n) {
  return session_number{n + 1};
}

} // namespace

CAF_TEST(it holds what was added and not removed) {
  std::mt19937_64 random{1};
  for (const std::uint64_t numbers : {4, 40, 4000}) { // without an index, now and then, with one
    things map;
    std::map<session_number, int> model;
    for (int i = 0; i < 20'000; ++i) {
      const auto key = nth(random() % numbers);
      if (auto* have = map.find(key)) {
        CAF_REQUIRE_EQUAL(have->value, model.at(key));
        if (random() % 2 == 0)
          CAF_REQUIRE_EQUAL(map.erase(key), model.erase(key) > 0);
        else
          have->value = model[key] = i;
      } else {
        CAF_REQUIRE(!model.contains(key) && !map.erase(key));
        map.push_back({key, i});
        model[key] = i;
      }
      CAF_REQUIRE_EQUAL(map.size(), model.size());
    }
    for (const auto& t : map)
      CAF_CHECK_EQUAL(t.value, model.at(t.number));
    while (!map.empty())
      map.erase_at(random() % map.size());
    CAF_CHECK(!map.find(nth(0)));
  }
}

CAF_TEST(the last one takes the place of one that goes) {
  things map;
  for (int i = 0; i < 100; ++i)
    map.push_back({nth(static_cast<std::uint64_t>(i)), i});
  map.erase_at(7);
  CAF_CHECK_EQUAL(map[7].value, 99);
  CAF_CHECK_EQUAL(map.position(nth(99)), 7u);
  map.erase_at(98); // the last one itself
  CAF_CHECK_EQUAL(map.position(nth(98)), map.none);
}

CAF_TEST(nothing it does looks at all it has) {
  constexpr std::uint64_t many = 100'000;
  things map;
  keys_read = 0;
  for (std::uint64_t i = 0; i < many; ++i)
    map.push_back({nth(i), 0});
  for (std::uint64_t i = 0; i < many; ++i)
    CAF_REQUIRE(map.find(nth(i)));
  for (std::uint64_t i = 0; i < many; ++i)
    CAF_REQUIRE(map.erase(nth(i)));
  CAF_CHECK_LESS(keys_read, 40 * many);
}
