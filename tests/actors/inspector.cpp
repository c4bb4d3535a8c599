// What the inspector says of actors: all of them, a page at a time, what they wait for, and what an
// operator has them do.
#define CAF_SUITE inspector
#include "actors/inspector.hpp"

#include "tests/actors/fixture.hpp"

#include <deque>
#include <set>

using namespace mqttzoo;
using actors::actor_number;
using actors::actor_query;
using actors::wait_kind;
using mqtt::qos;
using std::chrono::milliseconds;
using test::client;

namespace {

using ends = actors::inspector::ends;
using dismissed = actors::inspector::dismissed;

struct inspector_fixture : test::pod_fixture {
  std::deque<std::function<void()>> posted;
  std::size_t turns = 0;
  actors::inspector in{{{&services, poster()}, {&second, poster()}}};

  actors::inspector::post_function poster() {
    return [this](std::function<void()> job) { posted.push_back(std::move(job)); };
  }

  /// The units do what they were asked.
  void run_posted() {
    for (; !posted.empty(); ++turns) {
      auto job = std::move(posted.front());
      posted.pop_front();
      job();
    }
  }

  actors::actor_page list(actor_query q) {
    std::optional<actors::actor_page> got;
    in.list(std::move(q), [&](actors::actor_page p) { got = std::move(p); });
    run_posted();
    CAF_REQUIRE(got.has_value());
    return *std::move(got);
  }

  actors::actor_page clients(actor_query q = {}) {
    q.kind = "session";
    return list(std::move(q));
  }

  std::optional<actors::actor_details> find(actors::inspector::one which) {
    std::optional<std::optional<actors::actor_details>> got;
    in.find(std::move(which), [&](auto found) { got = std::move(found); });
    run_posted();
    CAF_REQUIRE(got.has_value());
    return *std::move(got);
  }

  actors::actor_details session_of(const std::string& id) {
    auto found = find({{}, "session", id});
    CAF_REQUIRE(found.has_value());
    return *std::move(found);
  }

