// What post offices tell each other of retained messages survives the way, and nonsense does not.
#define CAF_SUITE retained_frames
#include "actors/retained_frames.hpp"

#include "actors/retained_history.hpp"
#include "mqtt/message.hpp"

#include <caf/test/dsl.hpp>

#include <algorithm>

using namespace mqttzoo;
using namespace mqttzoo::actors;
using std::chrono::milliseconds;

namespace {

const net::time_point start{std::chrono::hours{1}};

mqtt::message_ref make_message(std::string_view payload,
                               net::time_point expires = net::time_point::max()) {
  mqtt::message_head head;
  head.topic = make_ref<const mqtt::shared_topic>("a/b");
  head.qos = mqtt::qos::exactly_once;
  head.retain = head.payload_is_utf8 = true;
  head.expires_at = expires;
  return mqtt::message::make(std::move(head), "forwarded", payload);
}

/// As it comes over a link: in one piece.
pod_frame over_a_link(pod_frame f) {
  if (f.payload)
    f.body += f.payload->payload();
  f.payload = nullptr;
  return f;
}

member_ref member(const std::string& life) {
  return make_ref<const cluster_member>(pod_life{life});
}

} // namespace

CAF_TEST(a message arrives as it was) {
  const auto m = make_message("payload", start + milliseconds{1500});
  for (const auto& f : {encode_retained_news("a/b", m, start),
                        over_a_link(encode_retained_news("a/b", m, start))}) {
    const auto got = decode_retained_news(f, start + std::chrono::hours{5}); // another pod's clock
    CAF_REQUIRE(got);
    CAF_CHECK_EQUAL(got->topic, "a/b");
    CAF_REQUIRE(got->message);
    CAF_CHECK_EQUAL(got->message->topic(), "a/b");
    CAF_CHECK_EQUAL(got->message->payload(), "payload");
    CAF_CHECK_EQUAL(got->message->forwarded(), "forwarded");
    CAF_CHECK(got->message->qos() == mqtt::qos::exactly_once);
    CAF_CHECK(got->message->retain());
    CAF_CHECK(got->message->payload_is_utf8());
    CAF_CHECK(got->message->expires_at() == start + std::chrono::hours{5} + milliseconds{1500});
  }
}

CAF_TEST(one that never expires does not there either) {
  const auto got = decode_retained_news(encode_retained_news("a/b", make_message("p"), start), {});
  CAF_REQUIRE(got);
  CAF_CHECK(got->message->expires_at() == net::time_point::max());
}

CAF_TEST(a removal and a commit arrive as they were) {
  const auto removal = decode_retained_news(encode_retained_news("a/b", nullptr, start), start);
  CAF_REQUIRE(removal);
  CAF_CHECK_EQUAL(removal->topic, "a/b");
  CAF_CHECK(!removal->message);
  const auto commit = decode_retained_commit(encode_retained_commit({"a/b", 0x123456789}));
  CAF_REQUIRE(commit);
  CAF_CHECK_EQUAL(commit->topic, "a/b");
  CAF_CHECK_EQUAL(commit->zxid, 0x123456789);
}

CAF_TEST(every frame that was cut short is refused) {
  const auto m = over_a_link(encode_retained_news("a/b", make_message("p"), start));
  const auto removal = encode_retained_news("a/b", nullptr, start);
  for (const auto& whole : {m, removal})
    for (std::size_t n = 0; n < whole.body.size(); ++n) {
      auto f = whole;
      f.body.resize(n);
      CAF_CHECK(!decode_retained_news(f, start));
    }
  auto commit = encode_retained_commit({"a", 1});
  for (std::size_t n = 0; n < commit.body.size(); ++n) {
    auto f = commit;
    f.body.resize(n);
    CAF_CHECK(!decode_retained_commit(f));
  }
}

CAF_TEST(values that no pod writes are refused) {
  const auto with = [](char flags) {
    auto f = over_a_link(encode_retained_news("a/b", make_message("p"), start));
    f.body[0] = flags;
    return f;
  };
  CAF_CHECK(decode_retained_news(with(0x0a), start));
  CAF_CHECK(!decode_retained_news(with(0x0b), start)); // QoS 3
  CAF_CHECK(!decode_retained_news(with(0x1a), start)); // a bit without meaning
  CAF_CHECK(!decode_retained_news(with(0x00), start)); // a removal with a message
  auto commit = encode_retained_commit({"a", 1});
  commit.body[0] = '\x80'; // a negative number
  CAF_CHECK(!decode_retained_commit(commit));
}

