// What goes to another pod and comes from it, while it lives: in order and once.
#define CAF_SUITE peer
#include "core/random.hpp"
#include "tests/actors/peer_fixture.hpp"

#include <algorithm>

using namespace mqttzoo;
using namespace actors;
using mqtt::reason_code;
using test::peer_fixture;
using strings = std::vector<std::string>;

namespace {

net::link_kind numbered(net::link_kind first, int n) {
  return static_cast<net::link_kind>(static_cast<int>(first) + n);
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(peer_tests, peer_fixture)

CAF_TEST(what needs a promise has a number and what needs none has not ) {
  link();
  publish({"a", "b"});
  publish({"-c"});
  publish({"d", "-e", "f"});
  settle();
  CAF_CHECK_EQUAL(heard(), (strings{"1=a", "2=b", "0=-c", "3=d", "4=-e", "5=f"}));
  CAF_CHECK(outcomes.empty());
  CAF_CHECK_EQUAL(services.counters.far_publishes_sent.get(), 6u);
}

CAF_TEST(what is said before there is a link comes with the first) {
  publish({"a"});
  tell(tell_atom::value, pod_frame{frame_kind::reached, "x", nullptr});
  publish({"b"});
  link();
  settle();
  CAF_REQUIRE_EQUAL(far.heard.size(), 3u);
  CAF_CHECK(far.heard[1].first == frame_kind::reached);
  CAF_CHECK_EQUAL(heard(), (strings{"1=a", "2=b"}));
}

CAF_TEST(links that come and go at random repeat and lose nothing) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    peer_fixture f;
    core::random_source random{seed};
    strings all, expected;
    const auto hear = [&] { // each is answered once
      for (auto& text : f.heard()) {
        f.far.say(encode_settled({reason_code::success, {std::stoull(text)}}));
        all.push_back(std::move(text));
      }
    };
    for (int step = 0, said = 0; step < 150; ++step) {
      switch (random.below(6)) {
      case 0:
        f.far.wire.cut();
        break;
      case 1:
        f.link();
        break;
      case 2:
        f.clock.advance(std::chrono::milliseconds{15});
        f.timers.run_due(f.clock.now());
        break;
      default:
        ++said;
        expected.push_back(std::to_string(said) + '=' + std::to_string(said));
        f.publish({std::to_string(said)});
        f.far.wire.deliver(random.below(5));
        hear();
        f.run();
      }
    }
    f.link();
    f.settle();
    hear();
    f.settle();
    CAF_MESSAGE("seed " << seed);
    CAF_CHECK_EQUAL(all, expected);
    CAF_CHECK_EQUAL(f.outcomes.size(), expected.size());
    CAF_CHECK(std::all_of(f.outcomes.begin(), f.outcomes.end(),
                          [](const auto& o) { return o.ends_with(":0"); }));
  }
}

CAF_TEST(a promise is settled by the word of the other pod) {
  link();
  publish({"a", "b", "c", "d"});
  settle();
  answer({3}, reason_code::no_matching_subscribers);
  CAF_CHECK_EQUAL(take_outcomes(), (strings{"c:0"}));
  answer({1, 1, 99, 0});
  CAF_CHECK_EQUAL(take_outcomes(), (strings{"a:0"}));
  answer({2}, reason_code::quota_exceeded);
  CAF_CHECK_EQUAL(take_outcomes(), (strings{"b:151"}));
  answer({4, 3, 1}, reason_code::packet_too_large); // may not stand in a PUBACK
  CAF_CHECK_EQUAL(take_outcomes(), (strings{"d:131"}));
  CAF_CHECK(far.linked());
}

CAF_TEST(a store first message waits for the outcome of its word) {
  link();
  publish({"a"}, policy::store_first);
  settle();
  answer({1}); // before its word: nothing follows from it
  CAF_CHECK(outcomes.empty());
  give_word(1);
  CAF_REQUIRE_EQUAL(office->words.size(), 1u);
  const auto& w = office->words[0].word;
  CAF_CHECK(w.pod == member_ref{b});
  CAF_CHECK_EQUAL(w.number, 1u);
  CAF_REQUIRE_EQUAL(w.ops->size(), 1u);
  CAF_CHECK_EQUAL(std::get<zk::create_op>(w.ops->front()).data, "data");
  office->words.clear();
  tell(outcome_atom::value, std::uint64_t{1}, reason_code::success);
  settle();
  const auto told = far.take(frame_kind::outcome);
  CAF_REQUIRE_EQUAL(told.size(), 1u);
  CAF_CHECK(told[0] == encode_outcome({1, reason_code::success}).body);
  CAF_CHECK_EQUAL(outcomes, (strings{"a:0"}));
}

