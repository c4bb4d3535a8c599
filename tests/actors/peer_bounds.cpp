// What bounds what goes to another pod and comes from it: the backlog of its channel, the length of
// a frame, the time somebody waits, and what topics here have not handed out.
#define CAF_SUITE peer_bounds
#include "actors/retained_frames.hpp"
#include "tests/actors/peer_fixture.hpp"

using namespace mqttzoo;
using namespace actors;
using mqtt::reason_code;
using test::peer_fixture;
using strings = std::vector<std::string>;

CAF_TEST_FIXTURE_SCOPE(peer_bounds_tests, peer_fixture)

CAF_TEST(above the bound what needs no promise is dropped and what needs one waits) {
  services.settings.links.queue_bytes_max = 2000;
  publish({"-" + std::string(1500, 'x')}); // below the bound: goes
  publish({"-" + std::string(1500, 'y')});
  CAF_CHECK_EQUAL(dropped(), 0u);
  publish({"-1", "-2"});
  CAF_CHECK_EQUAL(dropped(), 2u);
  publish({"a", "-b"});
  publish({"c"});
  publish({"-3"}); // not past those that wait
  CAF_CHECK_EQUAL(dropped(), 3u);
  link();
  settle();
  CAF_CHECK_EQUAL(heard().size(), 2u); // the other pod has not confirmed them yet
  advance();
  CAF_CHECK_EQUAL(heard(), (strings{"1=a", "2=-b", "3=c"}));
  publish({"-4"});
  settle();
  CAF_CHECK_EQUAL(heard(), (strings{"0=-4"}));
  CAF_CHECK(outcomes.empty());
}

