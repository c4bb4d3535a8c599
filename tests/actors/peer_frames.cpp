// Frames between peers: what is written is read, and nothing else is.
#define CAF_SUITE peer_frames
#include "actors/peer_frames.hpp"

#include "actors/publish_ticket.hpp"
#include "core/random.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo;
using namespace mqttzoo::actors;
using namespace std::chrono_literals;

namespace {

const mqtt::time_point now{1h};

mqtt::message_ref message(const std::string& topic, const std::string& payload,
                          mqtt::qos q = mqtt::qos::at_least_once) {
  mqtt::message_head head;
  head.topic = make_ref<const mqtt::shared_topic>(topic);
  head.qos = q;
  head.retain = true;
  head.payload_is_utf8 = true;
  head.expires_at = now + 7s;
  return mqtt::message::make(std::move(head), "forwarded", payload);
}

/// As the other side gets it.
std::string wire(const pod_frame& f) {
  return f.body + (f.payload ? std::string{f.payload->payload()} : std::string{});
}

std::string messages_frame(const mqtt::message_ref& m) {
  const std::vector<actors::departed_pod> orphans{
      {pod_life{"pod-1"}, {}}, {pod_life{"pod-2"}, {pod_life{"pod-3"}, pod_life{"pod-4"}}}};
  messages_writer w{m->topic(), orphans, 17};
  w.add(m, now);
  return wire(w.take());
}

/// What is cut off or changed anywhere is refused or read as something else, and never crashes.
template<class Decode>
void check_hostile(const std::string& good, Decode decode) {
  for (std::size_t n = 0; n < good.size(); ++n)
    decode(good.substr(0, n));
  core::random_source random{7};
  for (int i = 0; i < 2000; ++i) {
    auto bad = good;
    bad[random.below(bad.size())] = static_cast<char>(random());
    decode(bad);
  }
}

} // namespace

CAF_TEST(a message keeps the mark of a trace) {
  const auto m = message("a", "payload");
  m->begin_trace(mqtt::make_mark(mqtt::trace_tag{7}, 99));
  messages_writer w{m->topic(), {}, 17};
  w.add(m, now);
  w.add(message("a", "another"), now);
  const auto body = wire(w.take());
  messages_reader in{body};
  CAF_CHECK(in.next(m->shared_topic_name(), now)->trace() == m->trace());
  CAF_CHECK(in.next(m->shared_topic_name(), now)->trace() == mqtt::trace_mark::none);
  CAF_CHECK(!in.next(m->shared_topic_name(), now) && !in.failed());
}

CAF_TEST(messages of a topic) {
  const auto m = message("a/b", "payload");
  const std::vector<departed_pod> orphans{
      {pod_life{"pod-1"}, {}}, {pod_life{"pod-2"}, {pod_life{"pod-3"}, pod_life{"pod-4"}}}};
  messages_writer w{m->topic(), orphans, 17, "p"};
  CAF_CHECK(w.empty());
  w.add(m, now);
  w.add(message("a/b", std::string(payload_copied_max + 1, 'x')), now);
  CAF_CHECK(!w.has_room()); // what is large comes last
  const auto frame = w.take();
  CAF_CHECK(frame.payload != nullptr);
  const auto body = wire(frame);
  messages_reader in{body};
  CAF_CHECK_EQUAL(in.topic(), "a/b");
  CAF_CHECK(in.orphans_of() == orphans);
  CAF_CHECK_EQUAL(in.first_number(), 17u);
  CAF_CHECK_EQUAL(in.client(), "p");
  const auto first = in.next(m->shared_topic_name(), now + 2s);
  CAF_REQUIRE(first);
  CAF_CHECK_EQUAL(first->payload(), "payload");
  CAF_CHECK_EQUAL(first->forwarded(), "forwarded");
  CAF_CHECK(first->qos() == mqtt::qos::at_least_once);
  CAF_CHECK(first->retain() && first->payload_is_utf8());
  CAF_CHECK(first->expires_at() == now + 9s); // what is left counts from when it comes
  const auto second = in.next(m->shared_topic_name(), now);
  CAF_REQUIRE(second);
  CAF_CHECK_EQUAL(second->payload().size(), payload_copied_max + 1);
  CAF_CHECK(!in.next(m->shared_topic_name(), now));
  CAF_CHECK(!in.failed());
}

