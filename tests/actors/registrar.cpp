// The registrar in its views: rosters, claims that wait, words of other views, and nonsense.
#define CAF_SUITE registrar
#include "tests/actors/roaming_client.hpp"

using namespace mqttzoo;
using namespace mqttzoo::actors;
using client = test::roaming_client;

namespace {

/// The first pod is the one that is looked at; what the others say is the test's.
struct registrar_fixture : test::pods_fixture {
  registrar_fixture() {
    pods[second]->dead = pods[third]->dead = true;
    ours = client_of(first, all);
  }

  void hear(std::size_t from, net::link_kind kind, registrar_frame f) {
    hear(from, encode(kind, f));
  }
  void hear(std::size_t from, pod_frame f) {
    caf::anon_send(pods[first]->pod.registrar, heard_atom::value,
                   member_ref{pods[first]->members[from]}, std::move(f));
    settle();
  }

  void install(std::int64_t number) {
    caf::anon_send(pods[first]->pod.registrar, install_atom::value,
                   view_of(*pods[first], number, all));
    settle();
  }
  void settle_view(std::int64_t number) {
    caf::anon_send(pods[first]->pod.registrar, settle_atom::value,
                   view_of(*pods[first], number, all));
    settle();
  }
  void end_rosters(std::int64_t view) {
    hear(second, frame_kind::roster_end, {view, 0, {}, {}});
    hear(third, frame_kind::roster_end, {view, 0, {}, {}});
  }

  /// What the first pod said of that kind since it was asked last.
  std::vector<registrar_frame> said(net::link_kind kind) {
    std::vector<registrar_frame> found;
    for (const auto& f : pods[first]->take_sent(kind)) {
      auto decoded = decode_registrar_frame(f);
      CAF_REQUIRE(decoded.has_value());
      found.push_back(std::move(*decoded));
    }
    return found;
  }

  std::size_t complaints() const { return pods[first]->complaints.size(); }