CAF_TEST(above the bound a message for a group that needs no promise is dropped) {
  services.settings.links.queue_bytes_max = 100'000;
  for (int i = 0; i < 10'000; ++i)
    publish_to_group(std::string(10'000, 'x'), false);
  publish_to_group("promised");
  link();
  settle();
  const auto came = far.take(frame_kind::group).size();
  CAF_CHECK_LESS(came, 12u);
  CAF_CHECK_EQUAL(dropped(), 10'001u - came);
  CAF_CHECK(outcomes.empty());
  advance();
  publish_to_group("again", false);
  settle();
  CAF_CHECK_EQUAL(far.take(frame_kind::group).size(), 1u);
}

CAF_TEST(above the bound of a retained message only the topic is told) {
  services.settings.links.queue_bytes_max = 100'000;
  for (int i = 0; i < 100; ++i)
    tell(tell_atom::value,
         encode_retained_news("t", message(std::string(10'000, 'x')), clock.now()));
  tell(tell_atom::value, encode_retained_news("t", nullptr, clock.now())); // a removal is small
  tell(tell_atom::value, encode_retained_commit({"t", 5}));
  link();
  settle();
  const auto news = far.take(frame_kind::retained_news).size();
  CAF_CHECK_LESS(news, 13u);
  const auto commits = far.take(frame_kind::retained_commit);
  CAF_REQUIRE_EQUAL(news + commits.size(), 102u);
  CAF_CHECK(commits.front() == encode_retained_commit({"t", 0}).body);
  CAF_CHECK(commits.back() == encode_retained_commit({"t", 5}).body);
  CAF_CHECK_EQUAL(dropped(), 0u);
}

CAF_TEST(a question nobody waits for any more is not asked) {
  const auto ask = [&](std::string what) {
    tell(tell_atom::value, pod_frame{frame_kind::first_of_porter, std::move(what), nullptr,
                                     clock.now() + std::chrono::seconds{10}});
  };
  ask("early");
  clock.advance(std::chrono::seconds{5});
  ask("in time");
  clock.advance(std::chrono::seconds{5});
  link();
  settle();
  CAF_CHECK(far.take(frame_kind::first_of_porter) == strings{"in time"});
}

CAF_TEST(a question is asked also while the queue is full) {
  services.settings.links.queue_bytes_max = 1000;
  publish({std::string(1200, 'a')});
  tell(tell_atom::value, pod_frame{frame_kind::first_of_porter, "q", nullptr,
                                   clock.now() + std::chrono::seconds{10}});
  link();
  settle();
  CAF_CHECK_EQUAL(far.take(frame_kind::first_of_porter).size(), 1u);
}

CAF_TEST(above the bound no question is asked that may go unanswered) {
  services.settings.links.queue_bytes_max = 100'000;
  for (int i = 0; i < 10'000; ++i)
    tell(tell_atom::value, pod_frame{frame_kind::first_of_porter, std::string(1000, 'x'), nullptr,
                                     clock.now() + std::chrono::seconds{10}});
  tell(tell_atom::value, pod_frame{frame_kind::reached, "x", nullptr});
  CAF_CHECK_EQUAL(dropped(), 0u);
  clock.advance(std::chrono::seconds{10}); // which makes room
  publish({"-a"});
  CAF_CHECK_EQUAL(dropped(), 0u);
  link();
  settle();
  CAF_CHECK(far.take(frame_kind::first_of_porter).empty());
  CAF_CHECK_EQUAL(far.take(frame_kind::reached).size(), 1u);
  CAF_CHECK_EQUAL(heard(), (strings{"0=-a"}));
}

CAF_TEST(what waits goes as far as there is room each time) {
  services.settings.links.queue_bytes_max = 1000;
  for (const auto* text : {"a", "b", "c"})
    publish({std::string(1200, *text)});
  link();
  settle();
  CAF_CHECK_EQUAL(heard().size(), 1u);
  advance();
  CAF_CHECK_EQUAL(heard().size(), 1u);
  advance();
  CAF_CHECK_EQUAL(heard().size(), 1u);
}

CAF_TEST(a message that is too long is refused and the others go) {
  services.settings.links.frame_bytes_max = 4096;
  link();
  publish({"a", std::string(5000, 'x'), "b"});
  publish({"-" + std::string(5000, 'x')});
  settle();
  CAF_CHECK_EQUAL(heard(), (strings{"1=a", "3=b"}));
  CAF_CHECK_EQUAL(take_outcomes(), (strings{std::string(5000, 'x') + ":151"}));
  CAF_CHECK_EQUAL(dropped(), 2u);
  answer({3, 1});
  CAF_CHECK_EQUAL(outcomes.size(), 2u);
}

CAF_TEST(a store first message that is too long ends without a word of the other pod) {
  services.settings.links.frame_bytes_max = 4096;
  const std::string large(5000, 'x');
  link();
  publish({large, "a"}, policy::store_first);
  settle();
  CAF_CHECK_EQUAL(heard(), (strings{"2=a"}));
  CAF_REQUIRE_EQUAL(office->declined.size(), 1u);
  CAF_CHECK_EQUAL(office->declined[0]->payload(), large);
  CAF_CHECK_EQUAL(take_outcomes(), (strings{large + ":151"}));
  tell(yield_atom::value, view(2, {"b-1"}));
  CAF_CHECK(membership->drained.empty());
  give_word(2);
  office->words.clear();
  tell(outcome_atom::value, std::uint64_t{2}, reason_code::success);
  CAF_CHECK_EQUAL(take_outcomes(), (strings{"a:0"}));
  CAF_CHECK_EQUAL(membership->drained, (std::vector<std::int64_t>{2}));
}

CAF_TEST(a message for a group that is too long is refused) {
  far.wire.frame_bytes_max = 4096;
  const std::string large(5000, 'x');
  link();
  settle();
  publish_to_group(large);
  publish_to_group(large, false);
  publish_to_group("a");
  settle();
  CAF_CHECK_EQUAL(far.take(frame_kind::group).size(), 1u);
  CAF_CHECK_EQUAL(take_outcomes(), (strings{large + ":151"}));
  CAF_CHECK_EQUAL(dropped(), 2u);
  CAF_CHECK(office->declined.empty());
  answer({2});
  CAF_CHECK_EQUAL(take_outcomes(), (strings{"a:0"}));
  tell(yield_atom::value, view(2, {"b-1"}));
  CAF_CHECK_EQUAL(membership->drained, (std::vector<std::int64_t>{2}));
}

CAF_TEST(a message that is too long for the other pod is refused too) {
  far.wire.frame_bytes_max = 4096;
  link();
  publish({std::string(5000, 'x'), "a"});
  settle();
  CAF_CHECK_EQUAL(heard(), (strings{"2=a"}));
  CAF_CHECK_EQUAL(outcomes.size(), 1u);
}

CAF_TEST(who cannot follow reads no further until its topics do) {
  services.settings.net.transit_bytes_max = 100; // of one of 64
  const auto came = [&] { return services.counters.far_publishes_received.get(); };
  link();
  for (int i = 0; i < 100; ++i)
    far.say(far_message(std::string(1000, 'x'), 0));
  settle();
  const auto first = came();
  CAF_CHECK(first > 3 && first < 10); // 6,400 bytes
  auto topic = std::make_shared<test::topic_log>();
  const auto t = find_topic(topic);
  settle();
  CAF_CHECK_EQUAL(came(), first); // the topic has them, and has not handed them out
  while (!topic->published.empty()) {
    topic->published.clear();
    settle();
  }
  CAF_CHECK_EQUAL(came(), 100u);
  CAF_CHECK_EQUAL(b->transit_bytes.load(), 0u);
  CAF_CHECK(far.linked());
  caf::anon_send(t, retire_atom::value);
}

CAF_TEST_FIXTURE_SCOPE_END()
