// QoS 2 across pods: what the pods of the subscribers want stored is stored by the publisher's, all
// of it or nothing.
#define CAF_SUITE words
#include "tests/actors/words_fixture.hpp"

using namespace mqttzoo;
using mqtt::reason_code;

namespace {

/// A pod's way to its store, where there is no room for buckets.
class bucketless_store final : public test::store_proxy {
public:
  using pod_parts = test::cluster_store_fixture::pod_parts;

  explicit bucketless_store(pod_parts& p) : store_proxy(static_cast<zk::store&>(p.store)), pod_(p) {
    p.pod.store = this;
  }
  ~bucketless_store() override { pod_.pod.store = &pod_.store; }

  void multi(zk::executor& where, std::vector<zk::op> ops, zk::multi_handler done) override {
    const auto* made = ops.size() == 1 ? std::get_if<zk::create_op>(&ops.front()) : nullptr;
    if (!made || !made->data.empty())
      return store_proxy::multi(where, std::move(ops), std::move(done));
    beneath().exists(where, "/", nullptr, [done = std::move(done)](const auto&) {
      done(unexpected(zk::multi_error{zk::error::storage_full}));
    });
  }

private:
  pod_parts& pod_;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(words_tests, test::words_fixture)

CAF_TEST(a session has an owner and loses it with its end) {
  const auto s = make_session(b, "s");
  const auto owner = zk::paths::session_owner(paths.session(s.card->client));
  CAF_CHECK_EQUAL(data_of(owner), "b-1");
  erase(b, s);
  CAF_CHECK_EQUAL(data_of(owner), "no node");
  CAF_CHECK_EQUAL(data_of(paths.session(s.card->client)), "no node");
}

CAF_TEST(a session that begins where its predecessor could not be removed has its owner) {
  const auto s = make_session(b, "s");
  b.faults.next_meets(zk::fault::storage_full);
  erase(b, s);
  const auto again = make_session(b, "s");
  deposit(b, again, at_b, far(b, 1), 1);
  carry_word(b, 0);
  expect_outcome(0, reason_code::success);
  advance(std::chrono::seconds{2});
  CAF_CHECK_EQUAL(data_of(zk::paths::session_owner(paths.session(s.card->client))), "b-1");
}

CAF_TEST(a session is gone when its nodes are and not before) {
  const auto s = make_session(b, "s");
  b.faults.next_meets(zk::fault::storage_full);
  erase(b, s);
  CAF_CHECK_EQUAL(s.log->erased, 0);
  CAF_CHECK_EQUAL(data_of(zk::paths::session_owner(paths.session(s.card->client))), "b-1");
  advance(std::chrono::seconds{2});
  CAF_CHECK_EQUAL(s.log->erased, 1);
  CAF_CHECK_EQUAL(data_of(paths.session(s.card->client)), "no node");
}

CAF_TEST(a session goes also when what a word left below it is removed behind it) {
  const auto s = make_session(b, "s");
  deposit(b, s, at_b, far(b, 1), 1);
  carry_word(b, 0);
  CAF_REQUIRE_EQUAL(pointers(), 1u);
  // The session ends, and the outcome comes while its removal is under way.
  caf::anon_send(b.office(), actors::forget_atom::value, s.card, mqtt::stored_number{1});
  caf::anon_send(b.office(), actors::erase_atom::value, s.card);
  caf::anon_send(b.office(), actors::outcome_atom::value, b.others[0], number,
                 reason_code::success);
  settle();
  CAF_CHECK_EQUAL(pointers() + mails(), 0u);
  CAF_CHECK_EQUAL(s.log->erased, 0);
  advance(std::chrono::seconds{2});
  CAF_CHECK_EQUAL(s.log->erased, 1);
  CAF_CHECK_EQUAL(data_of(zk::paths::session_owner(paths.session(s.card->client))), "no node");
  CAF_CHECK_EQUAL(data_of(paths.session(s.card->client)), "no node");
}

CAF_TEST(mail from another pod is its publishers own) {
  const auto s = make_session(b, "s");
  const auto t = make_ref<actors::far_ticket>(mqtt::ticket::policy::store_if_needed, b.others[0],
                                              number, std::make_shared<const client_id>("p"));
  deposit(b, s, at_b, t, 1);
  const auto found = names_below(paths.topics(), "m-");
  CAF_REQUIRE_EQUAL(found.size(), 1u);
  const auto mail = zk::decode_mail(data_of(found.front()));
  CAF_REQUIRE(mail);
  CAF_CHECK_EQUAL(mail->publisher.str(), "p");
  advance(std::chrono::seconds{2}); // the bank tells its figures
  CAF_CHECK_EQUAL(b.pod.bank_counts.clients.get(), 1u);
}

CAF_TEST(a word is stored by the pod of the publisher) {
  const auto s = make_session(b, "s"), other = make_session(b, "o");
  const auto t = far(b, 2);
  deposit(b, s, at_b, t, 1);
  CAF_CHECK(b.peers[0]->words.empty()); // one has not spoken yet
  deposit(b, other, at_b, t, 1);
  CAF_REQUIRE_EQUAL(b.peers[0]->words.size(), 1u);
  CAF_CHECK_EQUAL(pointers() + mails(), 0u);
  carry_word(b, 0);
  CAF_CHECK_EQUAL(pointers(), 2u);
  CAF_CHECK_EQUAL(mails(), 1u);
  expect_stored(s, {});
  expect_outcome(0, reason_code::success);
  carry_outcome(0, b);
  expect_stored(s, {reason_code::success});
  expect_stored(other, {reason_code::success});
  forget(b, s, 1);
  CAF_CHECK_EQUAL(mails(), 1u);
  forget(b, other, 1);
  CAF_CHECK_EQUAL(pointers() + mails(), 0u);
}

CAF_TEST(one transaction has what all pods want) {
  begin(3);
  const auto here = make_session(a, "h"), s = make_session(b, "s"), far_away = make_session(c, "f");
  deposit(a, here, at_a, ticket, 1);
  deposit(b, s, at_b, far(b, 1), 1);
  carry_word(b, 0);
  CAF_CHECK_EQUAL(pointers(), 0u);
  deposit(c, far_away, make_message("t", "m"), far(c, 1), 1);
  carry_word(c, 1);
  CAF_CHECK_EQUAL(pointers(), 3u);
  CAF_CHECK_EQUAL(mails(), 3u); // each pod counts the pointers to its own copy
  expect_outcome(0, reason_code::success);
  expect_outcome(1, reason_code::success);
  expect_stored(here, {reason_code::success});
}

CAF_TEST(what cannot be stored is refused everywhere) {
  begin(2);
  const auto here = make_session(a, "h"), s = make_session(b, "s");
  deposit(a, here, make_message("t", "before"), nullptr, 9); // makes the topic's bucket
  forget(a, here, 9);
  here.log->stored.clear();
  deposit(a, here, at_a, ticket, 1);
  deposit(b, s, at_b, far(b, 1), 1);
  a.faults.next_meets(zk::fault::storage_full);
  carry_word(b, 0);
  carry_outcome(0, b);
  expect_stored(here, {reason_code::quota_exceeded});
  expect_stored(s, {reason_code::quota_exceeded});
  CAF_CHECK(mqtt::is_failure(ticket->outcome()));
  CAF_CHECK_EQUAL(pointers() + mails(), 0u);
}

CAF_TEST(a bucket that found no room is made with the next try) {
  b.faults.next_meets(zk::fault::storage_full);
  const auto s = make_session(b, "s");
  CAF_CHECK_EQUAL(data_of(zk::paths::session_owner(paths.session(s.card->client))), "b-1");
  b.faults.next_meets(zk::fault::storage_full);
  deposit(b, s, make_message("t", "m"), nullptr, 1);
  expect_stored(s, {reason_code::success});
  CAF_CHECK_EQUAL(mails(), 1u);
}

CAF_TEST(who needs a bucket that finds no room hears that it is for now) {
  const auto here = make_session(a, "h");
  ticket->patient = true;
  {
    const bucketless_store no_room{a};
    deposit(a, here, at_a, ticket, 1);
    const auto other =
        make_ref<test::publish_ticket>(mqtt::ticket::policy::store_if_needed, nullptr,
                                       mqtt::connection_epoch::none, mqtt::packet_id::none);
    deposit(a, here, make_message("t", "n"), other, 2);
    CAF_CHECK(other->outcome().hit == mqtt::limit::store);
    advance(std::chrono::seconds{2});
    expect_stored(here, {reason_code::quota_exceeded});
  }
  advance(std::chrono::seconds{2});
  expect_stored(here, {reason_code::quota_exceeded, reason_code::success});
  CAF_CHECK(!mqtt::is_failure(ticket->outcome()));
}

CAF_TEST(what waits for room stores no packet id when its publisher has begun anew) {
  const auto here = make_session(a, "h"), p = make_session(a, "p");
  deposit(a, here, make_message("t", "before"), nullptr, 9); // makes the topic's bucket
  here.log->stored.clear();
  ticket = make_ref<test::publish_ticket>(mqtt::ticket::policy::store_first, p.card,
                                          mqtt::connection_epoch{1}, mqtt::packet_id{1});
  ticket->addressees = 1;
  ticket->patient = true;
  auto state = std::make_shared<actors::session_state_record>();
  state->session = p.card;
  state->revision = 2;
  state->expiry_interval_s = zk::session_never_expires;
  a.faults.next_meets(zk::fault::storage_full);
  actors::deposit d{here.card, {at_a, make_ref<const mqtt::delivery_terms>(), ticket}, {}};
  d.pointer.number = mqtt::stored_number{1};
  caf::anon_send(a.office(), actors::deposit_mail_atom::value, d);
  sched.run_once(); // the bank has not been asked yet
  p.card->first_epoch = mqtt::connection_epoch{2};
  caf::anon_send(a.office(), actors::erase_atom::value, p.card);
  caf::anon_send(a.office(), actors::save_atom::value,
                 std::shared_ptr<const actors::session_state_record>{std::move(state)});
  settle();
  expect_stored(here, {});
  advance(std::chrono::seconds{2});
  expect_stored(here, {reason_code::success});
  CAF_CHECK(data_of(paths.session(p.card->client)) != "no node");
  CAF_CHECK_EQUAL(names_below(paths.sessions(), "r-").size(), 0u);
}

CAF_TEST(a lost answer is looked up before another pod hears anything) {
  const auto s = make_session(b, "s");
  for (const auto fault : {zk::fault::loss_applied, zk::fault::loss_not_applied}) {
    begin(1);
    deposit(b, s, at_b, far(b, 1), fault == zk::fault::loss_applied ? 1 : 2);
    a.faults.next_meets(fault);
    carry_word(b, 0);
    expect_outcome(0, reason_code::success);
    carry_outcome(0, b);
  }
  CAF_CHECK_EQUAL(pointers(), 2u);
}

CAF_TEST(nobody there needs it stored) {
  caf::anon_send(b.office(), actors::decline_atom::value, far(b, 1), at_b);
  settle();
  CAF_REQUIRE_EQUAL(b.peers[0]->words.size(), 1u);
  CAF_CHECK(b.peers[0]->words[0].second->empty());
  carry_word(b, 0);
  expect_outcome(0, reason_code::success);
  carry_outcome(0, b);
  CAF_CHECK_EQUAL(mails(), 0u);
}

CAF_TEST(a departed pod that needed nothing stored is not waited for) {
  const auto here = make_session(a, "h");
  deposit(a, here, make_message("t", "before"), nullptr, 9); // makes the topic's bucket
  here.log->stored.clear();
  begin(2);
  ticket->patient = true;
  deposit(a, here, at_a, ticket, 1);
  caf::anon_send(b.office(), actors::decline_atom::value, far(b, 1), at_b);
  settle();
  a.faults.next_meets(zk::fault::storage_full);
  carry_word(b, 0);
  expect_stored(here, {});
  see(a, {a.others[1]});
  expect_outcome(0, reason_code::success);
  advance(std::chrono::seconds{2});
  expect_stored(here, {reason_code::success});
}

CAF_TEST(a session that ended after the word was given does not keep others from theirs) {
  begin(2);
  const auto here = make_session(a, "h"), s = make_session(b, "s"), gone = make_session(b, "g");
  const auto t = far(b, 2);
  deposit(b, s, at_b, t, 1);
  deposit(b, gone, at_b, t, 1);
  carry_word(b, 0);
  erase(b, gone);
  deposit(a, here, at_a, ticket, 1);
  expect_outcome(0, reason_code::server_moved);
  CAF_CHECK_EQUAL(pointers(), 0u);
  carry_outcome(0, b); // gives another word
  CAF_REQUIRE_EQUAL(b.peers[0]->words.size(), 2u);
  carry_word(b, 0);
  expect_outcome(0, reason_code::success);
  carry_outcome(0, b);
  CAF_CHECK_EQUAL(pointers(), 2u);
  expect_stored(s, {reason_code::success});
  expect_stored(here, {reason_code::success});
  forget(b, s, 1);
  forget(a, here, 1);
  CAF_CHECK_EQUAL(pointers() + mails(), 0u);
}

CAF_TEST(a word for a session that was adopted is void and another one counts) {
  const auto s = make_session(b, "s");
  deposit(b, s, at_b, far(b, 1), 1);
  set(zk::paths::session_owner(paths.session(s.card->client)), "c-1\nb-1");
  carry_word(b, 0);
  expect_outcome(0, reason_code::server_moved);
  CAF_CHECK_EQUAL(pointers() + mails(), 0u);
  const auto other = make_session(c, "o"); // stands for what was adopted
  deposit(c, other, make_message("t", "m"), far(c, 1), 1);
  carry_word(c, 1);
  expect_outcome(1, reason_code::success);
  CAF_CHECK_EQUAL(pointers(), 1u);
}

CAF_TEST(more words than the ticket says can be expected) {
  const auto s = make_session(b, "s"), other = make_session(c, "o");
  caf::anon_send(a.office(), actors::expect_atom::value, ticket, at_a, 1);
  deposit(b, s, at_b, far(b, 1), 1);
  carry_word(b, 0);
  CAF_CHECK_EQUAL(pointers(), 0u);
  deposit(c, other, make_message("t", "m"), far(c, 1), 1);
  carry_word(c, 1);
  CAF_CHECK_EQUAL(pointers(), 2u);
}

CAF_TEST(fewer words than the ticket says can be expected) {
  begin(2);
  const auto s = make_session(b, "s");
  deposit(b, s, at_b, far(b, 1), 1);
  carry_word(b, 0);
  CAF_CHECK_EQUAL(pointers(), 0u);
  caf::anon_send(a.office(), actors::expect_atom::value, ticket, at_a, -1);
  settle();
  CAF_CHECK_EQUAL(pointers(), 1u);
  expect_outcome(0, reason_code::success);
}

CAF_TEST(a word that comes when all is stored is stored too) {
  const auto s = make_session(b, "s"), other = make_session(c, "o");
  deposit(b, s, at_b, far(b, 1), 1);
  carry_word(b, 0);
  deposit(c, other, make_message("t", "m"), far(c, 1), 1);
  carry_word(c, 1);
  CAF_CHECK_EQUAL(pointers(), 2u);
  expect_outcome(1, reason_code::success);
}

CAF_TEST(the pod of the publisher departs before it stored anything) {
  const auto s = make_session(b, "s");
  deposit(b, s, at_b, far(b, 1), 1);
  see(b, {b.others[1]});
  CAF_CHECK_EQUAL(b.membership->installed.size(), 2u);
  expect_stored(s, {reason_code::unspecified_error});
  deposit(b, s, at_b, far(b, 1), 2); // came on its way and speaks late
  expect_stored(s, {reason_code::unspecified_error, reason_code::unspecified_error});
  CAF_CHECK_EQUAL(pointers() + mails(), 0u);
}

CAF_TEST(the pod of the publisher departs when it has stored everything) {
  const auto s = make_session(b, "s");
  deposit(b, s, at_b, far(b, 1), 1);
  carry_word(b, 0);
  see(b, {b.others[1]});
  expect_stored(s, {reason_code::success});
  forget(b, s, 1);
  CAF_CHECK_EQUAL(pointers() + mails(), 0u);
}

CAF_TEST(what is forgotten while a word is out is removed when it was stored) {
  const auto s = make_session(b, "s");
  deposit(b, s, at_b, far(b, 1), 1);
  forget(b, s, 1);
  carry_word(b, 0);
  CAF_CHECK_EQUAL(pointers(), 1u);
  carry_outcome(0, b);
  CAF_CHECK_EQUAL(pointers() + mails(), 0u);
}

CAF_TEST(a second deposit of a message waits for the outcome of its word) {
  const auto s = make_session(b, "s"), other = make_session(b, "o");
  const auto t = far(b, 1);
  deposit(b, s, at_b, t, 1);
  deposit(b, other, at_b, t, 1);
  expect_stored(other, {});
  carry_word(b, 0);
  carry_outcome(0, b);
  expect_stored(other, {reason_code::success});
  CAF_CHECK_EQUAL(pointers(), 2u);
  CAF_CHECK_EQUAL(mails(), 1u);
}

CAF_TEST_FIXTURE_SCOPE_END()