CAF_TEST(after server moved another word counts) {
  link();
  publish({"a"}, policy::store_first);
  settle();
  give_word(1);
  office->words.clear();
  tell(outcome_atom::value, std::uint64_t{1}, reason_code::server_moved);
  CAF_CHECK(outcomes.empty());
  give_word(1);
  CAF_CHECK_EQUAL(office->words.size(), 1u);
  CAF_CHECK(far.linked());
}

CAF_TEST(an outcome for nothing says nothing) {
  link();
  tell(outcome_atom::value, std::uint64_t{1}, reason_code::success);
  settle();
  CAF_CHECK(far.take(frame_kind::outcome).empty());
}

CAF_TEST(what comes goes to its topic and the promise back) {
  link();
  far.say(far_message("a", 5));
  far.say(far_message("b", 6));
  settle();
  CAF_REQUIRE_EQUAL(index->activated.size(), 1u);
  auto topic = std::make_shared<test::topic_log>();
  const auto t = find_topic(topic);
  CAF_REQUIRE_EQUAL(topic->published.size(), 2u);
  CAF_CHECK_EQUAL(topic->published[1]->publications[0].message->payload(), "b");
  CAF_CHECK(topic->published[1]->origin.pod == member_ref{b});
  CAF_CHECK_EQUAL(topic->published[1]->origin.first_number, 6u);
  CAF_CHECK_EQUAL(services.counters.far_publishes_received.get(), 2u);
  tell(settled_atom::value, far_receipt{reason_code::quota_exceeded, {5, 6}});
  settle();
  const auto told = far.take(frame_kind::settled);
  CAF_REQUIRE_EQUAL(told.size(), 1u);
  CAF_CHECK(told[0] == encode_settled({reason_code::quota_exceeded, {5, 6}}).body);
  caf::anon_send(t, retire_atom::value);
}

CAF_TEST(the words of this pod go out) {
  link();
  tell(word_atom::value, std::uint64_t{9}, std::make_shared<const std::vector<zk::op>>());
  tell(returned_atom::value, std::uint64_t{8});
  far.say(encode_outcome({9, reason_code::success}));
  settle();
  CAF_CHECK(far.take(frame_kind::word) == strings{encode_word(9, {}).body});
  CAF_CHECK(far.take(frame_kind::returned) == strings{encode_returned(8).body});
  CAF_CHECK(office->outcomes == (std::vector{std::pair{std::uint64_t{9}, reason_code::success}}));
}

CAF_TEST(a message for a group comes back or is settled) {
  link();
  publish_to_group("a");
  publish_to_group("b");
  publish_to_group("c", false);
  settle();
  const auto sent = far.take(frame_kind::group);
  CAF_REQUIRE_EQUAL(sent.size(), 3u);
  const auto first = decode_group(sent[0], clock.now()), last = decode_group(sent[2], clock.now());
  CAF_REQUIRE(first && last);
  CAF_CHECK_EQUAL(first->filter, "$share/g/t");
  CAF_CHECK_EQUAL(first->number, 1u);
  CAF_CHECK_EQUAL(last->number, 0u);
  far.say(encode_returned(1));
  far.say(encode_returned(1));
  far.say(encode_returned(77));
  answer({2});
  CAF_CHECK_EQUAL(take_outcomes(), (strings{"b:0"}));
  CAF_REQUIRE_EQUAL(index->returned.size(), 1u);
  CAF_CHECK_EQUAL(index->returned[0].message->payload(), "a");
  CAF_CHECK(index->returned[0].pod == member_ref{b});
  index->returned.clear();
  CAF_CHECK_EQUAL(take_outcomes(), (strings{"a:0"})); // nobody else held it
}

