// Sessions of a pod that departed: whose they become, with everything that is stored of them.
#define CAF_SUITE adopter
#include "actors/move_frames.hpp"
#include "tests/actors/cluster_store.hpp"

#include <algorithm>
#include <set>

using namespace mqttzoo;
using mqtt::reason_code;

namespace {

struct adopter_fixture : test::cluster_store_fixture {
  pod_parts& a = *pods[0];
  pod_parts& b = *pods[1]; ///< departs
  pod_parts& c = *pods[2];

  std::string owner_of(const std::string& client) {
    return data_of(zk::paths::session_owner(paths.session(client_id{client})));
  }

  /// A session of `b` with a subscription to `client` and a stored message.
  stored_session away(const std::string& client, const mqtt::message_ref& m = nullptr) {
    mqtt::subscription s;
    s.filter = client;
    auto made = make_session(b, client, {s});
    if (m)
      deposit(b, made, m, nullptr, 1);
    return made;
  }

  /// Whether the view's own pod is the home of the client or topic.
  static bool is_home_of(const actors::cluster_view& v, const std::string& name) {
    const auto digits = zk::hex16(zk::name_hash(name, zk::paths::default_key)).substr(0, 4);
    const auto bucket = static_cast<actors::client_bucket>(std::stoul(digits, nullptr, 16));
    return v.home_of(bucket) == v.self;
  }

  actors::view_ref alone() { return view_of(a, {}); }

  void begin_adopting(const actors::view_ref& v) {
    caf::anon_send(a.pod.adopter, actors::adopt_atom::value, v);
  }

  void adopt(const actors::view_ref& v) {
    begin_adopting(v);
    settle();
  }

  /// The index says that every pod knows all that was announced to it so far.
  void confirm() {
    for (std::size_t i = confirmed; i < a.index->changes.size(); ++i) {
      CAF_CHECK(a.index->changes[i]->of_adopted);
      caf::anon_send(a.pod.adopter, actors::changed_atom::value, a.index->changes[i]->session);
    }
    confirmed = a.index->changes.size();
    settle();
  }

  std::set<std::string> adopted_clients() {
    std::set<std::string> found;
    for (const auto& card : a.home->adopted)
      found.insert(card->client.str());
    return found;
  }

  actors::card_ref card_of(const std::string& client) {
    for (const auto& card : a.home->adopted)
      if (card->client.str() == client)
        return card;
    CAF_FAIL("not adopted");
    return nullptr;
  }

  std::size_t mails_of(const pod_parts& p) {
    const auto names = names_below(paths.topics(), "m-");
    return static_cast<std::size_t>(std::count_if(names.begin(), names.end(), [&](const auto& n) {
      return zk::parse_mail_name(zk::last_level_of(n))->writer == p.store.session();
    }));
  }

  void forget(const std::string& client, std::uint64_t n) {
    caf::anon_send(a.office(), actors::forget_atom::value, card_of(client), mqtt::stored_number{n});
    settle();
  }