  dismissed dismiss(const std::string& id, ends what) {
    std::optional<dismissed> got;
    in.dismiss(id, what, [&](dismissed how) { got = how; });
    run_posted();
    settle();
    return got.value();
  }
};

const actors::facts& part(const actors::facts& f, std::string_view name) {
  const auto* p = f.get<std::shared_ptr<const actors::facts>>(name);
  CAF_REQUIRE(p != nullptr);
  return **p;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(inspector_tests, inspector_fixture)

CAF_TEST(every actor of every unit is listed with its kind) {
  const auto page = list({});
  std::multiset<std::string> kinds;
  for (const auto& a : page.actors)
    kinds.insert(a.kind);
  CAF_CHECK_EQUAL(page.seen, page.matching);
  CAF_CHECK_EQUAL(page.actors.size(), in.actor_count());
  CAF_CHECK_EQUAL(kinds.count("courier"), 2u);
  for (const auto* kind : {"bank", "home", "index", "post_office", "reaper"})
    CAF_CHECK_EQUAL(kinds.count(kind), kind == std::string{"bank"} || kind == std::string{"reaper"}
                                           ? 0u // on a unit of their own here
                                           : 1u);
}

CAF_TEST(a client is an actor until its session is over) {
  client a{*this, "a"};
  client b{*this, "b", second};
  a.connect();
  b.connect();
  const auto page = clients();
  CAF_REQUIRE_EQUAL(page.actors.size(), 2u);
  CAF_CHECK_EQUAL(page.actors[0].subject, "a");
  CAF_CHECK_EQUAL(static_cast<int>(page.actors[1].unit), 1);
  a.lose_connection();
  settle();
  const auto left = clients();
  CAF_REQUIRE_EQUAL(left.actors.size(), 1u);
  CAF_CHECK_EQUAL(left.actors[0].subject, "b");
}

CAF_TEST(pages follow each other without a gap) {
  std::deque<client> all;
  for (int i = 0; i < 7; ++i)
    all.emplace_back(*this, "c" + std::to_string(i), i % 2 ? second : services).connect();
  std::set<std::string> seen;
  actor_query q;
  q.limit = 3;
  for (int pages = 1;; ++pages) {
    const auto page = clients(q);
    CAF_CHECK_EQUAL(page.matching, 7u);
    for (const auto& a : page.actors)
      CAF_CHECK(seen.insert(a.subject).second);
    q.after = page.next;
    if (page.next == actor_number::none) {
      CAF_CHECK_EQUAL(pages, 3);
      break;
    }
    CAF_REQUIRE(pages < 9);
  }
  CAF_CHECK_EQUAL(seen.size(), 7u);
}

CAF_TEST(lists are filtered and sorted) {
  client busy{*this, "busy"};
  client idle{*this, "idle"};
  busy.connect();
  idle.connect();
  for (int i = 0; i < 10; ++i)
    busy.publish("t", "x");
  actor_query by_runs;
  by_runs.by = actor_query::order::by_runs;
  by_runs.limit = 1;
  const auto page = clients(by_runs);
  CAF_REQUIRE_EQUAL(page.actors.size(), 1u);
  CAF_CHECK_EQUAL(page.actors[0].subject, "busy");
  CAF_CHECK(page.next == actor_number::none); // only ids have pages
  actor_query named;
  named.subject_contains = "dl";
  CAF_CHECK(clients(named).actors.at(0).subject == "idle");
  actor_query elsewhere;
  elsewhere.unit = unit_index{1};
  CAF_CHECK(clients(elsewhere).matching == 0);
}

CAF_TEST(mail that is not read yet is counted) {
  client a{*this, "a"};
  a.connect();
  const auto before = session_of("a").summary;
  for (int i = 0; i < 3; ++i)
    caf::anon_send(a.card->handle, actors::transit_fell_atom::value);
  const auto full = session_of("a").summary;
  CAF_CHECK_EQUAL(full.mailbox, 3u);
  settle();
  const auto read = session_of("a").summary;
  CAF_CHECK_EQUAL(read.mailbox, 0u);
  CAF_CHECK_EQUAL(read.mailbox_max, 3u);
  CAF_CHECK_EQUAL(read.messages, before.messages + 3);
}

CAF_TEST(a subscriber that does not acknowledge is waited for) {
  client publisher{*this, "p"};
  client subscriber{*this, "s"};
  publisher.connect();
  subscriber.connect();
  subscriber.subscribe("t", qos::at_least_once);
  CAF_CHECK(session_of("s").summary.waits_on == wait_kind::nothing);
  publisher.publish("t", "x", qos::at_least_once, 1);
  advance(milliseconds{1500});
  const auto s = session_of("s");
  CAF_CHECK(s.summary.waits_on == wait_kind::client);
  CAF_CHECK_EQUAL(std::string{s.summary.waits_what}, "PUBACK");
  CAF_CHECK(s.summary.waits_for == milliseconds{1500});
  const auto& sending = part(s.more, "sending");
  CAF_CHECK_EQUAL(sending.number("unacknowledged"), 1);
  CAF_CHECK_EQUAL(sending.number("oldest_sent_ms_ago"), 1500);
  CAF_CHECK_EQUAL(*sending.get<std::string>("oldest_topic"), "t");

  actor_query suspects;
  suspects.suspect_after = milliseconds{1500};
  CAF_CHECK(list(suspects).matching == 1);
  suspects.suspect_after = milliseconds{1501};
  CAF_CHECK(list(suspects).matching == 0);

  subscriber.acknowledge(mqtt::packet_type::puback, mqtt::packet_id{1});
  CAF_CHECK(session_of("s").summary.waits_on == wait_kind::nothing);
}

CAF_TEST(a publisher without a promise waits) {
  client publisher{*this, "p"};
  client away{*this, "w"};
  publisher.connect();
  away.connect(true, 3600);
  away.subscribe("t", qos::at_least_once);
  away.lose_connection();
  publisher.send(client::publish_bytes("t", "x", qos::at_least_once, 1)); // the topic lives
  publisher.write(client::publish_bytes("t", "y", qos::at_least_once, 2));
  run(); // all but the store
  clock.advance(milliseconds{700});
  const auto p = session_of("p");
  CAF_CHECK(p.summary.waits_on == wait_kind::actor);
  CAF_CHECK(p.summary.waits_for == milliseconds{700});
  CAF_CHECK_EQUAL(part(p.more, "publishing").number("without_promise"), 1);
  settle();
  CAF_CHECK(session_of("p").summary.waits_on == wait_kind::nothing);
}

CAF_TEST(an operator removes retained messages by a filter) {
  client publisher{*this, "p"};
  publisher.connect();
  for (const auto* topic : {"a/1", "a/2", "b/1"})
    publisher.publish(topic, "x", qos::at_least_once, 1, true);
  advance(std::chrono::minutes{5}); // topics fall asleep
  CAF_CHECK_EQUAL(pod.retained.messages.load(), 3u);
  std::size_t removed = 0;
  in.remove_retained("a/#", {}, [&](std::size_t n, const std::optional<std::string>& next) {
    removed = n;
    CAF_CHECK(!next);
  });
  run_posted();
  settle();
  CAF_CHECK_EQUAL(removed, 2u);
  CAF_CHECK_EQUAL(pod.retained.messages.load(), 1u);
  CAF_CHECK_EQUAL(nodes_below(zk::paths{}.retained(), ""), 1u);
  client late{*this, "l"};
  late.connect();
  late.subscribe("#");
  CAF_CHECK_EQUAL(late.payloads().size(), 1u);
}

CAF_TEST(many actors are read in many turns) {
  std::deque<client> all;
  const std::size_t n = 3 * actors::inspector::actors_a_turn;
  for (std::size_t i = 0; i < n; ++i)
    all.emplace_back(*this, "c" + std::to_string(i)).connect();
  turns = 0;
  CAF_CHECK(clients().matching == n);
  CAF_CHECK(turns >= 4);
  // Those that end meanwhile do no harm.
  std::optional<actors::actor_page> got;
  in.list({}, [&](actors::actor_page p) { got = std::move(p); });
  auto job = std::move(posted.front());
  posted.pop_front();
  job();
  for (auto& c : all)
    c.begin_losing();
  settle();
  run_posted();
  CAF_REQUIRE(got.has_value());
  CAF_CHECK(got->seen < n);
}

CAF_TEST(an actor is found by its number and others are not ) {
  client a{*this, "a"};
  a.connect();
  const auto id = clients().actors.at(0).id;
  CAF_CHECK(find({id, {}, {}})->summary.subject == "a");
  CAF_CHECK(!find({actor_number{1'000'000}, {}, {}}).has_value());
  CAF_CHECK(!find({{}, "session", "b"}).has_value());
}

CAF_TEST(a topic names its subscribers) {
  client publisher{*this, "p"};
  client subscriber{*this, "s"};
  publisher.connect();
  subscriber.connect();
  subscriber.subscribe("a/+", qos::at_least_once);
  publisher.publish("a/b", "x");
  const auto found = find({{}, "topic", "a/b"});
  CAF_REQUIRE(found.has_value());
  CAF_CHECK_EQUAL(found->more.number("session_count"), 1);
  const auto* sessions = found->more.get<std::vector<actors::facts>>("sessions");
  CAF_REQUIRE(sessions != nullptr);
  CAF_CHECK_EQUAL(*sessions->at(0).get<std::string>("client"), "s");
}

CAF_TEST(an operator disconnects a client and its session stays) {
  client a{*this, "a"};
  a.connect(true, 3600);
  CAF_CHECK(dismiss("a", ends::connection) == dismissed::done);
  const auto goodbye = a.received_of<mqtt::disconnect_packet>();
  CAF_REQUIRE_EQUAL(goodbye.size(), 1u);
  CAF_CHECK(goodbye[0].reason == mqtt::reason_code::administrative_action);
  CAF_CHECK(a.connect(false, 3600).session_present);
  CAF_CHECK(dismiss("b", ends::connection) == dismissed::not_here);
  CAF_CHECK(dismiss("b", ends::session) == dismissed::not_here);
  CAF_CHECK(dismiss("", ends::connection) == dismissed::not_here);
  CAF_CHECK(dismiss("", ends::session) == dismissed::not_here);
}

CAF_TEST(an operator drops a session with all it has) {
  client a{*this, "a"};
  a.connect(true, 3600);
  a.subscribe("t", qos::at_least_once);
  CAF_CHECK(dismiss("a", ends::session) == dismissed::done);
  CAF_CHECK(clients().matching == 0);
  CAF_CHECK_EQUAL(stored_sessions(), 0u);
  CAF_CHECK(!a.connect(false, 3600).session_present);
}

CAF_TEST(a session that moves cannot be dropped and says so) {
  pod.usher = sys.spawn(test::fake_usher, std::make_shared<test::usher_log>());
  client a{*this, "a"};
  a.connect(true, 3600);
  const auto tell = [&](auto... what) {
    caf::anon_send(a.card->handle, what...);
    settle();
  };
  tell(actors::dismiss_atom::value, actors::dismissal{a.card, mqtt::reason_code::use_another_server,
                                                      "b:1883", actors::dismissal::remains::rests});
  CAF_CHECK(dismiss("a", ends::session) == dismissed::moves);
  CAF_CHECK(dismiss("a", ends::connection) == dismissed::done); // there is none
  CAF_CHECK_EQUAL(stored_sessions(), 1u);
  tell(actors::go_back_atom::value);
  CAF_CHECK(dismiss("a", ends::session) == dismissed::done);
  CAF_CHECK_EQUAL(stored_sessions(), 0u);
  caf::anon_send(pod.usher, actors::shut_down_atom::value);
  settle();
}

CAF_TEST_FIXTURE_SCOPE_END()
