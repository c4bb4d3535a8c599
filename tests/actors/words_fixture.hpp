// The post office of a publisher's pod and those of its subscribers' pods, and what goes between
// them about messages of QoS 2: carried by hand.
//
// Lives for one test, on its thread.
#pragma once

#include "tests/actors/cluster_store.hpp"

#include <utility>
#include <vector>

namespace mqttzoo::test {

using actors::far_ticket;
using actors::publish_ticket;
using mqtt::reason_code;

struct words_fixture : cluster_store_fixture {
  static constexpr std::uint64_t number = 7; ///< of the message, at the publisher's pod

  pod_parts& a = *pods[0]; ///< the publisher is here
  pod_parts& b = *pods[1]; ///< subscribers are here
  pod_parts& c = *pods[2];
  const mqtt::message_ref at_a = make_message("t", "m");
  const mqtt::message_ref at_b = make_message("t", "m");
  ref<publish_ticket> ticket;

  explicit words_fixture() { begin(1); }

  void begin(std::size_t addressees) {
    ticket = make_ref<publish_ticket>(mqtt::ticket::policy::store_first, nullptr,
                                      mqtt::connection_epoch::none, mqtt::packet_id::none);
    ticket->addressees = addressees;
  }

  /// Of the message at the pod `p`, whose first peer is `a`'s.
  ref<publish_ticket> far(pod_parts& p, std::size_t addressees) {
    auto t = make_ref<far_ticket>(mqtt::ticket::policy::store_first, p.others[0], number);
    t->addressees = addressees;
    return t;
  }

  /// The last word that `p` gave comes to `a`, whose `from`-th peer `p` is.
  void carry_word(pod_parts& p, std::size_t from) {
    CAF_REQUIRE(!p.peers[0]->words.empty());
    const auto [n, ops] = p.peers[0]->words.back();
    CAF_CHECK_EQUAL(n, number);
    caf::anon_send(a.office(), actors::word_atom::value, ticket, at_a,
                   actors::far_word{a.others[from], n, ops});
    settle();
  }

  /// The last outcome for its `from`-th peer comes to `p`.
  void carry_outcome(std::size_t from, pod_parts& p) {
    CAF_REQUIRE(!a.peers[from]->outcomes.empty());
    const auto [n, reason] = a.peers[from]->outcomes.back();
    caf::anon_send(p.office(), actors::outcome_atom::value, p.others[0], n, reason);
    settle();
  }

  void expect_outcome(std::size_t of, reason_code reason) {
    CAF_REQUIRE(!a.peers[of]->outcomes.empty());
    CAF_CHECK_EQUAL(static_cast<int>(a.peers[of]->outcomes.back().second),
                    static_cast<int>(reason));
  }

  void expect_stored(const stored_session& s, std::vector<reason_code> reasons) {
    CAF_REQUIRE_EQUAL(s.log->stored.size(), reasons.size());
    for (std::size_t i = 0; i < reasons.size(); ++i)
      CAF_CHECK_EQUAL(static_cast<int>(s.log->stored[i].outcome.reason),
                      static_cast<int>(reasons[i]));
  }

  void erase(pod_parts& p, const stored_session& s) {
    caf::anon_send(p.office(), actors::erase_atom::value, s.card);
    settle();
  }

  void forget(pod_parts& p, const stored_session& s, std::uint64_t n) {
    caf::anon_send(p.office(), actors::forget_atom::value, s.card, mqtt::stored_number{n});
    settle();
  }
};

} // namespace mqttzoo::test
