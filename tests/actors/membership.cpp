// The steps that pods take together when some come or go.
#define CAF_SUITE membership
#include "actors/membership.hpp"

#include "tests/actors/membership_fixture.hpp"

using namespace mqttzoo;
using namespace actors;
using namespace std::chrono_literals;
using test::numbers;
using test::strings;

CAF_TEST_FIXTURE_SCOPE(membership_tests, test::membership_fixture)

CAF_TEST(alone it takes all steps by itself) {
  start();
  CAF_CHECK_EQUAL(views(), (numbers{1}));
  CAF_CHECK_EQUAL(registrar->installed, (numbers{1}));
  CAF_CHECK_EQUAL(office->installed, (numbers{1}));
  CAF_CHECK_EQUAL(lives(), (strings{"a-1"}));
  CAF_CHECK(directory->installed.back()->alone());
  installed(1, 2);
  CAF_CHECK(adopter->adopt.empty());
  installed(1, 1);
  CAF_CHECK_EQUAL(adopter->adopt, (numbers{1}));
  CAF_CHECK(!is_settled());
  adopted(1);
  CAF_CHECK(is_settled());
  CAF_CHECK_EQUAL(directory->settled, (numbers{1}));
  CAF_CHECK_EQUAL(registrar->settled, (numbers{1}));
  CAF_CHECK_EQUAL(reaper->settled, (numbers{1}));
  CAF_CHECK(links.log.empty());
}

CAF_TEST(with others each step waits for all of them) {
  come("b");
  come("c");
  start();
  CAF_CHECK_EQUAL(links.log, (strings{"+b-1", "+c-1"}));
  CAF_CHECK_EQUAL(lives(), (strings{"a-1", "b-1", "c-1"}));
  link("b");
  link("c");
  CAF_CHECK(told("b", frame_kind::reached).empty());
  installed(3);
  CAF_CHECK_EQUAL(told("b", frame_kind::reached), (numbers{3}));
  CAF_CHECK_EQUAL(told("c", frame_kind::reached), (numbers{3}));
  say("b", frame_kind::reached, 3);
  CAF_CHECK(adopter->adopt.empty());
  say("c", frame_kind::reached, 3);
  CAF_CHECK_EQUAL(adopter->adopt, (numbers{3}));
  say("b", frame_kind::has_adopted, 3); // faster than this pod
  CAF_CHECK(told("b", frame_kind::has_adopted).empty());
  adopted(3);
  CAF_CHECK_EQUAL(told("b", frame_kind::has_adopted), (numbers{3}));
  CAF_CHECK_EQUAL(told("c", frame_kind::has_adopted), (numbers{3}));
  CAF_CHECK(!is_settled());
  say("c", frame_kind::has_adopted, 3);
  CAF_CHECK(is_settled());
}

CAF_TEST(a view that overtakes another begins anew) {
  come("b");
  start();
  link("b");
  installed(2);
  say("b", frame_kind::reached, 2);
  CAF_CHECK_EQUAL(adopter->adopt, (numbers{2}));
  join("c");
  CAF_CHECK_EQUAL(views(), (numbers{2, 3}));
  adopted(2); // is of no use any more
  CAF_CHECK(told("b", frame_kind::has_adopted).empty());
  installed(2);
  CAF_CHECK_EQUAL(told("b", frame_kind::reached), (numbers{2}));
  installed(3);
  CAF_CHECK_EQUAL(told("b", frame_kind::reached), (numbers{3}));
  say("c", frame_kind::reached, 3);
  say("b", frame_kind::reached, 2); // late
  CAF_CHECK_EQUAL(adopter->adopt, (numbers{2}));
  say("b", frame_kind::reached, 3);
  CAF_CHECK_EQUAL(adopter->adopt, (numbers{2, 3}));
}

CAF_TEST(who knows the next view already is not asked again) {
  come("b");
  start();
  link("b");
  say("b", frame_kind::reached, 3);
  installed(2); // b will never say that it has reached this one
  CAF_CHECK(adopter->adopt.empty());
  join("c");
  installed(3);
  say("c", frame_kind::reached, 3);
  CAF_CHECK_EQUAL(adopter->adopt, (numbers{3}));
}

CAF_TEST(several changes at once are one view) {
  start();
  make_node("b-1", zk::encode_pod({"b", 1, "b-1", "", ""}));
  make_node("c-1", zk::encode_pod({"c", 1, "c-1", "", ""}));
  settle();
  CAF_CHECK_EQUAL(views(), (numbers{1, 3}));
  CAF_CHECK_EQUAL(lives(), (strings{"a-1", "b-1", "c-1"}));
}

CAF_TEST(a pod whose record makes no sense is left alone) {
  make_node("b-1", "{}");
  make_node("x-1", zk::encode_pod({"y", 1, "x-1", "", ""})); // says that it is another one
  come("c");
  start();
  CAF_CHECK_EQUAL(lives(), (strings{"a-1", "c-1"}));
  CAF_CHECK_EQUAL(views(), (numbers{4}));
  CAF_CHECK_EQUAL(links.log, (strings{"+c-1"}));
}

