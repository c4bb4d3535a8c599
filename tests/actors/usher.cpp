// The usher between recorders: whom it dismisses and when, and one batch's way through its view.
#define CAF_SUITE usher
#include "actors/usher.hpp"

#include "tests/actors/fake_pod.hpp"
#include "tests/actors/manual_tree.hpp"
#include "zk/embedded_store.hpp"

#include <algorithm>

using namespace mqttzoo;
using namespace actors;
using namespace std::chrono_literals;
using mqtt::reason_code;

namespace {

/// Writes down that it was sealed.
class fake_local final : public local_session {
public:
  void deliver_inline(const batch&, const ticket_list&, const route_target&) override {}
  void deliver_inline(const parcel&) override {}
  void receipt_inline(const receipt&) override {}
  void seal_inline() override { ++sealed; }
  int sealed = 0;
};

struct usher_fixture : test::fake_pod {
  usher_fixture() {
    tree = test::open_manual_tree(clock, answers);
    pod.store = tree.get();
    pod.store_answers = &answers;
    pod.home = sys.spawn(test::fake_home, home);
    pod.membership = sys.spawn(test::fake_membership, membership);
    for (const auto* life : {"b-1", "c-1"}) {
      auto m = make_ref<cluster_member>(pod_life{life}, std::string{life} + ":1883");
      peers[life] = std::make_shared<test::peer_log>();
      m->peer = sys.spawn(test::fake_peer, peers[life]);
      peers[life]->member = m.get();
      members.push_back(std::move(m));
    }
    self = make_ref<cluster_member>(pod.life, "a-1:1883");
    members.push_back(self);
    services.settings.drain.deadline = 30s;
    services.settings.drain.rate = 1000;
    settle();
  }

  ~usher_fixture() override {
    caf::anon_send(pod.usher, shut_down_atom::value);
    caf::anon_send_exit(pod.home, caf::exit_reason::user_shutdown);
    caf::anon_send(pod.membership, shut_down_atom::value);
    for (const auto& m : members)
      if (m->peer)
        caf::anon_send(m->peer, shut_down_atom::value);
    settle();
  }

  void start() {
    pod.usher = spawn_on<usher>(services, sys, paths, [this] { ++drained; });
    settle();
  }
  template<class... Ts>
  void tell(Ts&&... xs) {
    caf::anon_send(pod.usher, std::forward<Ts>(xs)...);
    settle();
  }
  void settle() {
    do
      run();
    while (tree->run_turn() > 0);
  }
  void advance(std::chrono::milliseconds by) {
    clock.advance(by);
    timers.run_due(clock.now());
    settle();
  }

  view_ref view(std::int64_t number, session_move move = {}) {
    return make_ref<const cluster_view>(number, members, self, std::move(move));
  }
  /// As `pods/mover` says.
  std::optional<move_marker> marker() {
    std::optional<move_marker> found;
    tree->get(answers, paths.mover(), nullptr, [&](const expected<zk::node, zk::error>& n) {
      if (n)
        found = decode_marker(n->data);
    });
    tree->run_turn();
    return found;
  }
  void make_marker(const move_marker& m) {
    tree->create(answers, paths.mover(), encode_marker(m), zk::create_mode::persistent,
                 [](auto r) { CAF_REQUIRE(r); });
    settle();
  }
  /// The view of the marker there is.
  view_ref marked_view(std::int64_t number) {
    const auto m = marker();
    CAF_REQUIRE(m);
    return view(number, {self, m->batch, m->why});
  }

  card_ref make_card(const std::string& client, bool persistent = true, bool connected = false) {
    auto card =
        make_ref<session_card>(session_number{++last_session}, client_id{client}, unit_index{0});
    card->persistent = persistent;
    card->connected = connected;
    card->local = &local;
    return card;
  }
  using cards = std::vector<card_ref>;
  static auto shared(cards c) { return std::make_shared<const cards>(std::move(c)); }
  /// It said so of all.
  void all_rest(const cards& of, rest how) {
    for (const auto& c : of)
      tell(rested_atom::value, c, how);
  }
  const dismissal_round& last_round() {
    CAF_REQUIRE(!home->rounds.empty());
    return *home->rounds.back();
  }