  std::string ours; ///< a client whose home is the first pod
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(registrar_tests, registrar_fixture)

CAF_TEST(a claim waits for all rosters and for the view to settle) {
  install(1);
  hear(second, frame_kind::claim, {1, 11, {client_id{ours}}, {}});
  hear(second, frame_kind::roster_end, {1, 0, {}, {}});
  settle_view(1);
  CAF_CHECK(said(frame_kind::granted).empty());
  const auto& counted = pods[first]->units[0].counters;
  CAF_CHECK_EQUAL(counted.claims_put_off.get(), 1u);
  hear(third, frame_kind::roster_end, {1, 0, {}, {}});
  CAF_CHECK_EQUAL(counted.claims_put_off.get(), 0u);
  auto verdicts = said(frame_kind::granted);
  CAF_REQUIRE_EQUAL(verdicts.size(), 1u);
  CAF_CHECK_EQUAL(verdicts[0].number, 11u);
  hear(third, frame_kind::claim, {1, 5, {client_id{ours}}, {}});
  verdicts = said(frame_kind::held);
  CAF_REQUIRE_EQUAL(verdicts.size(), 1u);
  CAF_CHECK_EQUAL(verdicts[0].number, 5u);
  CAF_CHECK(verdicts[0].holder == pods[second]->pod.life);
  hear(third, frame_kind::released, {1, 0, {client_id{ours}}, {}}); // is not the holder
  hear(third, frame_kind::claim, {1, 6, {client_id{ours}}, {}});
  CAF_CHECK_EQUAL(said(frame_kind::held).size(), 1u);
  hear(second, frame_kind::released, {1, 0, {client_id{ours}}, {}});
  hear(third, frame_kind::claim, {1, 7, {client_id{ours}}, {}});
  CAF_CHECK_EQUAL(said(frame_kind::granted).size(), 1u);
  CAF_CHECK_EQUAL(complaints(), 0u);
}

CAF_TEST(whom a roster names is held at once) {
  install(1);
  hear(third, frame_kind::claim, {1, 1, {client_id{ours}}, {}});
  hear(second, frame_kind::roster, {1, 0, {client_id{ours}}, {}});
  CAF_CHECK_EQUAL(said(frame_kind::held).size(), 1u); // others' rosters cannot say otherwise
  CAF_CHECK_EQUAL(pods[first]->units[0].counters.claims_put_off.get(), 0u);
}

CAF_TEST(no more claims are put off than there may be sessions) {
  pods[first]->units[0].settings.sessions.max = 2;
  install(1);
  for (const std::uint64_t number : {1, 2, 3})
    hear(third, frame_kind::claim, {1, number, {client_id{ours}}, {}});
  const auto& counted = pods[first]->units[0].counters;
  CAF_CHECK_EQUAL(counted.claims_put_off.get(), 2u);
  CAF_CHECK_EQUAL(counted.claims_overflowed.get(), 1u);
  install(2); // they will be said again
  CAF_CHECK_EQUAL(counted.claims_put_off.get(), 0u);
}

CAF_TEST(words of another view are void or wait for it) {
  install(2);
  end_rosters(2);
  settle_view(2);
  hear(second, frame_kind::claim, {1, 1, {client_id{ours}}, {}});
  hear(third, frame_kind::claim, {3, 2, {client_id{ours}}, {}});
  CAF_CHECK(said(frame_kind::granted).empty());
  hear(second, frame_kind::roster_end, {3, 0, {}, {}});
  hear(third, frame_kind::roster_end, {3, 0, {}, {}});
  install(3);
  CAF_CHECK(said(frame_kind::granted).empty());
  settle_view(2); // is over
  CAF_CHECK(said(frame_kind::granted).empty());
  settle_view(3);
  const auto verdicts = said(frame_kind::granted);
  CAF_REQUIRE_EQUAL(verdicts.size(), 1u);
  CAF_CHECK_EQUAL(verdicts[0].view, 3);
  CAF_CHECK_EQUAL(verdicts[0].number, 2u);
}

CAF_TEST(a member that is two views ahead has said nothing for the next) {
  install(1);
  hear(second, frame_kind::roster, {2, 0, {client_id{ours}}, {}});
  hear(second, frame_kind::roster_end, {2, 0, {}, {}});
  hear(second, frame_kind::roster_end, {3, 0, {}, {}});
  hear(third, frame_kind::roster_end, {2, 0, {}, {}});
  install(2);
  settle_view(2);
  hear(third, frame_kind::claim, {2, 1, {client_id{ours}}, {}});
  CAF_CHECK(said(frame_kind::granted).empty());
  hear(third, frame_kind::roster_end, {3, 0, {}, {}});
  hear(third, frame_kind::claim, {3, 1, {client_id{ours}}, {}});
  install(3);
  settle_view(3);
  CAF_CHECK_EQUAL(said(frame_kind::granted).size(), 1u);
}

CAF_TEST(claims of this pod are said again in each view until they are answered) {
  const auto theirs = client_of(second, all);
  install(1);
  client c{*this, theirs};
  c.begin_connecting(first);
  settle();
  auto claims = said(frame_kind::claim);
  CAF_REQUIRE_EQUAL(claims.size(), 1u);
  install(2);
  claims = said(frame_kind::claim);
  CAF_REQUIRE_EQUAL(claims.size(), 1u);
  CAF_CHECK_EQUAL(claims[0].view, 2);
  hear(second, frame_kind::granted, {1, claims[0].number, claims[0].clients, {}});
  CAF_CHECK_EQUAL(sessions(first), 0u); // a verdict of a view that is over
  hear(second, frame_kind::granted, {2, claims[0].number + 1, claims[0].clients, {}});
  CAF_CHECK_EQUAL(sessions(first), 0u); // of a claim that is not the one
  hear(second, frame_kind::granted, {2, claims[0].number, claims[0].clients, {}});
  CAF_CHECK_EQUAL(sessions(first), 1u);
  install(3);
  CAF_CHECK(said(frame_kind::claim).empty());
  CAF_CHECK_EQUAL(complaints(), 0u);
}

CAF_TEST(a roster comes in pages) {
  // All of them are granted by the pod alone, and then most have another home.
  caf::anon_send(pods[first]->pod.registrar, install_atom::value,
                 view_of(*pods[first], 1, {first}));
  settle();
  caf::anon_send(pods[first]->pod.registrar, settle_atom::value, view_of(*pods[first], 1, {first}));
  settle();
  std::vector<std::unique_ptr<client>> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(std::make_unique<client>(*this, std::to_string(i) + std::string(2000, 'x')));
    clients.back()->begin_connecting(first);
  }
  settle();
  CAF_CHECK_EQUAL(sessions(first), 100u);
  pods[first]->sent.clear();
  install(2);
  CAF_CHECK((pods[first]->membership->installed == std::vector<std::int64_t>{1, 2}));
  std::size_t named = 0, ends = 0;
  for (const auto& f : std::exchange(pods[first]->sent, {})) {
    CAF_CHECK(f.body.size() <= roster_page_bytes + 8);
    const auto decoded = decode_registrar_frame(f);
    CAF_REQUIRE(decoded.has_value());
    named += decoded->clients.size();
    ends += f.kind == frame_kind::roster_end ? 1 : 0;
  }
  CAF_CHECK(named > 40 && named < 90);
  CAF_CHECK_EQUAL(ends, 2u);
}

CAF_TEST(nonsense is reported) {
  const auto theirs = client_of(second, all);
  install(1);
  hear(second, pod_frame{frame_kind::claim, "?", nullptr});
  CAF_CHECK_EQUAL(complaints(), 1u);
  hear(second, frame_kind::claim, {1, 1, {client_id{theirs}}, {}}); // is not its home
  CAF_CHECK_EQUAL(complaints(), 2u);
  hear(second, frame_kind::granted, {1, 1, {client_id{ours}}, {}}); // we say that
  CAF_CHECK_EQUAL(complaints(), 3u);
  hear(second, frame_kind::held, {1, 1, {client_id{theirs}}, pod_life{"nobody-0-1"}});
  CAF_CHECK_EQUAL(complaints(), 4u);
  hear(second, frame_kind::held, {1, 1, {client_id{theirs}}, pods[first]->pod.life});
  CAF_CHECK_EQUAL(complaints(), 5u);
  hear(second, frame_kind::roster_end, {1, 0, {}, {}});
  CAF_CHECK_EQUAL(complaints(), 5u);
  hear(second, frame_kind::roster, {1, 0, {client_id{ours}}, {}});
  CAF_CHECK_EQUAL(complaints(), 6u);
  CAF_CHECK_EQUAL(sessions(), 0u);
}

CAF_TEST_FIXTURE_SCOPE_END()
