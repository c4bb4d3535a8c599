// Links to other pods: whose they are, how many there may be, and what they bring.
#define CAF_SUITE membership_links
#include "tests/actors/membership_fixture.hpp"

using namespace mqttzoo;
using namespace actors;
using test::numbers;
using test::strings;

CAF_TEST_FIXTURE_SCOPE(membership_links_tests, test::membership_fixture)

CAF_TEST(a link is kept until ZooKeeper knows its pod) {
  start();
  link("b");
  at("b").say(frame_kind::reached, std::string(8, '\0'));
  settle();
  CAF_CHECK(at("b").linked());
  come("b");
  installed(2);
  CAF_CHECK_EQUAL(told("b", frame_kind::reached), (numbers{2}));
}

CAF_TEST(a link of an earlier life is closed and one of a later life waits) {
  come("b", 5);
  start();
  caf::anon_send(pod.membership, linked_atom::value,
                 far.try_emplace("4", timers, clock, net::link_peer{"b", 4}).first->second.link());
  caf::anon_send(pod.membership, linked_atom::value,
                 far.try_emplace("6", timers, clock, net::link_peer{"b", 6}).first->second.link());
  settle();
  CAF_CHECK(!far.at("4").linked());
  CAF_CHECK(far.at("6").linked());
  go("b-5");
  come("b", 6);
  installed(views().back());
  CAF_CHECK_EQUAL(far.at("6").take(frame_kind::reached).size(), 1u);
}

CAF_TEST(links of unknown pods are bounded) {
  constexpr int bound = 64;
  start();
  for (int i = 0; i < bound; ++i)
    link("x" + std::to_string(i));
  link("one more");
  CAF_CHECK(!at("one more").linked());
  CAF_CHECK_EQUAL(services.counters.links_overflowed.get(), 1u);
  CAF_CHECK(at("x63").linked());
  at("x0").wire.cut(); // makes room
  link("y");
  CAF_CHECK(at("y").linked());
  join("b"); // a member's is no early one
  CAF_CHECK(at("b").linked());
}

CAF_TEST(a number that is none closes the link) {
  come("b");
  start();
  link("b");
  at("b").say(frame_kind::reached, "short");
  settle();
  CAF_CHECK(!at("b").linked());
}

CAF_TEST(figures go to the statistics and what is told goes to all) {
  come("b");
  come("c");
  start();
  link("b");
  link("c");
  at("b").say(frame_kind::figures, "x");
  settle();
  CAF_CHECK_EQUAL(told_sys, (strings{"figures of b-1"}));
  caf::anon_send(pod.membership, tell_atom::value, pod_frame{frame_kind::figures, "mine", nullptr});
  settle();
  CAF_CHECK_EQUAL(at("b").take(frame_kind::figures), (strings{"mine"}));
  CAF_CHECK_EQUAL(at("c").take(frame_kind::figures), (strings{"mine"}));
}

CAF_TEST(with its end all links and peers end) {
  come("b");
  start();
  link("b");
  link("early");
  const auto before = sys.registry().running();
  stop();
  CAF_CHECK(!at("b").linked());
  CAF_CHECK(!at("early").linked());
  CAF_CHECK_EQUAL(links.log, (strings{"+b-1", "-b-1"}));
  CAF_CHECK_EQUAL(sys.registry().running(), before - 2); // itself and the peer
}

CAF_TEST_FIXTURE_SCOPE_END()
