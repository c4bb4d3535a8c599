// SUBSCRIBE and UNSUBSCRIBE: what is granted, what the index and the store are asked, the answers.
#define CAF_SUITE session_subscribe
#include "session_fixture.hpp"

#include <algorithm>

using namespace mqttzoo::mqtt;
using namespace mqttzoo::mqtt::testing;

namespace {

using reasons = std::vector<reason_code>;

constexpr auto ok0 = reason_code::granted_qos_0;
constexpr auto ok1 = reason_code::granted_qos_1;
constexpr auto ok2 = reason_code::granted_qos_2;

struct fixture : session_fixture {
  void check_suback(packet_id of, const reasons& wanted) {
    const auto p = take<suback_packet>();
    CAF_CHECK(p.id == of); // [MQTT-3.8.4-2] [MQTT-3.8.4-2 v3] [MQTT-2.2.1-6] [MQTT-2.3.1-7 v3]
    CAF_CHECK(p.reasons == wanted);
  }
  void check_unsuback(packet_id of, const reasons& wanted) {
    const auto p = take<unsuback_packet>();
    CAF_CHECK(p.id == of);
    CAF_CHECK(p.reasons == wanted);
  }
  void subscribed(packet_id of, reason_code outcome = reason_code::success) {
    machine->on_subscribed(of, outcome, now);
  }
  void unsubscribed(packet_id of) { machine->on_unsubscribed(of, now); }
  bool has(const std::string& filter) { return machine->subscriptions().contains(filter); }

