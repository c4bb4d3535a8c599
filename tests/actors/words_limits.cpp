// QoS 2 for more sessions than a word or a transaction has room for: the publisher hears no,
// nothing is stored for anybody, and what comes next is.
#define CAF_SUITE words_limits
#include "tests/actors/peer_fixture.hpp"
#include "tests/actors/words_fixture.hpp"

#include <string>
#include <vector>

using namespace mqttzoo;
using mqtt::reason_code;

namespace {

constexpr std::size_t frame_bytes = 1024; ///< less than the pointers of eight sessions

struct words_limits_fixture : test::words_fixture {
  std::vector<stored_session> make_sessions(pod_parts& p, std::size_t count) {
    std::vector<stored_session> made;
    for (std::size_t n = 0; n < count; ++n)
      made.push_back(make_session(p, p.pod.life.str() + std::to_string(n)));
    return made;
  }

  /// With a pointer of 600 kB, as if it were thousands of them.
  void deposit_much(pod_parts& p, const stored_session& s, const mqtt::message_ref& m,
                    const ref<test::publish_ticket>& t) {
    auto terms = make_ref<mqtt::delivery_terms>();
    terms->subscription_identifiers.assign(150'000, 1);
    actors::deposit d{s.card, {m, std::move(terms), t}, {}};
    d.pointer.number = mqtt::stored_number{1};
    caf::anon_send(p.office(), actors::deposit_mail_atom::value, d);
    settle();
  }

  void check_refusal(pod_parts& by, mqtt::limit hit) {
    CAF_REQUIRE_EQUAL(by.peers[0]->words.size(), 1u);
    CAF_CHECK(by.peers[0]->words[0].second->empty());
    CAF_REQUIRE(!by.peers[0]->settled.empty());
    const auto& told = by.peers[0]->settled.front();
    CAF_CHECK(told.numbers == std::vector<std::uint64_t>{number});
    CAF_CHECK(told.outcome.reason == reason_code::quota_exceeded);
    CAF_CHECK(told.outcome.hit == hit);
    CAF_CHECK_EQUAL(pointers() + mails(), 0u);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(words_limits_tests, words_limits_fixture)

CAF_TEST(a word that would not reach the pod of the publisher is refused) {
  begin(2);
  b.others[0]->frame_bytes_max = frame_bytes;
  const auto here = make_session(a, "h");
  const auto many = make_sessions(b, 8);
  const auto t = far(b, many.size());
  for (const auto& s : many)
    deposit(b, s, at_b, t, 1);
  check_refusal(b, mqtt::limit::link_frame);
  for (const auto& s : many)
    expect_stored(s, {reason_code::quota_exceeded});
  deposit(a, here, at_a, ticket, 1);
  ticket->refuse(b.peers[0]->settled.front().outcome); // as the peer at a does
  carry_word(b, 0);
  expect_stored(here, {reason_code::quota_exceeded});
  CAF_CHECK_EQUAL(pointers() + mails(), 0u);

  begin(1); // the next one is for few
  deposit(b, many.front(), make_message("t", "next"), far(b, 1), 2);
  carry_word(b, 0);
  carry_outcome(0, b);
  expect_stored(many.front(), {reason_code::quota_exceeded, reason_code::success});
  CAF_CHECK_EQUAL(pointers(), 1u);
}

CAF_TEST(a word that no transaction has room for is refused) {
  const auto many = make_sessions(b, 2);
  const auto t = far(b, many.size());
  for (const auto& s : many)
    deposit_much(b, s, at_b, t);
  check_refusal(b, mqtt::limit::message_bytes);
  for (const auto& s : many)
    expect_stored(s, {reason_code::quota_exceeded});
}

CAF_TEST(words that no transaction has room for together are refused) {
  begin(2);
  const auto s = make_session(b, "s"), other = make_session(c, "o");
  deposit_much(b, s, at_b, far(b, 1));
  deposit_much(c, other, make_message("t", "m"), far(c, 1));
  carry_word(b, 0);
  carry_word(c, 1);
  expect_outcome(0, reason_code::quota_exceeded);
  expect_outcome(1, reason_code::quota_exceeded);
  carry_outcome(0, b);
  carry_outcome(1, c);
  expect_stored(s, {reason_code::quota_exceeded});
  expect_stored(other, {reason_code::quota_exceeded});
  CAF_CHECK(ticket->outcome().hit == mqtt::limit::message_bytes);
  CAF_CHECK_EQUAL(pointers() + mails(), 0u);
}

CAF_TEST_FIXTURE_SCOPE_END()

CAF_TEST_FIXTURE_SCOPE(words_frames_tests, test::peer_fixture)

CAF_TEST(a pod says how long a word it takes) {
  far.wire.frame_bytes_max = frame_bytes;
  link();
  settle();
  CAF_CHECK_EQUAL(b->frame_bytes_max.load(), frame_bytes);
}

CAF_TEST_FIXTURE_SCOPE_END()