CAF_TEST(of a group the other pod says what it wants stored of each message of QoS 2) {
  link();
  const auto handed_over = message("m", mqtt::qos::exactly_once);
  tell(deliver_atom::value,
       group_mail{"$share/g/t", handed_over, promise("m", policy::store_if_needed), nullptr, 0});
  publish_to_group("n");
  settle();
  answer({1}); // before its word: nothing follows from it
  give_word(1);
  CAF_CHECK(far.linked());
  CAF_REQUIRE_EQUAL(office->words.size(), 1u);
  CAF_CHECK(office->words[0].message == handed_over);
  office->words.clear();
  CAF_CHECK(outcomes.empty());
  tell(outcome_atom::value, std::uint64_t{1}, reason_code::success);
  CAF_CHECK_EQUAL(outcomes, (strings{"m:0"}));
  give_word(2);
  CAF_CHECK(office->words.empty());
  CAF_CHECK(!far.linked());
}

CAF_TEST(a message for a group here is answered when its promise ends) {
  link();
  for (const auto qos : {mqtt::qos::at_least_once, mqtt::qos::exactly_once})
    far.say(encode_group({"$share/g/t", message("m", qos), nullptr, nullptr, 4}, clock.now()));
  far.say(encode_group({"$share/g/t", message("m"), nullptr, nullptr, 0}, clock.now()));
  settle();
  CAF_REQUIRE_EQUAL(index->delivered.size(), 3u);
  CAF_CHECK(index->delivered[0].pod == member_ref{b});
  CAF_REQUIRE(index->delivered[0].promise && index->delivered[1].promise);
  CAF_CHECK(!index->delivered[0].promise->store_first());
  CAF_CHECK(index->delivered[1].promise->store_first());
  CAF_CHECK_EQUAL(index->delivered[1].promise->addressees, 1u);
  CAF_CHECK(!index->delivered[2].promise);
  CAF_CHECK(far.take(frame_kind::settled).empty());
  index->delivered.erase(index->delivered.begin());
  settle();
  CAF_CHECK(far.take(frame_kind::settled) ==
            strings{encode_settled({reason_code::success, {4}}).body});
  index->delivered.clear();
  settle();
}

CAF_TEST(frames of other actors go to them) {
  link();
  const std::vector<std::pair<net::link_kind, const std::vector<pod_frame>*>> readers{
      {frame_kind::reached, &membership->frames},
      {frame_kind::figures, &membership->frames},
      {frame_kind::first_of_registrar, &registrar->frames},
      {frame_kind::last_of_registrar, &registrar->frames},
      {frame_kind::first_of_porter, &porter->frames},
      {frame_kind::last_of_porter, &porter->frames},
      {frame_kind::first_of_post_office, &office->frames},
      {frame_kind::last_of_post_office, &office->frames}};
  for (const auto& [kind, reader] : readers) {
    const auto before = reader->size();
    far.say(kind, "body");
    settle();
    CAF_REQUIRE_EQUAL(reader->size(), before + 1);
    CAF_CHECK(reader->back().kind == kind);
    CAF_CHECK_EQUAL(reader->back().body, "body");
  }
  CAF_CHECK(far.linked());
}

CAF_TEST(a frame that makes no sense closes the link and nothing else) {
  publish({"a"}, policy::store_first);
  publish({"b"});
  const auto whole = far_message("m", 1).body;
  const auto unasked = encode_word(2, {}).body; // of a message that is not store-first
  const std::vector<std::pair<net::link_kind, std::string>> hostile{
      {frame_kind::messages, ""},
      {frame_kind::messages, whole.substr(0, whole.size() - 1)},
      {frame_kind::messages, whole + 'x'},
      {frame_kind::messages, messages_writer{"t", {}, 1}.take().body}, // none
      {frame_kind::messages, messages_writer{"#", {}, 1}.take().body},
      {frame_kind::settled, std::string(4, '\0')},
      {frame_kind::word, unasked},
      {frame_kind::word, encode_word(99, {}).body},
      {frame_kind::word, std::string(7, '\0')},
      {frame_kind::outcome, "short"},
      {frame_kind::group, "short"},
      {frame_kind::returned, ""},
      {frame_kind::user(200), ""},
      {numbered(frame_kind::has_settled, 1), ""},
      {numbered(frame_kind::last_of_tracer, 1), ""}};
  link();
  settle();
  CAF_CHECK_EQUAL(heard(), (strings{"1=a", "2=b"}));
  for (const auto& [kind, body] : hostile) {
    CAF_MESSAGE("kind " << static_cast<int>(kind) << ", " << body.size() << " bytes");
    const auto lost = far.lost;
    far.say(kind, body);
    settle();
    CAF_CHECK_EQUAL(far.lost, lost + 1);
    CAF_CHECK_EQUAL(services.counters.links_lost.get(), static_cast<std::uint64_t>(far.lost));
    CAF_CHECK(!far.linked());
    link();
    settle();
    CAF_CHECK(far.linked()); // it is not sent again: it was heard
  }
  CAF_CHECK(index->activated.size() <= 1);
  CAF_CHECK(office->words.empty() && office->outcomes.empty() && index->delivered.empty());
  CAF_CHECK(heard().empty());
  answer({2});
  give_word(1);
  CAF_CHECK_EQUAL(outcomes, (strings{"b:0"}));
  CAF_CHECK_EQUAL(office->words.size(), 1u);
}