CAF_TEST(the newest transaction of each topic counts) {
  retained_history h;
  CAF_CHECK(h.note("a", 5, retained_change::set));
  CAF_CHECK(!h.note("a", 5, retained_change::set));
  CAF_CHECK(!h.note("a", 4, retained_change::removed));
  CAF_CHECK(h.note("b", 4, retained_change::set));
  CAF_CHECK(h.note("a", 6, retained_change::removed));
  CAF_CHECK(!h.note("a", 5, retained_change::set)); // late
}

CAF_TEST(removed topics are forgotten in the end) {
  retained_history h;
  h.note("kept", 1, retained_change::removed);
  h.note("kept", 2, retained_change::set);
  h.note("removed", 3, retained_change::removed);
  for (std::size_t i = 0; i < retained_history::removed_max; ++i)
    h.note(std::to_string(i), 10, retained_change::removed);
  CAF_CHECK_EQUAL(h.newest("removed"), 0);
  CAF_CHECK_EQUAL(h.newest("kept"), 2);
  CAF_CHECK_EQUAL(h.newest("7"), 10);
}

CAF_TEST(what was announced is taken once and by its own pod only) {
  retained_history h;
  h.announced(member("a"), {"t", make_message("1")});
  h.announced(member("b"), {"t", make_message("2")});
  h.announced(member("a"), {"t", make_message("3")});
  const auto got = h.take(member("a"), "t");
  CAF_REQUIRE(got);
  CAF_CHECK_EQUAL(got->message->payload(), "3");
  CAF_CHECK(!h.take(member("a"), "t"));
  const auto self = member("c");
  const cluster_view without_b{1, {self}, self};
  CAF_CHECK_EQUAL(h.take_departed(without_b), std::vector<std::string>{"t"});
  CAF_CHECK(!h.take(member("b"), "t"));
}

CAF_TEST(what was withheld is unknown until it is taken or its pod departs) {
  retained_history h;
  const auto self = member("c");
  const cluster_view without_a{1, {self}, self};
  h.announced(member("a"), {"t", make_message("1")});
  h.withheld(member("a"), "t");
  CAF_CHECK(!h.take(member("a"), "t"));
  CAF_CHECK(h.take_departed(without_a).empty());
  h.withheld(member("a"), "t");
  h.withheld(member("a"), "u");
  h.announced(member("a"), {"u", make_message("2")});
  CAF_CHECK(h.take(member("a"), "u"));
  CAF_CHECK_EQUAL(h.take_departed(without_a), std::vector<std::string>{"t"});
  CAF_CHECK(h.take_departed(without_a).empty());
}

CAF_TEST(only what was withheld of late is looked up when its pod departs) {
  retained_history h;
  const auto self = member("c");
  h.withheld(member("a"), "old");
  h.withheld(member("a"), "again");
  h.withheld(member("a"), "again");
  for (std::size_t i = 1; i < retained_history::withheld_max; ++i)
    h.withheld(member("a"), std::to_string(i));
  const auto topics = h.take_departed({1, {self}, self});
  CAF_CHECK_EQUAL(topics.size(), retained_history::withheld_max);
  CAF_CHECK(std::find(topics.begin(), topics.end(), "old") == topics.end());
  CAF_CHECK(std::find(topics.begin(), topics.end(), "again") != topics.end());
}

CAF_TEST(what is announced when there are too many is looked up when its pod departs) {
  retained_history h;
  const auto self = member("c");
  for (std::size_t i = 0; i < retained_history::announced_max; ++i)
    h.announced(self, {std::to_string(i), nullptr});
  h.announced(member("a"), {"t", make_message("1")});
  CAF_CHECK_EQUAL(h.take_departed({1, {self}, self}), std::vector<std::string>{"t"});
}

CAF_TEST(own commits are kept for a while) {
  retained_history h;
  h.own_commit("a", 1, start);
  h.own_commit("b", 2, start + retained_history::own_commits_kept);
  CAF_CHECK_EQUAL(h.own_commits(start + retained_history::own_commits_kept).size(), 2u);
  CAF_CHECK_EQUAL(
      h.own_commits(start + retained_history::own_commits_kept + milliseconds{1}).size(), 1u);
}