  /// Drains in a cluster up to the first round, of all of `sessions`.
  void begin_to_drain(const cards& sessions) {
    start();
    tell(settle_atom::value, view(1));
    tell(drain_atom::value);
    const auto turn = marked_view(2);
    CAF_CHECK_EQUAL(turn->move.batch, 0u); // its turn, before anybody loses a client
    CAF_CHECK(home->rounds.empty());
    tell(install_atom::value, turn);
    CAF_CHECK_EQUAL(membership->yielded, (std::vector<std::int64_t>{2}));
    tell(settle_atom::value, turn);
    advance(1ms);
    CAF_CHECK_EQUAL(home->lists, 1);
    tell(found_atom::value, shared(sessions));
    CAF_REQUIRE_EQUAL(last_round().whom.size(), sessions.size());
  }
  /// The round's sessions move up to the yield of view 3.
  view_ref park_and_yield(const cards& sessions) {
    tell(dismissed_atom::value, shared(sessions));
    all_rest(sessions, rest::parked);
    const auto v = marked_view(3);
    CAF_CHECK_EQUAL(v->move.batch, last_round().batch);
    tell(install_atom::value, v);
    tell(yield_atom::value, v);
    return v;
  }
  std::size_t told_homes(std::int64_t view) {
    std::size_t clients = 0;
    for (const auto& [life, log] : peers)
      for (const auto& f : log->frames)
        if (const auto g = decode_given(f); g && g->view == view)
          clients += g->clients.size();
    return clients;
  }

