// What a peer does with what its pod had not confirmed when it departed.
#define CAF_SUITE peer_departure
#include "tests/actors/peer_fixture.hpp"

using namespace mqttzoo;
using namespace actors;
using mqtt::reason_code;
using strings = std::vector<std::string>;

namespace {

struct departure_fixture : test::peer_fixture {
  departure_fixture() { install(view(2, {"b-1", "c-1", "d-1"})); }

  void install(const view_ref& v) { tell(install_atom::value, v); }
  void depart() { tell(depart_atom::value); }
  void hand_over(const view_ref& v) { tell(hand_over_atom::value, v); }
  void depart_and_hand_over() {
    depart();
    hand_over(heirs);
  }

  bool handed_over() const {
    return !membership->handed_over.empty() && membership->handed_over.back() == pod_life{"b-1"};
  }

  test::peer_log& at(const std::string& life) { return *logs.at(life); }
  /// What the last batch that came to `life` is an orphan of: "b" or "b(e f)", the oldest first.
  std::string orphans(const std::string& life) {
    std::string text;
    for (const auto& p : at(life).published.back().messages->origin.orphans_of) {
      text += (text.empty() ? "" : ", ") + p.life.str();
      for (const auto& beside : p.beside)
        text += " beside " + beside.str();
    }
    return text;
  }
  /// What is on its way to this pod's own topic.
  std::vector<batch_ref> here() {
    if (!topic && !index->activated.empty())
      topic = find_topic(of_topic);
    return std::exchange(of_topic->published, {});
  }
  ~departure_fixture() override {
    if (topic)
      caf::anon_send(topic, retire_atom::value);
    run();
  }

