// Views in which the sessions of one pod move to the others.
#define CAF_SUITE membership_moves
#include "tests/actors/membership_fixture.hpp"

using namespace mqttzoo;
using namespace actors;
using test::numbers;
using test::strings;

CAF_TEST_FIXTURE_SCOPE(membership_moves_tests, test::membership_fixture)

CAF_TEST(sessions of another pod move in a view of their own) {
  start();
  join("b");
  const auto before = views().back();
  carry_through(before, {"b"});
  mark("b-1", 7, move_purpose::drain);
  const auto v = directory->installed.back();
  CAF_REQUIRE(v->number > before);
  CAF_REQUIRE(v->move.by);
  CAF_CHECK(v->move.by->life == pod_life{"b-1"});
  CAF_CHECK_EQUAL(v->move.batch, 7u);
  CAF_CHECK_EQUAL(lives(), (strings{"a-1", "b-1"})); // the marker is no pod
  for (std::uint16_t bucket = 0; bucket < 1000; ++bucket)
    CAF_REQUIRE(v->home_of(client_bucket{bucket}) == v->self); // the other one drains
  installed(v->number);
  const auto adoptions = adopter->adopt.size();
  say("b", frame_kind::reached, v->number);
  CAF_CHECK_EQUAL(told("b", frame_kind::drained), (numbers{v->number})); // nothing is under way
  CAF_CHECK_EQUAL(adopter->adopt.size(), adoptions);
  say("b", frame_kind::yielded, v->number);
  CAF_CHECK_EQUAL(adopter->adopt.size(), adoptions + 1);
  adopted(v->number);
  say("b", frame_kind::has_adopted, v->number);
  CAF_CHECK(is_settled());
  CAF_CHECK(usher->asked.empty());
  CAF_CHECK(usher->settled.empty()); // it may not make another view while the other pod is behind
  say("b", frame_kind::has_settled, v->number);
  CAF_CHECK_EQUAL(usher->settled, (numbers{v->number}));
}

CAF_TEST(sessions of this pod move when all others have nothing under way to it) {
  start();
  join("b");
  carry_through(views().back(), {"b"});
  mark("a-1", 1, move_purpose::rebalance);
  const auto v = views().back();
  installed(v);
  say("b", frame_kind::reached, v);
  CAF_CHECK_EQUAL(usher->asked, (numbers{v}));
  CAF_CHECK(usher->drained.empty());
  say("b", frame_kind::drained, v);
  CAF_CHECK_EQUAL(usher->drained, (numbers{v}));
  const auto adoptions = adopter->adopt.size();
  caf::anon_send(pod.membership, yielded_atom::value, v - 1); // an older view's
  settle();
  CAF_CHECK_EQUAL(adopter->adopt.size(), adoptions);
  caf::anon_send(pod.membership, yielded_atom::value, v);
  settle();
  CAF_CHECK_EQUAL(told("b", frame_kind::yielded), (numbers{v}));
  CAF_CHECK_EQUAL(adopter->adopt.size(), adoptions + 1);
}

CAF_TEST(other pods hear that topics go on when the directory says so) {
  start();
  join("b");
  const auto before = views().back();
  carry_through(before, {"b"});
  CAF_CHECK_EQUAL(told("b", frame_kind::has_settled), (numbers{before}));
  directory->answers = false;
  const auto move_batch = [&](std::uint64_t batch) {
    mark("b-1", batch, move_purpose::rebalance);
    const auto v = views().back();
    installed(v);
    say("b", frame_kind::reached, v);
    say("b", frame_kind::yielded, v);
    adopted(v);
    say("b", frame_kind::has_adopted, v);
    say("b", frame_kind::has_settled, v);
    CAF_REQUIRE(is_settled());
    return v;
  };
  const auto topics_go_on = [&](std::int64_t view) {
    caf::anon_send(pod.membership, settled_atom::value, view);
    settle();
  };
  const auto overtaken = move_batch(1);
  const auto last = move_batch(2);
  CAF_REQUIRE(overtaken < last);
  CAF_CHECK_EQUAL(directory->settled, (numbers{before, overtaken, last}));
  CAF_CHECK(told("b", frame_kind::has_settled).empty());
  topics_go_on(overtaken);
  CAF_CHECK(told("b", frame_kind::has_settled).empty());
  CAF_CHECK(usher->settled.empty());
  topics_go_on(last);
  CAF_CHECK_EQUAL(told("b", frame_kind::has_settled), (numbers{last}));
  CAF_CHECK_EQUAL(usher->settled, (numbers{last}));
}

CAF_TEST(a marker that makes no sense or is of no member moves nothing) {
  start();
  mark("z-9", 1, move_purpose::drain);
  CAF_CHECK(!directory->installed.back()->move.by);
  tree->set(answers, paths.mover(), "nonsense", zk::any_version, [](auto) {});
  come("b");
  CAF_CHECK(!directory->installed.back()->move.by);
}

CAF_TEST_FIXTURE_SCOPE_END()