CAF_TEST(a second word for a message is not what a pod of ours says) {
  link();
  publish({"a"}, policy::store_first);
  settle();
  give_word(1);
  give_word(1);
  CAF_CHECK_EQUAL(office->words.size(), 1u);
  CAF_CHECK(!far.linked());
}

CAF_TEST(who reads a frame may say that it makes no sense) {
  link();
  settle();
  tell(misbehaved_atom::value, std::string{"test"});
  CAF_CHECK(!far.linked());
  publish({"a"});
  link();
  settle();
  CAF_CHECK_EQUAL(heard(), (strings{"1=a"}));
}

CAF_TEST(a link that is lost is counted once) {
  link();
  CAF_CHECK_EQUAL(services.counters.links_lost.get(), 0u);
  far.wire.cut();
  CAF_CHECK_EQUAL(services.counters.links_lost.get(), 1u);
  tell(misbehaved_atom::value, std::string{"there is none any more"});
  CAF_CHECK_EQUAL(services.counters.links_lost.get(), 1u);
}

CAF_TEST(with its end no promise looks as if it was kept) {
  services.settings.links.queue_bytes_max = 100;
  publish({std::string(200, 'x')});
  publish({"waits"});
  tell(shut_down_atom::value);
  std::sort(outcomes.begin(), outcomes.end());
  CAF_CHECK_EQUAL(outcomes, (strings{"waits:131", std::string(200, 'x') + ":131"}));
}

CAF_TEST(what comes while the pod stops is refused) {
  link();
  tell(shut_down_atom::value);
  CAF_CHECK(!far.linked());
  publish({"late"});
  publish_to_group("later");
  publish({"-unpromised"});
  publish({"twice"}, policy::store_first);
  CAF_CHECK_EQUAL(take_outcomes(), (strings{"late:131", "later:131", "twice:131"}));
  link();
  settle();
  CAF_CHECK(!far.linked());
  tell(retire_atom::value);
  CAF_CHECK(heard().empty());
}

CAF_TEST(what the store is asked about while the pod stops is settled by its outcome) {
  link();
  publish({"a", "b", "c", "d"}, policy::store_first);
  settle();
  for (const auto number : {1, 2, 3})
    give_word(static_cast<std::uint64_t>(number));
  office->words.clear();
  tell(shut_down_atom::value);
  CAF_CHECK_EQUAL(take_outcomes(), (strings{"d:131"}));
  tell(outcome_atom::value, std::uint64_t{1}, reason_code::success);
  CAF_CHECK_EQUAL(take_outcomes(), (strings{"a:0"}));
  tell(outcome_atom::value, std::uint64_t{2}, reason_code::server_moved); // no other word will come
  CAF_CHECK_EQUAL(take_outcomes(), (strings{"b:131"}));
  tell(retire_atom::value); // nobody knows
  CAF_CHECK_EQUAL(take_outcomes(), (strings{"c:131"}));
}

CAF_TEST(a departed pod that has heirs is nobody any more when this one stops) {
  publish({"a"});
  tell(depart_atom::value);
  tell(shut_down_atom::value);
  CAF_CHECK_EQUAL(take_outcomes(), (strings{"a:131"}));
  publish({"late"});
  CAF_CHECK_EQUAL(outcomes, (strings{"late:131"}));
}

CAF_TEST_FIXTURE_SCOPE_END()
