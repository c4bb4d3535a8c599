// What is said of sessions that move, as it is written and read; and which pod is whose home then.
#define CAF_SUITE move_frames
#include "actors/move_frames.hpp"

#include "actors/cluster_view.hpp"

#include <caf/test/dsl.hpp>

#include <set>

using namespace mqttzoo;
using namespace actors;

CAF_TEST(a marker is read as it was written) {
  for (const auto why : {move_purpose::drain, move_purpose::rebalance}) {
    const move_marker m{pod_life{"b-1"}, 17, why};
    CAF_CHECK(decode_marker(encode_marker(m)) == m);
  }
  CAF_CHECK_EQUAL(encode_marker({pod_life{"b-1"}, 3, move_purpose::drain}), "b-1 3 drains");
}

CAF_TEST(a marker that makes no sense is none) {
  for (const auto* text : {"", "b-1", "b-1 3", "b-1 3 dances", " 3 drains", "b-1 x drains",
                           "b-1 3x drains", "b-1 3 drains more", "b-1 -3 drains"})
    CAF_CHECK(!decode_marker(text));
}

CAF_TEST(a list is read as it was written) {
  const auto back = decode_given(encode_given({42, {client_id{"a"}, client_id{"b"}}}));
  CAF_REQUIRE(back);
  CAF_CHECK_EQUAL(back->view, 42);
  CAF_CHECK_EQUAL(back->clients.size(), 2u);
  CAF_CHECK_EQUAL(back->clients[1].str(), "b");
  CAF_CHECK(decode_given(encode_given({0, {}}))->clients.empty());
}

CAF_TEST(a list that makes no sense is none) {
  const auto whole = encode_given({42, {client_id{"a"}, client_id{"bcd"}}});
  for (std::size_t n = 0; n < whole.body.size(); ++n) {
    auto part = whole;
    part.body.resize(n);
    const bool ends_with_a_name = n == 8 || n == 11;
    CAF_CHECK_EQUAL(decode_given(part).has_value(), ends_with_a_name);
  }
  auto nameless = whole;
  nameless.body += std::string(2, '\0');
  CAF_CHECK(!decode_given(nameless));
}

CAF_TEST(a pod that drains is the home of no client and the others share what was its) {
  std::vector<member_ref> members;
  for (const auto* life : {"a-1", "b-1", "c-1"})
    members.push_back(make_ref<cluster_member>(pod_life{life}));
  const cluster_view usual{1, members, members[0]};
  const cluster_view drains{2, members, members[0], {members[1], 1, move_purpose::drain}};
  const cluster_view moves{3, members, members[0], {members[1], 1, move_purpose::rebalance}};
  std::set<pod_life> heirs;
  for (std::uint16_t n = 0; n < 10'000; ++n) {
    const client_bucket bucket{n};
    const auto& home = usual.home_of(bucket);
    CAF_REQUIRE(moves.home_of(bucket) == home);
    CAF_REQUIRE(drains.home_of(bucket) == usual.home_without(members[1], bucket));
    if (home != members[1])
      CAF_REQUIRE(drains.home_of(bucket) == home);
    else
      heirs.insert(drains.home_of(bucket)->life);
  }
  CAF_CHECK_EQUAL(heirs.size(), 2u);
  const cluster_view last{4, {members[1]}, members[1], {members[1], 1, move_purpose::drain}};
  CAF_CHECK(last.home_of(client_bucket{0}) == members[1]); // there is no other
}