  const view_ref heirs = view(3, {"c-1", "d-1"});
  std::shared_ptr<test::topic_log> of_topic = std::make_shared<test::topic_log>();
  topic_actor topic;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(peer_departure_tests, departure_fixture)

CAF_TEST(what was not settled goes to all heirs and to this pod) {
  link();
  publish({"a", "-b", "c"});
  settle();
  answer({1});
  depart();
  CAF_CHECK(!far.linked());
  CAF_CHECK(at("c-1").published.empty());
  hand_over(heirs);
  CAF_CHECK(handed_over());
  for (const auto* life : {"c-1", "d-1"}) {
    CAF_REQUIRE_EQUAL(at(life).published.size(), 1u);
    CAF_CHECK_EQUAL(orphans(life), "b-1");
    CAF_REQUIRE_EQUAL(at(life).published[0].tickets.size(), 1u);
    CAF_CHECK(at(life).payloads() == strings{"c"});
  }
  CAF_CHECK_EQUAL(take_outcomes(), (strings{"a:0"}));
  auto own = here();
  CAF_REQUIRE_EQUAL(own.size(), 1u);
  CAF_CHECK(own[0]->origin.pod == member_ref{b});
  CAF_CHECK_EQUAL(own[0]->promised.size(), 1u);
  CAF_CHECK_EQUAL(own[0]->publications[0].message->payload(), "c");
  own.clear();
  CAF_CHECK_EQUAL(outcomes, (strings{"c:0"})); // the heirs and this pod had its last references
}

CAF_TEST(who waited for room is passed on too and in order) {
  services.settings.links.queue_bytes_max = 100;
  publish({std::string(200, 'x')});
  publish({"y"});
  publish({"z"});
  depart_and_hand_over();
  CAF_CHECK(at("c-1").payloads() == (strings{std::string(200, 'x'), "y", "z"}));
}

CAF_TEST(what departed between sending and handing over stands beside) {
  install(view(2, {"b-1", "c-1", "e-1"}));
  publish({"a"});
  install(view(3, {"b-1", "c-1", "d-1"}));
  publish({"b"});
  depart_and_hand_over();
  CAF_REQUIRE_EQUAL(at("d-1").published.size(), 2u);
  CAF_CHECK_EQUAL(orphans("d-1"), "b-1");
  at("d-1").published.pop_back();
  CAF_CHECK_EQUAL(orphans("d-1"), "b-1 beside e-1");
}

CAF_TEST(until it is told of the first view it goes by the one before) {
  spawn_peer(view(1, {"e-1"}));
  publish({"a"});
  depart_and_hand_over();
  CAF_CHECK_EQUAL(orphans("c-1"), "b-1 beside e-1");
}

CAF_TEST(a first peer has nobody beside it) {
  spawn_peer(nullptr);
  publish({"a"});
  depart_and_hand_over();
  CAF_CHECK_EQUAL(orphans("c-1"), "b-1");
}

CAF_TEST(what was passed on once keeps its hops) {
  publish({"a"}, policy::store_if_needed, {{pod_life{"e-1"}, {pod_life{"f-1"}}}});
  depart_and_hand_over();
  CAF_CHECK_EQUAL(orphans("c-1"), "e-1 beside f-1, b-1");
}

CAF_TEST(a message for a group goes back to the index) {
  publish_to_group("g");
  publish_to_group("unpromised", false);
  depart_and_hand_over();
  CAF_CHECK(at("c-1").published.empty());
  CAF_REQUIRE_EQUAL(index->returned.size(), 1u);
  CAF_CHECK_EQUAL(index->returned[0].filter, "$share/g/t");
  CAF_CHECK(index->returned[0].pod == member_ref{b});
  CAF_CHECK(index->returned[0].promise);
  index->returned.clear();
  publish_to_group("late");
  CAF_REQUIRE_EQUAL(index->returned.size(), 1u);
  CAF_CHECK_EQUAL(index->returned[0].message->payload(), "late");
}

CAF_TEST(a store first message without a word is expected of all heirs) {
  publish({"a"}, policy::store_first);
  depart_and_hand_over();
  CAF_REQUIRE_EQUAL(office->expected.size(), 1u);
  CAF_CHECK_EQUAL(office->expected[0].second, 2); // three in place of one
  CAF_CHECK(at("c-1").payloads() == strings{"a"});
  CAF_CHECK(handed_over());
}

CAF_TEST(a store first message with a word waits for the outcome) {
  link();
  publish({"a", "b"}, policy::store_first);
  settle();
  give_word(1);
  give_word(2);
  office->words.clear();
  depart_and_hand_over();
  CAF_CHECK(!handed_over());
  CAF_CHECK(at("c-1").published.empty());
  tell(outcome_atom::value, std::uint64_t{2}, reason_code::success);
  CAF_CHECK_EQUAL(take_outcomes(), (strings{"b:0"}));
  CAF_CHECK(!handed_over());
  tell(outcome_atom::value, std::uint64_t{1}, reason_code::server_moved); // is adopted
  CAF_CHECK(outcomes.empty());
  CAF_CHECK_EQUAL(office->expected.size(), 1u);
  CAF_CHECK_EQUAL(orphans("c-1"), "b-1");
  CAF_CHECK(at("c-1").payloads() == strings{"a"});
  CAF_CHECK(handed_over());
}

CAF_TEST(server moved between departure and hand over waits for the heirs) {
  link();
  publish({"a"}, policy::store_first);
  settle();
  give_word(1);
  office->words.clear();
  depart();
  tell(outcome_atom::value, std::uint64_t{1}, reason_code::server_moved);
  CAF_CHECK(at("c-1").published.empty());
  hand_over(heirs);
  CAF_CHECK(at("c-1").payloads() == strings{"a"});
  CAF_CHECK(handed_over());
}

CAF_TEST(a refusal of the store is not passed on) {
  link();
  publish({"a"}, policy::store_first);
  settle();
  give_word(1);
  office->words.clear();
  depart_and_hand_over();
  tell(outcome_atom::value, std::uint64_t{1}, reason_code::quota_exceeded);
  CAF_CHECK(at("c-1").published.empty());
  CAF_CHECK_EQUAL(outcomes.size(), 1u);
  CAF_CHECK(handed_over());
}

CAF_TEST(what comes before the hand over is kept and what comes late is passed on at once) {
  depart();
  publish({"a"});
  publish({"-"});
  CAF_CHECK(at("c-1").published.empty());
  hand_over(heirs);
  CAF_CHECK(at("c-1").payloads() == strings{"a"});
  publish({"b"});
  CAF_CHECK(at("c-1").payloads() == strings{"b"});
  CAF_CHECK(handed_over());
}

CAF_TEST(what comes behind one with a word in its topic waits with it) {
  link();
  publish({"a", "b"}, policy::store_first);
  settle();
  give_word(1);
  office->words.clear();
  depart_and_hand_over();
  publish({"c"});
  CAF_CHECK(at("c-1").published.empty());
  tell(outcome_atom::value, std::uint64_t{1}, reason_code::server_moved);
  CAF_CHECK(at("c-1").payloads() == (strings{"a", "b", "c"}));
  CAF_CHECK(handed_over());
}

CAF_TEST(what is there twice does not wait for itself) {
  link();
  publish({"a", "b"}, policy::store_first);
  settle();
  give_word(1);
  const auto first = office->words.at(0);
  office->words.clear();
  // For sessions of a pod that departed before: the word for these is another one.
  auto again = make_ref<actors::batch>(make_ref<const mqtt::shared_topic>("t"), actors::card_ref{},
                                       mqtt::connection_epoch::none);
  again->add({first.message, mqtt::packet_id::none});
  tell(publish_atom::value, batch_ref{std::move(again)}, actors::ticket_list{first.ticket});
  depart_and_hand_over();
  CAF_CHECK(at("c-1").payloads() == strings{"a"});
  CAF_CHECK(!handed_over());
  tell(outcome_atom::value, std::uint64_t{1}, reason_code::success);
  CAF_CHECK(at("c-1").payloads() == strings{"b"});
  CAF_CHECK(handed_over());
}

CAF_TEST(when an heir has departed the others of the next view get what is left) {
  link();
  publish({"a"}, policy::store_first);
  settle();
  give_word(1);
  depart_and_hand_over();
  hand_over(view(4, {"d-1"}));
  tell(outcome_atom::value, std::uint64_t{1}, reason_code::server_moved);
  CAF_CHECK(at("c-1").published.empty());
  CAF_CHECK_EQUAL(orphans("d-1"), "b-1 beside c-1");
  CAF_CHECK_EQUAL(office->expected[0].second, 1);
}

CAF_TEST(nothing goes to the departed pod any more) {
  depart();
  link();
  settle();
  CAF_CHECK(!far.linked());
  tell(tell_atom::value, pod_frame{frame_kind::reached, "x", nullptr});
  publish({"a"});
  CAF_CHECK(far.heard.empty());
}

CAF_TEST(alone what is left is for this pod) {
  publish({"a"}, policy::store_first);
  depart();
  hand_over(view(3, {}));
  CAF_REQUIRE_EQUAL(office->expected.size(), 1u);
  CAF_CHECK_EQUAL(office->expected[0].second, 0);
  const auto own = here();
  CAF_REQUIRE_EQUAL(own.size(), 1u);
  CAF_REQUIRE_EQUAL(own[0]->origin.orphans_of.size(), 1u);
  CAF_CHECK_EQUAL(own[0]->origin.orphans_of[0].beside.size(), 2u); // c and d went with it
}

CAF_TEST(a pod whose sessions move is told when it has confirmed all it was sent) {
  link();
  publish({"1", "-2", "3"});
  publish_to_group("4");
  settle();
  tell(yield_atom::value, view(3, {"b-1"}));
  CAF_CHECK(membership->drained.empty());
  answer({1, 2});
  CAF_CHECK(membership->drained.empty());
  answer({3});
  answer({4});
  CAF_CHECK_EQUAL(membership->drained, (std::vector<std::int64_t>{3}));
  answer({4});
  CAF_CHECK_EQUAL(membership->drained.size(), 1u); // once
  tell(yield_atom::value, view(4, {"b-1"}));
  CAF_CHECK_EQUAL(membership->drained.back(), 4); // nothing was sent meanwhile
}

CAF_TEST_FIXTURE_SCOPE_END()
