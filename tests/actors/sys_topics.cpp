// $SYS/broker: the names mosquitto's users know, and that only what changed is told again.
#define CAF_SUITE sys_topics
#include "actors/sys_topics.hpp"

#include "actors/frame_kinds.hpp"
#include "tests/actors/fixture.hpp"

#include <map>

using namespace mqttzoo;
using test::client;
using test::strings;

namespace {

struct sys_fixture : test::pod_fixture {
  net::io_counters io, io_of_second;
  client reader{*this, "r"};
  actors::sys_actor topics;

  sys_fixture() {
    reader.connect();
    reader.subscribe("$SYS/#");
    reader.received();
  }
  ~sys_fixture() {
    if (topics)
      caf::anon_send(topics, actors::shut_down_atom::value);
    settle();
  }

  void start() {
    topics = actors::spawn_on<actors::sys_topics>(
        services, sys, std::vector<const net::io_counters*>{&io, &io_of_second});
    settle();
  }

  void change_interval(std::chrono::milliseconds to) {
    services.settings.sys.interval = to;
    caf::anon_send(topics, actors::reloaded_atom::value);
    settle();
  }

  std::map<std::string, std::string> told() {
    std::map<std::string, std::string> values;
    for (const auto& p : reader.received_of<mqtt::publish_packet>())
      values[std::string{p.topic.substr(std::string_view{"$SYS/broker/"}.size())}] = p.payload;
    return values;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(sys_tests, sys_fixture)

CAF_TEST(the figures are sums over the units) {
  client there{*this, "t", second};
  there.connect();
  there.publish("x", "12345");
  io.bytes_in.add(10);
  io_of_second.bytes_in.add(32);
  start();
  auto v = told();
  CAF_CHECK_EQUAL(v["version"].find("mqttzoo version "), 0u);
  CAF_CHECK_EQUAL(v["uptime"], "0 seconds");
  CAF_CHECK_EQUAL(v["clients/connected"], "2");
  CAF_CHECK_EQUAL(v["clients/total"], "2");
  CAF_CHECK_EQUAL(v["publish/messages/received"], "1");
  CAF_CHECK_EQUAL(v["publish/bytes/received"], "5");
  CAF_CHECK_EQUAL(v["bytes/received"], "42");
  CAF_CHECK_EQUAL(v["subscriptions/count"], "1");
}

CAF_TEST(only what changed is told again) {
  start();
  told();
  client other{*this, "o"};
  other.connect(true, 3600);
  advance(services.settings.sys.interval);
  auto v = told();
  CAF_CHECK_EQUAL(v["clients/connected"], "2");
  CAF_CHECK_EQUAL(v.count("version"), 0u);
  CAF_CHECK_EQUAL(v.count("clients/expired"), 0u);
  other.lose_connection();
  advance(services.settings.sys.interval);
  v = told();
  CAF_CHECK_EQUAL(v["clients/connected"], "1");
  CAF_CHECK_EQUAL(v["clients/disconnected"], "1");
  CAF_CHECK_EQUAL(v.count("clients/maximum"), 0u);
}

CAF_TEST(a new reader gets all of it) {
  start();
  client late{*this, "l"};
  late.connect();
  late.subscribe("$SYS/broker/version");
  CAF_CHECK_EQUAL(late.payloads().size(), 1u);
}

CAF_TEST(nothing of it is stored) {
  start();
  CAF_CHECK_EQUAL(nodes_below(zk::paths{}.retained(), ""), 0u);
}

CAF_TEST(loads are averages a minute) {
  start();
  told();
  io.connections_opened.add(60);
  services.settings.sys.interval = std::chrono::seconds{60};
  advance(std::chrono::seconds{60});
  auto v = told();
  CAF_CHECK_GREATER(std::stod(v["load/sockets/1min"]), 37.0); // 60 a minute, weighted 1 - 1/e
  CAF_CHECK_LESS(std::stod(v["load/sockets/1min"]), 39.0);
  CAF_CHECK_LESS(std::stod(v["load/sockets/15min"]), std::stod(v["load/sockets/5min"]));
}

CAF_TEST(what goes on between pods is told by each and summed up) {
  join_cluster();
  enter_view(1, {"b-1"});
  services.counters.links_lost.add(2);
  second.counters.connections_carried.add(3);
  second.counters.connections_carried_ever.add(4);
  services.counters.claims_waiting.set(5);
  services.counters.claims_put_off.set(6);
  second.counters.claims_timed_out.add(7);
  services.counters.links_overflowed.add(8);
  services.counters.claims_overflowed.add(9);
  start();
  auto v = told();
  CAF_CHECK_EQUAL(v["links/lost"], "2");
  CAF_CHECK_EQUAL(v["links/connections carried"], "3");
  CAF_CHECK_EQUAL(v["links/connections carried in all"], "4");
  CAF_CHECK_EQUAL(v["links/claims waiting"], "5");
  CAF_CHECK_EQUAL(v["links/claims put off"], "6");
  CAF_CHECK_EQUAL(v["links/claims timed out"], "7");
  CAF_CHECK_EQUAL(v["links/refused"], "8");
  CAF_CHECK_EQUAL(v["links/claims refused"], "9");
  CAF_CHECK_EQUAL(v["cluster/links/lost"], "2");
  actors::cluster_figures others;
  others.of.fill(100);
  caf::anon_send(topics, actors::heard_atom::value, other("b-1").member,
                 actors::pod_frame{actors::frame_kind::figures, others.encode(), nullptr});
  settle();
  advance(services.settings.sys.interval);
  v = told();
  CAF_CHECK_EQUAL(v["cluster/links/lost"], "102");
  CAF_CHECK_EQUAL(v["cluster/links/connections carried"], "103");
  CAF_CHECK_EQUAL(v["cluster/links/claims waiting"], "105");
  CAF_CHECK_EQUAL(v["cluster/links/claims timed out"], "107");
  CAF_CHECK_EQUAL(v["cluster/pods"], "2");
  CAF_CHECK_EQUAL(v.count("links/lost"), 0u); // of this pod, and it has not changed
}

CAF_TEST(an interval of 0 turns it off) {
  services.settings.sys.interval = {};
  start();
  CAF_CHECK(told().empty());
  CAF_CHECK(timers.next() == net::time_point::max());
}

CAF_TEST(an interval that becomes 0 ends it and one that is no longer 0 begins it) {
  start();
  told();
  change_interval({});
  advance(std::chrono::hours{1});
  CAF_CHECK(told().empty());
  change_interval(std::chrono::seconds{10});
  CAF_CHECK_EQUAL(std::string{told()["uptime"]}, "3600 seconds");
  advance(std::chrono::seconds{10});
  CAF_CHECK_EQUAL(std::string{told()["uptime"]}, "3610 seconds");
}

CAF_TEST(a shorter interval counts from the last time) {
  start();
  told();
  change_interval(std::chrono::seconds{2});
  advance(std::chrono::milliseconds{1999});
  CAF_CHECK(told().empty());
  advance(std::chrono::milliseconds{1});
  CAF_CHECK_EQUAL(std::string{told()["uptime"]}, "2 seconds");
}

CAF_TEST(a turn that is due when the interval has become 0 is the last one) {
  start();
  services.settings.sys.interval = {};
  advance(std::chrono::hours{1});
  CAF_CHECK(timers.next() > clock.now() + std::chrono::seconds{1});
}

CAF_TEST_FIXTURE_SCOPE_END()