CAF_TEST(its own node removed ends the pod) {
  come("b");
  start();
  go("a-1");
  CAF_CHECK_EQUAL(removed, 1);
  CAF_CHECK_EQUAL(views(), (numbers{2}));
}

CAF_TEST(a list that cannot be read is read again after a while) {
  store->refuse_list = true;
  start();
  CAF_CHECK_EQUAL(store->lists, 1);
  CAF_CHECK(directory->installed.empty());
  advance(199ms);
  CAF_CHECK_EQUAL(store->lists, 1);
  store->refuse_list = true;
  advance(1ms);
  CAF_CHECK_EQUAL(store->lists, 2);
  advance(200ms);
  CAF_CHECK_EQUAL(views(), (numbers{1}));
  join("b"); // the watch was set
  CAF_CHECK_EQUAL(views(), (numbers{1, 2}));
}

CAF_TEST(a record that cannot be read makes no view without that pod) {
  come("b");
  store->refuse_record = true;
  start();
  advance(199ms);
  CAF_CHECK(directory->installed.empty());
  CAF_CHECK_EQUAL(store->lists, 1);
  advance(1ms);
  CAF_CHECK_EQUAL(views(), (numbers{2}));
  CAF_CHECK_EQUAL(lives(), (strings{"a-1", "b-1"}));
}

CAF_TEST(a pod that goes while its record is read is none) {
  come("b");
  store->before_record = [this] {
    tree->remove(answers, paths.pod(pod_life{"b-1"}), zk::any_version, [](auto) {});
  };
  start();
  CAF_CHECK_EQUAL(views(), (numbers{3}));
  CAF_CHECK_EQUAL(lives(), (strings{"a-1"}));
}

CAF_TEST(a pod that departed is handed over before the view is settled) {
  come("b");
  come("c");
  start();
  link("b");
  link("c");
  carry_through(3, {"b", "c"});
  settle();
  links.log.clear();
  go("b-1");
  CAF_CHECK_EQUAL(links.log, (strings{"-b-1"}));
  CAF_CHECK(!at("b").linked());
  CAF_CHECK(porter->departed == std::vector{pod_life{"b-1"}});
  CAF_CHECK_EQUAL(told_sys, (strings{"b-1 departed"}));
  CAF_CHECK_EQUAL(lives(), (strings{"a-1", "c-1"}));
  const auto before = sys.registry().running();
  carry_through(4, {"c"});
  CAF_CHECK_EQUAL(sys.registry().running(), before - 1); // its peer has nothing left
  CAF_CHECK_EQUAL(directory->settled, (numbers{3, 4}));
}

CAF_TEST(peers outlive the membership until nobody sends to them any more) {
  std::vector<peer_actor> left;
  on_left = [&](const peer_actor& p) { left.push_back(p); };
  come("b");
  start();
  link("b");
  const auto before = sys.registry().running();
  stop();
  CAF_CHECK(!at("b").linked());
  CAF_REQUIRE_EQUAL(left.size(), 1u);
  CAF_CHECK_EQUAL(sys.registry().running(), before - 1);
  membership::retire(left.front());
  settle();
  CAF_CHECK_EQUAL(sys.registry().running(), before - 2);
}

CAF_TEST(peers of departed pods end together) {
  come("b");
  come("c");
  start();
  link("b");
  link("c");
  carry_through(3, {"b", "c"});
  speak("b", 1);
  CAF_REQUIRE_EQUAL(office->words.size(), 1u);
  office->words.clear();
  const auto before = sys.registry().running();
  go("b-1");
  go("c-1");
  installed(5);
  adopted(5);
  CAF_CHECK(!is_settled());
  CAF_CHECK_EQUAL(sys.registry().running(), before); // c may be given what b has
  caf::anon_send(peer_of("b-1"), outcome_atom::value, std::uint64_t{1}, mqtt::reason_code::success);
  settle();
  CAF_CHECK(is_settled());
  CAF_CHECK_EQUAL(sys.registry().running(), before - 2);
}

CAF_TEST(a pod may depart while another one is handed over) {
  come("b");
  come("c");
  start();
  link("b");
  link("c");
  carry_through(3, {"b", "c"});
  const auto before = sys.registry().running();
  go("b-1");
  installed(4);
  say("c", frame_kind::reached, 4);
  adopted(4);
  CAF_CHECK_EQUAL(told("c", frame_kind::has_adopted), (numbers{3, 4}));
  go("c-1"); // before it has adopted
  CAF_CHECK(!is_settled());
  carry_through(5, {});
  CAF_CHECK_EQUAL(sys.registry().running(), before - 2);
}

CAF_TEST_FIXTURE_SCOPE_END()
