// Who renews a retained message, and what becomes of those whose pod departed.
#define CAF_SUITE retained_leases
#include "tests/actors/news_fixture.hpp"
#include "zk/message_parts.hpp"

#include <map>
#include <utility>

using namespace mqttzoo;
using namespace std::chrono_literals;

namespace {

auto dearer_than_all_there_is() {
  auto bank = core::settings{}.bank;
  bank.ttl_min = bank.ttl_max = std::chrono::hours{10'000};
  return bank;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(lease_tests, test::news_fixture)

// --- the end of a message's time ---

CAF_TEST(the end of its time does not remove what another pod has written since) {
  retain_for(a, "t", "old", 10s);
  retain(c, "t", "new"); // and a does not hear of it
  advance(11s);
  expect_stored("t", "new");
  expect_heard(a, {"old", "removed", "new"});
  carry(a, 1, c, 0);
  expect_heard(c, {"new"});
}

CAF_TEST(a message that is retained while the one before ends counts) {
  retain_for(a, "t", "old", 10s);
  retain(c, "t", "of c");
  clock.advance(11s);
  timers.run_due(clock.now());
  retain(a, "t", "newest");
  expect_stored("t", "newest");
  CAF_REQUIRE(!a.index->heard.empty());
  CAF_REQUIRE(a.index->heard.back().second);
  CAF_CHECK_EQUAL(a.index->heard.back().second->payload(), "newest");
}

CAF_TEST(the end of its time waits for room and leaves what came meanwhile) {
  retain_for(a, "t", "old", 10s);
  clock.advance(11s);
  a.faults.set_full(true);
  timers.run_due(clock.now());
  settle();
  a.faults.set_full(false);
  retain(c, "t", "new");
  carry(c, 0, a, 1);
  advance(1s);
  expect_stored("t", "new");
  CAF_REQUIRE(!a.index->heard.empty());
  CAF_REQUIRE(a.index->heard.back().second);
  CAF_CHECK_EQUAL(a.index->heard.back().second->payload(), "new");
}

CAF_TEST(a departed pods message that has been replaced since it was found is left alone) {
  retain_for(a, "t", "old", 10s);
  const auto found = scan("t");
  kill(a);
  clock.advance(11s);
  retain(b, "t", "new");
  carry(b, 1, c, 1);
  adopt(c, found);
  advance(1s);
  expect_stored("t", "new");
  expect_heard(c, {"new"});
}

// --- the lease goes to who wrote last ---

CAF_TEST(a message that was replaced before its pod knew that it is stored is not held) {
  retain(a, "t", "before");
  begin_retaining(a, "t", "older");
  write_and_answer_late(a);
  retain_meanwhile(c, "t", "newest");
  carry(c, 0, a, 1);
  expect_heard(a, {"before", "newest"});
  advance(2s); // the bank tells its figures
  CAF_CHECK_EQUAL(a.pod.bank_counts.held_messages.get(), 0u);
  CAF_CHECK_EQUAL(c.pod.bank_counts.held_messages.get(), 1u);
}

CAF_TEST(a removal counts although its pod hears first that what it wrote before was replaced) {
  retain(a, "t", "before");
  begin_retaining(a, "t", "older");
  write_and_answer_late(a);
  retain_meanwhile(c, "t", "newest");
  begin_retaining(a, "t", "");
  carry(c, 0, a, 1);
  CAF_CHECK_EQUAL(data_of(paths.retained("t")), "no node");
}

CAF_TEST(a message that was replaced before its pod knew that it is renewed is not held) {
  retain_for(a, "t", "1", 10s);
  renew_and_answer_late(a);
  expect_version("t", 1);
  retain_meanwhile(c, "t", "2");
  carry(c, 0, a, 1);
  expect_heard(a, {"1", "2"});
  CAF_CHECK_EQUAL(a.pod.bank_counts.renewals.get(), 1u);
  advance(1s); // the bank tells its figures
  CAF_CHECK_EQUAL(a.pod.bank_counts.held_messages.get(), 0u);
}

// --- what its pod told nobody ---

CAF_TEST(a departed pods message that nobody heard of is told to all) {
  retain(a, "t", "1");
  const auto found = scan("t");
  kill(a);
  see(b, {b.others[1]});
  see(c, {c.others[1]});
  adopt(b, found);
  expect_heard(b, {"1"});
  const auto& told = b.peers[1]->frames;
  CAF_REQUIRE_EQUAL(told.size(), 1u);
  const auto commit = actors::decode_retained_commit(told[0]);
  CAF_REQUIRE(commit);
  CAF_CHECK_EQUAL(commit->zxid, found->front().mzxid);
  carry(b, 1, c, 1);
  expect_heard(c, {"1"});
  carry(b, 1, c, 1); // once more
  expect_heard(c, {"1"});
}

CAF_TEST(an older message that comes late does not replace an adopted one) {
  retain(c, "t", "older");
  retain(a, "t", "newest");
  const auto found = scan("t");
  kill(a);
  see(b, {b.others[1]});
  adopt(b, found);
  carry(c, 1, b, 1);
  expect_heard(b, {"newest"});
  pass_renewals();
  expect_renewed_by("t", "b-1");
}

CAF_TEST(a message stays adopted that is read again) {
  retain(a, "t", "1");
  tell(b, 0, a.peers[0]->frames.at(0));
  settle();
  kill(a);
  b.faults.next_meets(zk::fault::loss_not_applied);
  see(b, {b.others[1]}); // and reads it later
  adopt(b, scan("t"));
  advance(1s);
  pass_renewals();
  expect_renewed_by("t", "b-1");
  expect_heard(b, {"1"});
}

CAF_TEST(a departed pods message is adopted in place of the older one that this pod had) {
  retain(b, "t", "1");
  retain(a, "t", "2");
  kill(a);
  see(b, {b.others[1]});
  adopt(b, scan("t"));
  pass_renewals();
  expect_renewed_by("t", "b-1");
  expect_stored("t", "2");
  expect_heard(b, {"1", "2"});
}

CAF_TEST(an own message under way is told of and not the one that it replaces) {
  retain(a, "t", "of a");
  const auto found = scan("t");
  kill(a);
  see(b, {b.others[1]});
  begin_retaining(b, "t", "of b");
  adopt(b, found);
  expect_stored("t", "of b");
  CAF_CHECK_EQUAL(b.peers[1]->frames.size(), 2u);
  carry(b, 1, c, 1);
  expect_heard(c, {"of b"});
  CAF_REQUIRE(!b.index->heard.empty());
  CAF_CHECK_EQUAL(b.index->heard.back().second->payload(), "of b");
}

CAF_TEST(a departed pods message is adopted when what was to replace it is refused) {
  retain(a, "t", "1");
  const auto found = scan("t");
  kill(a);
  see(b, {b.others[1]});
  const auto affordable = std::exchange(b.services.settings.bank, dearer_than_all_there_is());
  begin_retaining(b, "t", "2");
  adopt(b, found);
  advance(1s);
  b.services.settings.bank = affordable;
  expect_heard(b, {"1"});
  pass_renewals();
  expect_stored("t", "1");
  expect_renewed_by("t", "b-1");
}

CAF_TEST(a departed pods message is adopted when the renewal of an older one has ended) {
  see(b, {b.others[1]});
  retain_for(b, "t", "1", 10s);
  renew_and_answer_late(b);
  expect_version("t", 1);
  retain_meanwhile(a, "t", "2");
  adopt(b, scan("t"));
  kill(a);
  advance(1s);
  pass_renewals();
  expect_stored("t", "2");
  expect_renewed_by("t", "b-1");
}

CAF_TEST(a departed pods message whose parts cannot be read is adopted later) {
  const std::string large(2 * zk::part_bytes_max, 'x');
  retain(a, "t", large);
  const auto found = scan("t");
  kill(a);
  see(b, {b.others[1]});
  b.faults.next_meets(zk::fault::loss_not_applied);
  adopt(b, found);
  expect_heard(b, {});
  advance(1s);
  expect_heard(b, {large});
  pass_renewals();
  expect_renewed_by("t", "b-1");
}

CAF_TEST(who cannot renew a message looks what became of it) {
  retain(b, "removed", "1");
  retain(b, "replaced", "2");
  retain(a, "removed", "");
  retain(a, "replaced", "3"); // and b hears of neither
  pass_renewals();
  std::map<std::string, std::string> got;
  for (const auto& [topic, m] : b.index->heard)
    got[topic] = m ? m->payload() : "removed";
  CAF_CHECK_EQUAL(got["removed"], "removed");
  CAF_CHECK_EQUAL(got["replaced"], "3");
}

CAF_TEST(only so many messages are read at a time) {
  const auto all = 3 * actors::post_office::retained_reads_max;
  const auto before = b.faults.counters().operations;
  for (std::size_t i = 0; i < all; ++i)
    tell(b, 0, actors::encode_retained_commit({std::to_string(i), 1000}));
  run();
  CAF_CHECK_EQUAL(b.faults.counters().operations - before, actors::post_office::retained_reads_max);
  settle();
  CAF_CHECK_EQUAL(b.index->heard.size(), all);
}

CAF_TEST_FIXTURE_SCOPE_END()