  std::size_t confirmed = 0;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(adopter_tests, adopter_fixture)

CAF_TEST(the sessions of a departed pod are taken over) {
  away("s", make_message("t", "m"));
  const auto v = alone();
  adopt(v);
  CAF_CHECK_EQUAL(owner_of("s"), "a-1\nb-1");
  CAF_CHECK_EQUAL(adopted_clients(), std::set<std::string>{"s"});
  CAF_CHECK(card_of("s")->adopted_from == std::vector<pod_life>{pod_life{"b-1"}});
  CAF_CHECK(card_of("s")->persistent);
  CAF_REQUIRE_EQUAL(a.index->changes.size(), 1u);
  CAF_REQUIRE_EQUAL(a.index->changes[0]->add.size(), 1u);
  CAF_CHECK_EQUAL(a.index->changes[0]->add[0].filter, "s");
  CAF_CHECK(a.home->views.empty()); // not all pods know what it wants
  confirm();
  CAF_CHECK_EQUAL(a.home->views, std::vector{v->number});
}

CAF_TEST(mail stays where it is and its pointers go) {
  const auto m = make_message("t", "shared");
  away("s", m);
  away("o", m);
  adopt(alone());
  forget("s", 1);
  CAF_CHECK_EQUAL(pointers(), 1u);
  forget("o", 1);
  CAF_CHECK_EQUAL(pointers(), 0u);
  CAF_CHECK_EQUAL(mails_of(b), 1u); // another pod may have adopted a session that has it too
  CAF_CHECK_EQUAL(mails_of(a), 0u);
}

CAF_TEST(adopted mail has its time and then its pointers go) {
  away("s", make_message("t", "m"));
  adopt(alone());
  caf::anon_send_exit(b.office(), caf::exit_reason::user_shutdown);
  settle();
  advance(b.services.settings.bank.ttl_max + std::chrono::seconds{1});
  CAF_CHECK_EQUAL(pointers(), 0u);
  CAF_CHECK_EQUAL(mails_of(b), 1u); // is the leader's to remove
}

CAF_TEST(a pointer whose mail has gone with its time is removed) {
  away("s", make_message("t", "m"));
  for (const auto& path : names_below(paths.topics(), "m-"))
    store->remove(answers, path, zk::any_version, [](auto) {});
  store->run_turn();
  clock.advance(b.services.settings.bank.ttl_max + std::chrono::seconds{1});
  adopt(alone());
  confirm();
  CAF_CHECK_EQUAL(adopted_clients(), std::set<std::string>{"s"});
  CAF_CHECK_EQUAL(pointers(), 0u);
}

// What a session says of its subscriptions as soon as it runs must come to the index behind them.
CAF_TEST(the index hears of all sessions at once however many they are) {
  constexpr std::size_t many = 100;
  for (std::size_t i = 0; i < many; ++i)
    away(std::to_string(i));
  adopt(alone());
  CAF_CHECK_EQUAL(a.home->adopted.size(), many);
  CAF_CHECK_EQUAL(a.index->changes.size(), many); // no pod knows of any yet
  CAF_CHECK(a.home->views.empty());
  confirm();
  CAF_CHECK_EQUAL(a.home->views.size(), 1u);
}

CAF_TEST(many messages of one session) {
  const auto s = away("s");
  constexpr std::size_t many = 70;
  for (std::size_t i = 1; i <= many; ++i)
    deposit(b, s, make_message("t", std::string(20'000, 'x')), nullptr, i);
  adopt(alone());
  for (std::size_t i = 1; i <= many; ++i)
    forget("s", i);
  CAF_CHECK_EQUAL(pointers(), 0u);
}

CAF_TEST(sessions of members and of other homes are left alone) {
  make_session(c, "c");
  std::set<std::string> mine;
  std::vector<std::string> all;
  for (int i = 0; i < 40; ++i)
    all.push_back("s" + std::to_string(i));
  for (const auto& client : all)
    away(client);
  const auto v = view_of(a, {a.others[1]}); // and c
  adopt(v);
  confirm();
  CAF_CHECK_EQUAL(owner_of("c"), "c-1");
  for (const auto& client : all) {
    if (is_home_of(*v, client))
      mine.insert(client);
    CAF_CHECK_EQUAL(owner_of(client), is_home_of(*v, client) ? "a-1\nb-1" : "b-1");
  }
  CAF_CHECK(!mine.empty() && mine.size() < all.size());
  CAF_CHECK_EQUAL(adopted_clients(), mine);
}

CAF_TEST(a view without a loss needs no look) {
  adopt(alone());
  CAF_REQUIRE_EQUAL(a.home->views.size(), 1u);
  away("s"); // of a pod that is no member: would be taken if anybody looked
  adopt(view_of(a, {a.others[1]}));
  CAF_CHECK_EQUAL(a.home->views.size(), 2u);
  CAF_CHECK_EQUAL(owner_of("s"), "b-1");
  adopt(alone()); // c departed
  confirm();
  CAF_CHECK_EQUAL(a.home->views.size(), 3u);
  CAF_CHECK_EQUAL(owner_of("s"), "a-1\nb-1");
}

CAF_TEST(whatever answer is lost everything is adopted once) {
  const auto m = make_message("t", "m");
  for (int fault_at = 0; fault_at < 24; ++fault_at) {
    for (const auto fault : {zk::fault::loss_applied, zk::fault::loss_not_applied}) {
      const auto client = std::to_string(fault_at) + (fault == zk::fault::loss_applied ? "a" : "n");
      away(client, m);
      begin_adopting(alone());
      for (int i = 0; i < fault_at; ++i) {
        run();
        store->run_turn();
      }
      a.faults.next_meets(fault);
      settle();
      for (int i = 0; i < 3; ++i)
        advance(std::chrono::seconds{1});
      confirm();
      const auto begun =
          std::count_if(a.home->adopted.begin(), a.home->adopted.end(),
                        [&](const actors::card_ref& card) { return card->client.str() == client; });
      CAF_REQUIRE_EQUAL(begun, 1);
      CAF_CHECK_EQUAL(owner_of(client), "a-1\nb-1");
      forget(client, 1);
      CAF_CHECK_EQUAL(pointers(), 0u);
      // The next view has lost somebody again.
      adopt(view_of(a, {a.others[1]}));
      confirm();
    }
  }
}

CAF_TEST(what another pod takes meanwhile keeps nobody from the rest) {
  for (int steps = 0; steps < 16; ++steps) {
    const auto v = view_of(a, {a.others[1]});
    std::vector<std::string> clients;
    for (int n = 0; clients.size() < 3; ++n)
      if (const auto name = std::to_string(steps) + '-' + std::to_string(n); is_home_of(*v, name)) {
        away(name);
        clients.push_back(name);
      }
    begin_adopting(v);
    for (int i = 0; i < steps; ++i) {
      run();
      store->run_turn();
    }
    set(zk::paths::session_owner(paths.session(client_id{clients[1]})), "c-1");
    settle();
    confirm();
    const auto adopted = adopted_clients();
    CAF_CHECK(adopted.contains(clients[0]) && adopted.contains(clients[2]));
    adopt(view_of(a, a.others)); // the next view has lost somebody again
    confirm();
  }
}

CAF_TEST(nothing is read before the sync was answered) {
  away("s");
  for (int i = 0; i < 2; ++i) {
    a.faults.next_meets(zk::fault::loss_not_applied);
    i == 0 ? adopt(alone()) : advance(std::chrono::seconds{1});
    CAF_CHECK_EQUAL(owner_of("s"), "b-1");
  }
  advance(std::chrono::seconds{1});
  CAF_CHECK_EQUAL(owner_of("s"), "a-1\nb-1");
}

CAF_TEST(a newer view takes the place of one under way) {
  away("s");
  const auto older = view_of(a, {a.others[1]}), newer = alone();
  begin_adopting(older);
  run();
  adopt(newer);
  confirm();
  CAF_CHECK_EQUAL(a.home->views, std::vector{newer->number});
  CAF_CHECK_EQUAL(owner_of("s"), "a-1\nb-1");
  CAF_CHECK_EQUAL(a.home->adopted.size(), 1u);
}

CAF_TEST(a view that comes while sessions begin waits for them) {
  const auto older = view_of(a, {a.others[1]});
  std::string client = "s";
  while (!is_home_of(*older, client))
    client += "s";
  away(client);
  adopt(older);
  CAF_REQUIRE_EQUAL(a.index->changes.size(), 1u);
  away("t");
  const auto newer = alone();
  adopt(newer);
  CAF_CHECK_EQUAL(owner_of("t"), "b-1");
  confirm();
  confirm();
  CAF_CHECK_EQUAL(owner_of("t"), "a-1\nb-1");
  CAF_CHECK_EQUAL(a.home->views, std::vector{newer->number});
}

CAF_TEST(a session that was adopted before keeps who had it) {
  away("s");
  set(zk::paths::session_owner(paths.session(client_id{"s"})), "b-1\n1\n2\n3\n4\n5\n6\n7");
  adopt(alone());
  CAF_CHECK_EQUAL(owner_of("s"), "a-1\nb-1\n1\n2\n3\n4\n5\n6");
}

CAF_TEST(a session without an owner is taken) {
  away("s");
  store->remove(answers, zk::paths::session_owner(paths.session(client_id{"s"})), zk::any_version,
                [](auto) {});
  adopt(alone());
  CAF_CHECK_EQUAL(owner_of("s"), "a-1");
  CAF_CHECK_EQUAL(adopted_clients(), std::set<std::string>{"s"});
}

CAF_TEST(damaged records are left alone and keep nobody from the rest) {
  const auto path = paths.session(client_id{"s"});
  away("s", make_message("t", "m"));
  away("damaged");
  set(paths.session(client_id{"damaged"}), "nonsense");
  for (const auto& [name, data] : {std::pair{"/p-0000000002", "nonsense"}, {"/r-7", "nonsense"}})
    store->create(answers, path + name, data, zk::create_mode::persistent, [](auto) {});
  adopt(alone());
  confirm();
  CAF_CHECK_EQUAL(a.home->views.size(), 1u);
  CAF_CHECK_EQUAL(adopted_clients(), std::set<std::string>{"s"});
  CAF_CHECK_EQUAL(data_of(path + "/r-7"), "nonsense");
  CAF_CHECK_EQUAL(data_of(path + "/p-0000000002"), "nonsense");
  CAF_CHECK_EQUAL(pointers(), 2u);
}

// A word that its pod gave before it departed must not be stored behind the adopter's back.
CAF_TEST(an adopted session is fenced and the post office knows its new owner) {
  const auto s = away("s");
  auto far = make_ref<actors::far_ticket>(mqtt::ticket::policy::store_first, b.others[1], 1);
  far->addressees = 1;
  deposit(b, s, make_message("t", "m"), far, 1);
  CAF_REQUIRE_EQUAL(b.peers[1]->words.size(), 1u);
  adopt(alone());
  auto ticket =
      make_ref<actors::publish_ticket>(mqtt::ticket::policy::store_first, nullptr,
                                       mqtt::connection_epoch::none, mqtt::packet_id::none);
  ticket->addressees = 1;
  const auto give = [&](std::size_t from, const test::ops_ref& ops) {
    caf::anon_send(c.office(), actors::word_atom::value, ticket, make_message("t", "m"),
                   actors::far_word{c.others[from], 1, ops});
    settle();
  };
  give(1, b.peers[1]->words[0].second);
  CAF_REQUIRE_EQUAL(c.peers[1]->outcomes.size(), 1u);
  CAF_CHECK(c.peers[1]->outcomes[0].second == reason_code::server_moved);
  auto here = make_ref<actors::far_ticket>(mqtt::ticket::policy::store_first, a.others[1], 1);
  here->addressees = 1;
  deposit(a, {card_of("s"), nullptr}, make_message("t", "m"), here, 1);
  CAF_REQUIRE_EQUAL(a.peers[1]->words.size(), 1u);
  give(0, a.peers[1]->words[0].second);
  CAF_REQUIRE_EQUAL(c.peers[0]->outcomes.size(), 1u);
  CAF_CHECK(c.peers[0]->outcomes[0].second == reason_code::success);
  CAF_CHECK_EQUAL(pointers(), 1u);
}

CAF_TEST(sessions that another pod hands over are taken without looking for any other) {
  auto log = std::make_shared<test::usher_log>();
  b.pod.usher = sys.spawn(test::fake_usher, log);
  const auto m = make_message("t", "shared");
  const auto moves = away("s", m), stays = away("o", m);
  adopt(view_of(a, a.others)); // a first view, in which nobody departs
  CAF_CHECK(a.home->adopted.empty());
  caf::anon_send(b.office(), actors::give_atom::value,
                 std::make_shared<const std::vector<actors::card_ref>>(1, moves.card));
  settle();
  CAF_REQUIRE_EQUAL(log->given.size(), 1u);
  CAF_CHECK_EQUAL(log->given[0].size(), 1u);
  CAF_CHECK_EQUAL(owner_of("s"), "nobody");
  const auto v = view_of(a, a.others);
  const auto list = actors::encode_given({v->number, {client_id{"s"}}});
  caf::anon_send(a.pod.adopter, actors::heard_atom::value, a.others.front(), list);
  adopt(v);
  CAF_CHECK_EQUAL(adopted_clients(), std::set<std::string>{"s"});
  CAF_CHECK_EQUAL(owner_of("s"), "a-1\nnobody");
  CAF_CHECK_EQUAL(owner_of("o"), "b-1");
  confirm();
  CAF_CHECK_EQUAL(a.home->views.back(), v->number);

  // The other session is done with their mail, which stays for the one that moved.
  caf::anon_send(b.office(), actors::forget_atom::value, stays.card, mqtt::stored_number{1});
  settle();
  CAF_CHECK_EQUAL(mails_of(b), 1u);
  CAF_CHECK_EQUAL(pointers(), 1u);
  forget("s", 1);
  CAF_CHECK_EQUAL(pointers(), 0u);
  clock.advance(std::chrono::hours{25}); // its time is over: its writer removes it
  timers.run_due(clock.now());
  settle();
  CAF_CHECK_EQUAL(mails_of(b), 0u);
  caf::anon_send(b.pod.usher, actors::shut_down_atom::value);
  settle();
}

CAF_TEST(a session that was handed over is found when its pod and its next one are gone) {
  auto log = std::make_shared<test::usher_log>();
  b.pod.usher = sys.spawn(test::fake_usher, log);
  const auto moves = away("s");
  adopt(view_of(a, a.others));
  caf::anon_send(b.office(), actors::give_atom::value,
                 std::make_shared<const std::vector<actors::card_ref>>(1, moves.card));
  settle();
  adopt(alone()); // nobody said which sessions there are
  CAF_CHECK_EQUAL(adopted_clients(), std::set<std::string>{"s"});
  confirm();
  caf::anon_send(b.pod.usher, actors::shut_down_atom::value);
  settle();
}

CAF_TEST_FIXTURE_SCOPE_END()