  subscribe_packet with(subscription_options options, std::string filter = "f") {
    subscribe_packet p;
    p.id = id(1);
    p.entries.push_back({std::move(filter), options});
    return p;
  }
  bool wants_retained(retain_handling how, std::string filter = "f") {
    subscription_options options;
    options.retained = how;
    send(with(options, std::move(filter)));
    return port.subscribed.back().accepted.at(0).wants_retained;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(session_subscribe_tests, fixture)

CAF_TEST(SUBACK comes when the subscriptions are in force) {
  // [MQTT-3.8.4-1] [MQTT-3.8.4-5] [MQTT-3.8.4-6] [MQTT-3.8.4-7] [MQTT-3.9.3-1]
  // [MQTT-3.8.4-1 v3] [MQTT-3.8.4-4 v3] [MQTT-3.8.4-5 v3] [MQTT-3.8.4-6 v3] [MQTT-3.9.3-1 v3]
  for (const auto v : all_versions) {
    connect(v);
    auto p = subscribe(id(3), {"a", "b/+", "$share/g/c/#"}, qos::at_least_once);
    p.entries[1].options.qos = qos::at_most_once;
    send(p);
    expect_nothing();
    CAF_CHECK_EQUAL(port.subscribed.back().accepted.size(), 3u);
    CAF_CHECK_EQUAL(counts.subscriptions.get(), 3u);
    subscribed(id(3));
    check_suback(id(3), {ok1, ok0, ok1});
    lose_connection();
    CAF_CHECK_EQUAL(counts.subscriptions.get(), 0u);
  }
}

CAF_TEST(acknowledgements and DISCONNECT do not wait for a SUBACK) {
  for (const auto v : all_versions) {
    connect(v);
    deliver("m", qos::at_least_once);
    const auto sent = take<publish_packet>();
    auto bytes = encoded(subscribe(id(3), {"a"}, qos::at_least_once));
    append_ack(packet_type::puback, sent.id, reason_code::success, v, bytes);
    CAF_CHECK_EQUAL(feed(bytes), bytes.size());
    CAF_CHECK_EQUAL(machine->sender().unacknowledged(), 0u);
    CAF_CHECK_EQUAL(feed(encoded(disconnect_packet{})), encoded(disconnect_packet{}).size());
    CAF_CHECK(!machine->connected());
  }
}

CAF_TEST(what is published behind a SUBSCRIBE waits for the SUBACK or for nobody who waits for that) {
  for (const bool taken_over : {false, true}) {
    connect(protocol_version::v5);
    send(subscribe(id(3), {"a"}));
    const auto bytes = encoded(publish("a", "m"));
    CAF_CHECK_EQUAL(feed(bytes), 0u);
    CAF_CHECK(port.paused);
    if (taken_over) {
      machine->give_up_answers();
      CAF_CHECK_EQUAL(feed(bytes), bytes.size());
      subscribed(id(3));
      expect_nothing();
    } else {
      subscribed(id(3));
      check_suback(id(3), {ok2});
      CAF_CHECK(!port.paused);
    }
    lose_connection();
  }
}

CAF_TEST(what is asked for when nobody waits for answers is not answered and holds nothing up) {
  for (const auto v : all_versions) {
    connect(v);
    feed(encoded(subscribe(id(1), {"a"})) + encoded(publish("a", "m")));
    CAF_CHECK(port.paused);
    machine->give_up_answers();
    const auto bytes = encoded(subscribe(id(2), {"b", "b#"})) + encoded(unsubscribe(id(3), {"a"})) +
                       encoded(unsubscribe(id(4), {"none"})) + encoded(publish("b", "m")) +
                       encoded(disconnect_packet{});
    CAF_CHECK_EQUAL(feed(bytes), bytes.size());
    CAF_CHECK(!machine->connected());
    CAF_CHECK_EQUAL(port.published.size(), 1u);
    subscribed(id(1));
    subscribed(id(2));
    unsubscribed(id(3));
    expect_nothing();
    port.published.clear();

    CAF_MESSAGE("the next connection is answered again, and waits for that");
    connect(v);
    send(subscribe(id(1), {"a"}));
    CAF_CHECK_EQUAL(feed(encoded(publish("a", "m"))), 0u);
    subscribed(id(1));
    check_suback(id(1), {ok2});
    lose_connection();
  }
}

CAF_TEST(each filter is judged by itself) { // [MQTT-3.8.4-5] [MQTT-3.9.3-2] [MQTT-3.9.3-2 v3]
  limits.subscribe_deny = {"secret"};
  connect(protocol_version::v5);
  send(subscribe(id(1), {"a", "a/#/b", "secret", "$share//x", "$share/g/secret", "b"}));
  subscribed(id(1));
  check_suback(id(1), {ok2, reason_code::topic_filter_invalid, reason_code::not_authorized,
                       reason_code::topic_filter_invalid, reason_code::not_authorized, ok2});
  CAF_CHECK_EQUAL(port.subscribed[0].accepted.size(), 2u);
  connect(protocol_version::v3_1_1);
  send(subscribe(id(1), {"secret"}));
  check_suback(id(1), {reason_code::unspecified_error}); // 0x80, at once
}

CAF_TEST(what the server does not support is refused in SUBACK) {
  limits.wildcard_available = limits.shared_available = false;
  limits.subscription_identifiers_available = false;
  limits.qos_max = qos::at_most_once; // [MQTT-3.2.2-10]
  connect(protocol_version::v5);
  send(subscribe(id(1), {"a", "+", "$share/g/a"}));
  subscribed(id(1));
  check_suback(id(1), {ok0, reason_code::wildcard_subscriptions_not_supported,
                       reason_code::shared_subscriptions_not_supported});
  auto p = subscribe(id(2), {"a"});
  p.subscription_identifier = 5;
  send(p);
  check_suback(id(2), {reason_code::subscription_identifiers_not_supported});
}

CAF_TEST(the number of subscriptions is bounded) {
  limits.subscriptions_max = 2;
  connect(protocol_version::v5);
  send(subscribe(id(1), {"a", "b", "c", "a"}));
  subscribed(id(1));
  check_suback(id(1), {ok2, ok2, reason_code::quota_exceeded, ok2});
  CAF_CHECK_EQUAL(counts.subscriptions_refused.get(), 1u);
}

CAF_TEST(the bytes of filters are bounded) {
  limits.subscriptions_bytes_max = 10;
  const auto full = reason_code::quota_exceeded;
  connect(protocol_version::v5);
  send(subscribe(id(1), {"12345", "1234", "12", "12345", "1"}));
  subscribed(id(1));
  check_suback(id(1), {ok2, ok2, full, ok2, ok2});
  CAF_CHECK_EQUAL(counts.subscriptions_refused.get(), 1u);

  CAF_MESSAGE("one that goes makes room, also if it could not be stored");
  send(unsubscribe(id(2), {"1234", "none"}));
  unsubscribed(id(2));
  received();
  send(subscribe(id(3), {"abcd"}));
  subscribed(id(3), full);
  received();
  send(subscribe(id(4), {"efgh", "x"}));
  unsubscribed(id(3));
  subscribed(id(4));
  check_suback(id(4), {ok2, full});

  CAF_MESSAGE("a session that begins anew has all of it");
  connect(protocol_version::v3_1_1);
  send(subscribe(id(1), {"0123456789"}));
  subscribed(id(1));
  check_suback(id(1), {ok2});
  send(subscribe(id(2), {"x"}));
  check_suback(id(2), {reason_code::unspecified_error}); // 0x80
}

CAF_TEST(what a new process finds of subscriptions counts) {
  limits.subscriptions_bytes_max = 10;
  renew();
  subscription found;
  found.filter = "12345678";
  machine->restore(3600, {found}, now + 1h);
  connect(persistent_hello(protocol_version::v5));
  send(subscribe(id(1), {"12345678", "abc", "de"}));
  subscribed(id(1));
  check_suback(id(1), {ok2, reason_code::quota_exceeded, ok2});
}

CAF_TEST(the same filter replaces a subscription) { // [MQTT-3.8.4-3] [MQTT-3.8.4-3 v3]
  connect(protocol_version::v5);
  send(subscribe(id(1), {"a"}, qos::exactly_once));
  auto p = subscribe(id(2), {"a"}, qos::at_least_once);
  p.subscription_identifier = 9;
  send(p);
  CAF_CHECK_EQUAL(counts.subscriptions.get(), 1u);
  CAF_CHECK(machine->subscriptions().at("a").options.qos == qos::at_least_once);
  CAF_CHECK_EQUAL(machine->subscriptions().at("a").identifier, 9u);
}

CAF_TEST(retain handling decides who gets retained messages) {
  // [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11] [MQTT-3.8.4-4]
  connect(protocol_version::v5);
  CAF_CHECK(wants_retained(retain_handling::send_if_new));
  CAF_CHECK(!wants_retained(retain_handling::send_if_new));
  CAF_CHECK(wants_retained(retain_handling::send));
  CAF_CHECK(wants_retained(retain_handling::send));
  CAF_CHECK(!wants_retained(retain_handling::do_not_send, "new"));
  CAF_CHECK(!wants_retained(retain_handling::send, "$share/g/f")); // section 4.8.2
}

CAF_TEST(of a filter that comes more than once the last one is in force) {
  // [MQTT-3.8.4-3] [MQTT-3.8.4-5] [MQTT-3.8.4-6]
  connect(protocol_version::v5);
  auto p = subscribe(id(1), std::vector<std::string>(1000, "#"));
  p.entries.insert(p.entries.begin() + 500, {"a", p.entries[0].options});
  p.entries.back().options.qos = qos::at_least_once;
  p.entries.back().options.no_local = true;
  send(p);
  const auto& accepted = port.subscribed.at(0).accepted;
  CAF_REQUIRE_EQUAL(accepted.size(), 2u);
  CAF_CHECK_EQUAL(accepted[0].filter, "#");
  CAF_CHECK(accepted[0].options.qos == qos::at_least_once);
  CAF_CHECK(accepted[0].options.no_local);
  CAF_CHECK_EQUAL(accepted[1].filter, "a");
  CAF_CHECK_EQUAL(machine->subscriptions().size(), 2u);
  CAF_CHECK_EQUAL(counts.subscriptions.get(), 2u);
  subscribed(id(1));
  reasons wanted(1001, ok2);
  wanted.back() = ok1;
  check_suback(id(1), wanted);
}

CAF_TEST(retained messages follow if any of them asks for these) { // [MQTT-3.3.1-9] [MQTT-3.3.1-10]
  connect(protocol_version::v5);
  auto p = subscribe(id(1), {"new", "new", "none", "none"});
  p.entries[0].options.retained = p.entries[1].options.retained = retain_handling::send_if_new;
  p.entries[2].options.retained = p.entries[3].options.retained = retain_handling::do_not_send;
  send(p);
  const auto& accepted = port.subscribed.at(0).accepted;
  CAF_REQUIRE_EQUAL(accepted.size(), 2u);
  CAF_CHECK(accepted[0].wants_retained);
  CAF_CHECK(!accepted[1].wants_retained);
}

CAF_TEST(UNSUBSCRIBE says for each filter whether there was one) {
  // [MQTT-3.10.4-1] [MQTT-3.10.4-4] [MQTT-3.10.4-5] [MQTT-3.10.4-6] [MQTT-3.11.3-1] [MQTT-3.11.3-2]
  // [MQTT-3.10.4-1 v3] [MQTT-3.10.4-4 v3] [MQTT-3.10.4-5 v3] [MQTT-3.10.4-6 v3]
  connect(protocol_version::v5);
  send(subscribe(id(1), {"a/+", "b"}));
  subscribed(id(1));
  received();
  send(unsubscribe(id(2), {"a/x", "a/+", "c"}));
  expect_nothing();
  CAF_CHECK(port.unsubscribed.at(0).filters == std::vector<std::string>{"a/+"});
  unsubscribed(id(2));
  const auto none = reason_code::no_subscription_existed;
  check_unsuback(id(2), {none, reason_code::success, none});
  send(unsubscribe(id(3), {"a/+"}));
  check_unsuback(id(3), {none});
  CAF_CHECK_EQUAL(counts.subscriptions.get(), 1u);
  connect(protocol_version::v3_1_1);
  send(unsubscribe(id(4), {"none"}));
  check_unsuback(id(4), {});
}

CAF_TEST(a subscription that could not be stored does not remain) {
  connect(persistent_hello(protocol_version::v5));
  send(subscribe(id(1), {"old"}, qos::at_least_once));
  subscribed(id(1));
  received();
  send(subscribe(id(2), {"new", "old", "bad#"}, qos::exactly_once));
  subscribed(id(2), reason_code::quota_exceeded);
  check_suback(id(2), {reason_code::quota_exceeded, reason_code::quota_exceeded,
                       reason_code::topic_filter_invalid});
  CAF_CHECK(!has("new"));
  CAF_CHECK(machine->subscriptions().at("old").options.qos == qos::at_least_once);
  CAF_CHECK_EQUAL(counts.subscriptions.get(), 1u);

  CAF_MESSAGE("the routes are told, and their answers are for nobody");
  CAF_CHECK(port.unsubscribed.at(0).filters == std::vector<std::string>{"new"});
  const auto& back = port.subscribed.at(2).accepted.at(0);
  CAF_CHECK_EQUAL(back.filter, "old");
  CAF_CHECK(back.options.qos == qos::at_least_once);
  CAF_CHECK(!back.wants_retained);
  send(subscribe(id(2), {"next"}));
  subscribed(id(2));
  unsubscribed(id(2));
  expect_nothing();
  subscribed(id(2));
  check_suback(id(2), {ok2});
}

CAF_TEST(a filter that came twice goes back to what was before both) {
  connect(persistent_hello(protocol_version::v5));
  send(subscribe(id(1), {"old"}, qos::at_most_once));
  subscribed(id(1));
  send(subscribe(id(2), {"old", "new", "old", "new"}, qos::exactly_once));
  subscribed(id(2), reason_code::quota_exceeded);
  CAF_CHECK(!has("new"));
  CAF_CHECK(machine->subscriptions().at("old").options.qos == qos::at_most_once);
  CAF_CHECK_EQUAL(counts.subscriptions.get(), 1u);
  CAF_CHECK_EQUAL(port.unsubscribed.at(0).filters.size(), 1u);
  CAF_CHECK_EQUAL(port.subscribed.back().accepted.size(), 1u);
}

CAF_TEST(what a later request did stays) {
  connect(persistent_hello(protocol_version::v5));
  send(subscribe(id(1), {"a", "b", "c"}, qos::at_most_once));
  send(subscribe(id(2), {"a"}, qos::exactly_once));
  send(unsubscribe(id(3), {"b"}));
  subscribed(id(1), reason_code::quota_exceeded);
  CAF_CHECK(has("a"));
  CAF_CHECK(!has("b"));
  CAF_CHECK(!has("c"));
  CAF_CHECK_EQUAL(counts.subscriptions.get(), 1u);
  CAF_MESSAGE("and goes to the state before both if it fails as well");
  subscribed(id(2), reason_code::quota_exceeded);
  CAF_CHECK(!has("a"));
  CAF_CHECK_EQUAL(counts.subscriptions.get(), 0u);
}

CAF_TEST(an answer belongs to the connection that asked) {
  connect(persistent_hello(protocol_version::v5));
  send(subscribe(id(1), {"a"}));
  send(unsubscribe(id(1), {"a"}));
  lose_connection();
  connect(persistent_hello(protocol_version::v5));
  send(subscribe(id(1), {"b"}));
  send(unsubscribe(id(1), {"b"}));
  subscribed(id(1)); // of "a"
  unsubscribed(id(1));
  expect_nothing();
  subscribed(id(1));
  check_suback(id(1), {ok2});
  unsubscribed(id(1));
  check_unsuback(id(1), {reason_code::success});
}

CAF_TEST(requests under way are bounded) {
  connect(protocol_version::v5);
  const auto one = encoded(subscribe(id(1), {"a"}));
  std::string many;
  for (int i = 0; i < 300; ++i)
    many += one;
  const auto taken = feed(many);
  CAF_CHECK(taken < many.size());
  CAF_CHECK_EQUAL(taken % one.size(), 0u);
  CAF_CHECK(port.paused);
  subscribed(id(1));
  CAF_CHECK(!port.paused);
  CAF_CHECK_EQUAL(feed(std::string_view{many}.substr(taken)), one.size());
}

CAF_TEST(filters under way are bounded) {
  connect(protocol_version::v5);
  const auto one = encoded(subscribe(id(2), {"a"}));
  send(subscribe(id(1), std::vector<std::string>(1023, "#")));
  CAF_CHECK_EQUAL(feed(one), one.size());
  CAF_CHECK(!port.paused);
  CAF_CHECK_EQUAL(feed(one), 0u);
  CAF_CHECK(port.paused);
  subscribed(id(1));
  CAF_CHECK(!port.paused);
  CAF_CHECK_EQUAL(feed(one), one.size());

  CAF_MESSAGE("those of UNSUBSCRIBE count, too");
  send(unsubscribe(id(3), std::vector<std::string>(1024, "a")));
  CAF_CHECK_EQUAL(feed(one), 0u);
  CAF_CHECK(port.paused);
  unsubscribed(id(3));
  CAF_CHECK(!port.paused);
}

CAF_TEST(the state to keep changes with subscriptions) {
  connect(persistent_hello(protocol_version::v5));
  send(subscribe(id(1), {"a"}));
  CAF_CHECK_EQUAL(port.changes, 1);
  send(unsubscribe(id(2), {"a"}));
  CAF_CHECK_EQUAL(port.changes, 2);
  send(unsubscribe(id(3), {"a"}));
  CAF_CHECK_EQUAL(port.changes, 2);
}

CAF_TEST(an answer larger than the client takes ends the connection) { // [MQTT-3.1.2-24]
  auto p = hello(protocol_version::v5);
  p.maximum_packet_size = 40;
  connect(p);
  send(subscribe(id(1), std::vector<std::string>(50, "a")));
  subscribed(id(1));
  expect_closed(reason_code::packet_too_large);
}

CAF_TEST_FIXTURE_SCOPE_END()