CAF_TEST(messages that make no sense) {
  const auto good = messages_frame(message("a/b", "payload"));
  const auto topic = make_ref<const mqtt::shared_topic>("a/b");
  const auto read = [&](const std::string& body) {
    messages_reader in{body};
    while (!in.failed() && in.next(topic, now)) {
    }
    return !in.failed();
  };
  CAF_CHECK(read(good));
  for (std::size_t n = 0; n < good.size(); ++n)
    CAF_CHECK(!read(good.substr(0, n)));
  CAF_CHECK(!read(good + 'x'));
  CAF_CHECK(!read(messages_frame(message("a/+", "a wildcard is no topic"))));
  check_hostile(good, read);
}

CAF_TEST(receipts) {
  const auto body =
      wire(encode_settled({mqtt::reason_code::quota_exceeded, {1, 2, 0xFFFF'FFFF'FFFF'FFFF}}));
  const auto r = decode_settled(body);
  CAF_REQUIRE(r);
  CAF_CHECK(r->outcome == mqtt::reason_code::quota_exceeded);
  CAF_CHECK(r->numbers == std::vector<std::uint64_t>({1, 2, 0xFFFF'FFFF'FFFF'FFFF}));
  CAF_CHECK(!r->delayed);
  const mqtt::settlement why{mqtt::reason_code::quota_exceeded, mqtt::limit::client_share, 77};
  auto late = wire(encode_settled({why, {3}, true}));
  const auto l = decode_settled(late);
  CAF_REQUIRE(l);
  CAF_CHECK(l->outcome == why);
  CAF_CHECK(l->delayed);
  for (const auto at : {std::size_t{1}, std::size_t{6}}) { // the limit, and whether it is the end
    auto wrong = late;
    wrong[at] = '\x40';
    CAF_CHECK(!decode_settled(wrong));
  }
  CAF_CHECK(!decode_settled(body + 'x'));
  CAF_CHECK(!decode_settled(""));
}

CAF_TEST(words and outcomes) {
  const std::vector<zk::op> ops{zk::check_op{"/mqttzoo/sessions/aa/bb/s/owner", 3},
                                zk::create_op{"/mqttzoo/topics/aa/bb/m", std::string("data\0", 5)}};
  const auto body = wire(encode_word(9, ops));
  const auto w = decode_word(body);
  CAF_REQUIRE(w);
  CAF_CHECK_EQUAL(w->number, 9u);
  CAF_REQUIRE_EQUAL(w->ops.size(), 2u);
  CAF_CHECK_EQUAL(std::get<zk::check_op>(w->ops[0]).expected, 3);
  CAF_CHECK_EQUAL(std::get<zk::create_op>(w->ops[1]).data.size(), 5u);
  const std::vector<zk::op> nowhere{zk::check_op{"no path", 0}};
  CAF_CHECK(!decode_word(wire(encode_word(9, nowhere))));
  check_hostile(body, [](const std::string& bad) { return decode_word(bad).has_value(); });
  const auto o = decode_outcome(wire(encode_outcome({9, mqtt::reason_code::server_moved})));
  CAF_REQUIRE(o);
  CAF_CHECK(o->outcome == mqtt::reason_code::server_moved);
  CAF_CHECK(!decode_outcome("12345678"));
}

CAF_TEST(messages for a group) {
  group_mail mail;
  mail.filter = "$share/g/a/#";
  mail.message = message("a/b", "payload", mqtt::qos::exactly_once);
  mail.number = 5;
  mail.client = to_client("p");
  const auto body = wire(encode_group(mail, now));
  const auto read = decode_group(body, now);
  CAF_REQUIRE(read);
  CAF_CHECK_EQUAL(read->filter, mail.filter);
  CAF_CHECK_EQUAL(read->number, 5u);
  CAF_REQUIRE(read->client);
  CAF_CHECK_EQUAL(read->client->str(), "p");
  CAF_CHECK_EQUAL(read->message->topic(), "a/b");
  CAF_CHECK_EQUAL(read->message->payload(), "payload");
  mail.filter = "$share/g/t";
  for (int i = 1; i < 200; ++i) // that pod may let its clients have so many
    mail.filter += "/t";
  CAF_CHECK(decode_group(wire(encode_group(mail, now)), now).has_value());
  mail.filter = "a/#"; // no group
  CAF_CHECK(!decode_group(wire(encode_group(mail, now)), now));
  check_hostile(body, [](const std::string& bad) { return decode_group(bad, now).has_value(); });
  CAF_CHECK_EQUAL(decode_returned(wire(encode_returned(5))).value_or(0), 5u);
  CAF_CHECK(!decode_returned("1234567"));
}
