// How large or long what a pod wants may become in the store.
#define CAF_SUITE directory_shards
#include "tests/actors/directory_fixture.hpp"

using namespace mqttzoo;
using test::strings;

CAF_TEST_FIXTURE_SCOPE(directory_shards_tests, test::directory_fixture)

CAF_TEST(the log of a pod in a shard is compacted and means the same afterwards) {
  auto &a = add("a"), &b = add("b");
  enter_view(1, {"a", "b"});
  auto &odd = a.watch("s/1"), &even = a.watch("s/2");
  const auto shard = paths.wildcard_shard("s/#");
  std::size_t most = 0;
  b.want("s/2/#");
  for (int i = 0; i < 80; ++i) { // one write each
    i % 2 == 0 ? b.want("s/1/#") : b.unwant("s/1/#");
    settle();
    most = std::max(most, children(shard).size());
    CAF_REQUIRE_EQUAL(odd.route(), i % 2 == 0 ? "b" : "");
    CAF_REQUIRE_EQUAL(even.route(), "b");
  }
  CAF_CHECK_EQUAL(most, 32u);
  auto& late = add("c");
  enter_view(2, {"a", "b", "c"});
  auto &late_odd = late.watch("s/1"), &late_even = late.watch("s/2");
  settle();
  CAF_CHECK_EQUAL(late_odd.route(), "");
  CAF_CHECK_EQUAL(late_even.route(), "b");
}

CAF_TEST(what a shard has is written in parts that the store takes) {
  auto &a = add("a"), &b = add("b");
  enter_view(1, {"a", "b"});
  const std::string level(1000, 'x');
  for (int i = 0; i < 1200; ++i)
    b.want("s/" + level + std::to_string(i) + "/#");
  settle();
  const auto shard = paths.wildcard_shard("s/#");
  CAF_CHECK_EQUAL(children(shard).size(), 4u); // the first want alone, as nothing was under way
  for (int i = 0; i < 30; ++i) {
    i % 2 == 0 ? b.want("s/y/#") : b.unwant("s/y/#");
    settle();
  }
  CAF_CHECK_EQUAL(children(shard).size(), 4u); // the snapshot's, and one change behind it
  auto& late = add("c");
  enter_view(2, {"a", "b", "c"});
  auto &first = a.watch("s/" + level + "0/t"), &last = late.watch("s/" + level + "1199/t");
  settle();
  CAF_CHECK_EQUAL(first.route(), "b");
  CAF_CHECK_EQUAL(last.route(), "b");
}

CAF_TEST_FIXTURE_SCOPE_END()