  const zk::paths paths;
  zk::inline_executor answers;
  std::unique_ptr<zk::embedded_store> tree;
  std::shared_ptr<test::home_log> home = std::make_shared<test::home_log>();
  std::shared_ptr<test::membership_log> membership = std::make_shared<test::membership_log>();
  std::map<std::string, std::shared_ptr<test::peer_log>> peers;
  std::vector<member_ref> members;
  ref<cluster_member> self;
  fake_local local;
  std::uint64_t last_session = 0;
  int drained = 0;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(usher_tests, usher_fixture)

CAF_TEST(a pod that is alone disconnects its clients at its rate and is drained) {
  pod.life = {};
  services.settings.drain.rate = 20;
  start();
  tell(drain_atom::value);
  CAF_REQUIRE(home->orders);
  CAF_CHECK(home->orders->reason == reason_code::server_unavailable);
  CAF_CHECK(home->orders->references.empty());
  const auto away = make_card("away");
  const cards here{away, make_card("1", true, true), make_card("2", true, true),
                   make_card("3", false, true)};
  tell(found_atom::value, shared(here));
  std::size_t told = last_round().whom.size();
  CAF_CHECK_EQUAL(told, 2u); // of a tenth of a second
  for (int i = 0; i < 3; ++i) {
    for (const auto& d : last_round().whom) {
      CAF_CHECK(d.reason == reason_code::server_shutting_down);
      CAF_CHECK(d.then == dismissal::remains::here);
      CAF_CHECK(d.session != away);
      d.session->connected = false;
    }
    tell(dismissed_atom::value, shared({}));
    advance(100ms);
  }
  CAF_CHECK_EQUAL(home->rounds.size(), 2u);
  CAF_CHECK_EQUAL(drained, 0);
  advance(100ms);
  tell(found_atom::value, shared(here)); // the next list
  CAF_CHECK_EQUAL(drained, 1);
  CAF_CHECK(pod.drain.is == drain_figures::state::drained);
}

CAF_TEST(a batch moves) {
  const cards sessions{make_card("1", true, true), make_card("2"), make_card("3")};
  begin_to_drain(sessions);
  CAF_CHECK_EQUAL(home->orders->references.size(), 2u);
  for (const auto& d : last_round().whom) {
    CAF_CHECK(d.reason == reason_code::use_another_server);
    CAF_CHECK(d.then == dismissal::remains::rests);
    CAF_CHECK(d.reference == "b-1:1883" || d.reference == "c-1:1883");
  }
  const auto v = park_and_yield(sessions);
  CAF_CHECK_EQUAL(local.sealed, 3);
  CAF_CHECK(office->to_give.empty());
  all_rest(sessions, rest::sealed);
  CAF_REQUIRE_EQUAL(office->to_give.size(), 1u);
  CAF_CHECK_EQUAL(membership->yielded.size(), 1u);
  tell(given_atom::value, shared(sessions));
  CAF_CHECK_EQUAL(told_homes(3), 3u);
  CAF_CHECK_EQUAL(membership->yielded.back(), 3);
  CAF_CHECK(home->moved.empty());
  tell(settle_atom::value, v);
  CAF_CHECK_EQUAL(home->moved, (std::vector<std::uint64_t>{v->move.batch}));
  CAF_CHECK_EQUAL(pod.drain.sessions_moved.get(), 3u);
  advance(1s);
  tell(found_atom::value, shared({}));
  CAF_CHECK_EQUAL(drained, 1);
}

CAF_TEST(the homes of a later view are told too) {
  const cards sessions{make_card("1"), make_card("2")};
  begin_to_drain(sessions);
  park_and_yield(sessions);
  all_rest(sessions, rest::sealed);
  tell(given_atom::value, shared(sessions));
  const auto next = marked_view(4);
  tell(install_atom::value, next); // somebody came before it was settled
  CAF_CHECK_EQUAL(told_homes(4), 2u);
  CAF_CHECK_EQUAL(membership->yielded.back(), 4);
  tell(settle_atom::value, next);
  CAF_CHECK_EQUAL(home->moved.size(), 1u);
}

CAF_TEST(a view that comes while owners are written waits for them) {
  const cards sessions{make_card("1")};
  begin_to_drain(sessions);
  park_and_yield(sessions);
  all_rest(sessions, rest::sealed);
  const auto next = marked_view(4);
  tell(install_atom::value, next);
  CAF_CHECK_EQUAL(membership->yielded.back(), 2);
  tell(given_atom::value, shared(sessions));
  CAF_CHECK_EQUAL(membership->yielded.back(), 4);
  CAF_CHECK_EQUAL(told_homes(4), 1u);
  CAF_CHECK_EQUAL(told_homes(3), 0u);
}

CAF_TEST(what does not come to rest stays and the others move) {
  const cards sessions{make_card("1"), make_card("2"), make_card("3")};
  begin_to_drain(sessions);
  tell(dismissed_atom::value, shared(sessions));
  tell(rested_atom::value, sessions[1], rest::parked);
  tell(rested_atom::value, sessions[2], rest::parked);
  advance(2s);
  CAF_CHECK((home->went_back == (cards{sessions[0]})));
  const auto v = marked_view(3);
  tell(install_atom::value, v);
  tell(yield_atom::value, v);
  CAF_CHECK_EQUAL(local.sealed, 2);
  tell(rested_atom::value, sessions[1], rest::sealed);
  advance(1s);
  CAF_CHECK((home->went_back == (cards{sessions[0], sessions[2]})));
  CAF_REQUIRE_EQUAL(office->to_give.size(), 1u);
  CAF_CHECK((office->to_give[0] == (cards{sessions[1]})));
  CAF_CHECK_EQUAL(pod.drain.moves_failed.get(), 2u);
}

CAF_TEST(a view does not wait for what other pods have under way for long) {
  const cards sessions{make_card("1")};
  begin_to_drain(sessions);
  tell(dismissed_atom::value, shared(sessions));
  all_rest(sessions, rest::parked);
  const auto v = marked_view(3);
  tell(install_atom::value, v);
  advance(3s);
  CAF_CHECK((home->went_back == sessions));
  CAF_CHECK_EQUAL(membership->yielded.back(), 3);
  tell(yield_atom::value, v); // too late
  CAF_CHECK_EQUAL(local.sealed, 0);
  tell(settle_atom::value, v);
  CAF_CHECK(home->moved.empty());
  advance(1s);
  CAF_CHECK_EQUAL(home->lists, 2); // and is tried again
}

CAF_TEST(what the store does not give away stays) {
  const cards sessions{make_card("1"), make_card("2")};
  begin_to_drain(sessions);
  park_and_yield(sessions);
  all_rest(sessions, rest::sealed);
  tell(given_atom::value, shared({sessions[0]}));
  CAF_CHECK((home->went_back == (cards{sessions[1]})));
  CAF_CHECK_EQUAL(told_homes(3), 1u);
}

CAF_TEST(a drain is over at its deadline) {
  begin_to_drain({make_card("1")});
  advance(30s);
  CAF_CHECK_EQUAL(drained, 1);
  advance(30s);
  CAF_CHECK_EQUAL(drained, 1);
}

CAF_TEST(one pod moves sessions at a time) {
  make_marker({pod_life{"b-1"}, 5, move_purpose::rebalance});
  start();
  tell(settle_atom::value, view(1));
  tell(drain_atom::value);
  advance(1s);
  CAF_CHECK(marker()->by == pod_life{"b-1"});
  CAF_CHECK_EQUAL(home->lists, 0);
  tree->remove(answers, paths.mover(), zk::any_version, [](auto) {});
  settle();
  advance(200ms);
  CAF_CHECK(marker()->by == pod.life);
}

CAF_TEST(the marker of another pod stays when the own one is gone) {
  start();
  tell(settle_atom::value, view(1));
  tell(rebalance_atom::value, std::uint32_t{1000});
  const auto turn = marked_view(2);
  tell(install_atom::value, turn);
  tell(settle_atom::value, turn);
  advance(1ms);
  tree->remove(answers, paths.mover(), zk::any_version, [](auto) {}); // the answer was lost
  settle();
  make_marker({pod_life{"b-1"}, 5, move_purpose::rebalance});
  tell(found_atom::value, shared({}));
  CAF_CHECK(pod.drain.is == drain_figures::state::serving);
  CAF_REQUIRE(marker());
  CAF_CHECK(marker()->by == pod_life{"b-1"});
  tell(install_atom::value, turn); // an old view says once more that it stands
  tell(settle_atom::value, view(3));
  advance(2s);
  CAF_REQUIRE(marker());
  CAF_CHECK(marker()->by == pod_life{"b-1"});
}

CAF_TEST(a rebalance moves what has its home elsewhere and then is over) {
  start();
  tell(rebalance_atom::value, std::uint32_t{10});
  CAF_CHECK(!marker()); // there is nobody yet
  tell(settle_atom::value, view(1));
  tell(rebalance_atom::value, std::uint32_t{1000});
  const auto turn = marked_view(2);
  CAF_CHECK(turn->move.why == move_purpose::rebalance);
  tell(install_atom::value, turn);
  tell(settle_atom::value, turn);
  advance(1ms);
  cards here;
  for (int i = 0; i < 100; ++i)
    here.push_back(make_card(std::to_string(i)));
  tell(found_atom::value, shared(here));
  const auto moving = last_round().whom.size();
  CAF_CHECK(moving > 40 && moving < 90);
  for (const auto& d : last_round().whom)
    CAF_CHECK(turn->home_of(client_bucket{paths.client_bucket(d.session->client)}) != turn->self);
  CAF_CHECK(!home->orders); // new clients are welcome
  tell(dismissed_atom::value, shared({}));
  advance(1s);
  tell(found_atom::value, shared({}));
  CAF_CHECK(!marker());
  CAF_CHECK(pod.drain.is == drain_figures::state::serving);
  CAF_CHECK_EQUAL(drained, 0);
}

CAF_TEST_FIXTURE_SCOPE_END()
