// QoS 2 when the message does not fit into one node, or not into one transaction with what else is
// stored: the copy is written first, and the word of its pod counts on that. Nothing stays of a
// copy that no word counts on.
#define CAF_SUITE words_large
#include "tests/actors/books.hpp"
#include "tests/actors/words_fixture.hpp"
#include "zk/message_parts.hpp"

#include <string>
#include <vector>

using namespace mqttzoo;
using mqtt::reason_code;

namespace {

constexpr std::size_t large_bytes = zk::part_bytes_max + 1; // two parts
constexpr unsigned steps_max = 10; ///< enough to meet every transaction of a copy

struct large_words_fixture : test::words_fixture {
  const mqtt::message_ref large = make_message("t", std::string(large_bytes * 2, 'x'));
  const std::size_t large_parts = 3;

  std::size_t parts() {
    std::size_t found = 0;
    for_each_node_below(paths.topics(), [&](const zk::scanned_node& node) {
      found +=
          zk::parse_mail_name(zk::last_level_of(zk::parent_of(node.path))).has_value() ? 1u : 0u;
    });
    return found;
  }

  void begin_deposit(const stored_session& s, const ref<test::publish_ticket>& t) {
    actors::deposit d{s.card, {large, make_ref<const mqtt::delivery_terms>(), t}, {}};
    d.pointer.number = mqtt::stored_number{1};
    caf::anon_send(b.office(), actors::deposit_mail_atom::value, d);
  }

  void take_steps(unsigned steps) {
    for (unsigned n = 0; n < steps; ++n) {
      run();
      b.faults.step();
      store->run_turn();
    }
    run();
  }

  /// `s` wants the large message; `steps` things happen in the store before this returns.
  void begin_copy(const stored_session& s, const ref<test::publish_ticket>& t, unsigned steps) {
    begin_deposit(s, t);
    take_steps(steps);
  }

  /// One step more, and a session is being saved: for some number of steps the copy is complete
  /// then, and its word still to be given. `late` wants the message only now.
  void begin_copy_behind_save(const stored_session& s, const stored_session& late, unsigned steps) {
    const auto t = far(b, 1);
    begin_copy(s, t, steps);
    auto state = std::make_shared<actors::session_state_record>();
    state->session = late.card;
    state->revision = 2;
    state->expiry_interval_s = zk::session_never_expires;
    caf::anon_send(b.office(), actors::save_atom::value,
                   std::shared_ptr<const actors::session_state_record>{std::move(state)});
    take_steps(1);
    begin_deposit(late, t);
  }

  std::size_t words_given() const { return b.peers[0]->words.size(); }

  void check_nothing_left() {
    advance(std::chrono::seconds{2}); // what could not be removed is removed
    CAF_CHECK_EQUAL(pointers() + mails() + parts(), 0u);
    const auto books = test::read_books(*store, paths);
    CAF_CHECK_EQUAL(books.sum(), books.total);
    CAF_CHECK(!books.negative);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(words_large_tests, large_words_fixture)

CAF_TEST(a copy in parts stands and is paid for before the word is given) {
  const auto s = make_session(b, "s"), other = make_session(b, "o");
  const auto t = far(b, 2);
  deposit(b, s, large, t, 1);
  deposit(b, other, large, t, 1);
  CAF_CHECK_EQUAL(parts(), large_parts);
  CAF_CHECK_EQUAL(pointers(), 0u);
  CAF_CHECK_GREATER(test::read_books(*store, paths).held, 0);
  carry_word(b, 0);
  CAF_CHECK_EQUAL(pointers(), 2u);
  carry_outcome(0, b);
  expect_stored(s, {reason_code::success});
  expect_stored(other, {reason_code::success});
  forget(b, s, 1);
  CAF_CHECK_EQUAL(parts(), large_parts);
  forget(b, other, 1);
  check_nothing_left();
}

CAF_TEST(copies that do not fit one transaction together stand before their words are given) {
  begin(2);
  const std::string payload(600'000, 'x'); // fits a node
  const auto s = make_session(b, "s"), other = make_session(c, "o");
  deposit(b, s, make_message("t", payload), far(b, 1), 1);
  deposit(c, other, make_message("t", payload), far(c, 1), 1);
  CAF_CHECK_EQUAL(parts(), 2u);
  carry_word(b, 0);
  carry_word(c, 1);
  CAF_CHECK_EQUAL(pointers(), 2u);
  expect_outcome(0, reason_code::success);
  expect_outcome(1, reason_code::success);
  carry_outcome(0, b);
  carry_outcome(1, c);
  expect_stored(s, {reason_code::success});
  expect_stored(other, {reason_code::success});
  forget(b, s, 1);
  forget(c, other, 1);
  check_nothing_left();
}

CAF_TEST(a copy that does not fit beside its pointers is in parts) {
  constexpr std::size_t count = 130;
  begin(count);
  const auto m = make_message("t", std::string(985'000, 'x')); // fits a node
  std::vector<stored_session> sessions;
  for (std::size_t n = 0; n < count; ++n)
    sessions.push_back(make_session(a, "s" + std::to_string(n)));
  for (const auto& s : sessions)
    deposit(a, s, m, ticket, 1);
  CAF_CHECK_EQUAL(pointers(), count);
  CAF_CHECK_EQUAL(parts(), 2u);
  for (const auto& s : sessions) {
    expect_stored(s, {reason_code::success});
    forget(a, s, 1);
  }
  check_nothing_left();
}

CAF_TEST(nothing stays of a copy whose word could not be stored) {
  const auto here = make_session(a, "h"), s = make_session(b, "s");
  deposit(a, here, make_message("t", "before"), nullptr, 9); // opens the books
  forget(a, here, 9);
  deposit(b, s, large, far(b, 1), 1);
  a.faults.next_meets(zk::fault::storage_full);
  carry_word(b, 0);
  carry_outcome(0, b);
  expect_stored(s, {reason_code::quota_exceeded});
  check_nothing_left();
}

CAF_TEST(a copy whose bucket found no room is written with the next try) {
  const auto s = make_session(b, "s");
  b.faults.next_meets(zk::fault::storage_full);
  deposit(b, s, large, far(b, 1), 1);
  CAF_CHECK_EQUAL(parts(), large_parts);
  carry_word(b, 0);
  carry_outcome(0, b);
  expect_stored(s, {reason_code::success});
  forget(b, s, 1);
  check_nothing_left();
}

CAF_TEST(a copy that finds no room is refused with what was full) {
  const auto s = make_session(b, "s");
  for (unsigned steps = 0; steps < steps_max; ++steps) {
    s.log->stored.clear();
    const auto before = words_given();
    const auto t = far(b, 1);
    begin_copy(s, t, steps);
    b.faults.set_full(true);
    settle();
    b.faults.set_full(false);
    CAF_CHECK_EQUAL(words_given(), before + 1);
    if (!b.peers[0]->words.back().second->empty()) { // it was written by then
      carry_word(b, 0);
      carry_outcome(0, b);
      forget(b, s, 1);
      CAF_CHECK_GREATER(steps, 2u);
    } else {
      expect_stored(s, {reason_code::quota_exceeded});
      CAF_CHECK(t->outcome().hit == mqtt::limit::store);
    }
    check_nothing_left();
    begin(1);
  }
}

CAF_TEST(a copy that nobody wants any more goes and the word is empty) {
  const auto s = make_session(b, "s");
  for (unsigned steps = 0; steps < steps_max; ++steps) {
    const auto before = words_given();
    begin_copy(s, far(b, 1), steps);
    forget(b, s, 1);
    CAF_REQUIRE_EQUAL(words_given(), before + 1);
    carry_word(b, 0);
    carry_outcome(0, b);
    check_nothing_left();
    begin(1);
  }
}

CAF_TEST(the pod of the publisher departs while the copy is written) {
  const auto s = make_session(b, "s");
  for (unsigned steps = 0; steps < steps_max; ++steps) {
    s.log->stored.clear();
    begin_copy(s, far(b, 1), steps);
    see(b, {b.others[1]});
    advance(std::chrono::seconds{2});
    expect_stored(s, {reason_code::unspecified_error});
    check_nothing_left();
    see(b, b.others);
  }
}

CAF_TEST(who comes while the word waits to be given hears when the pod of the publisher departs) {
  const auto s = make_session(b, "s"), late = make_session(b, "l");
  for (unsigned steps = 0; steps < steps_max; ++steps) {
    s.log->stored.clear();
    late.log->stored.clear();
    begin_copy_behind_save(s, late, steps);
    see(b, {b.others[1]});
    advance(std::chrono::seconds{2});
    expect_stored(s, {reason_code::unspecified_error});
    expect_stored(late, {reason_code::unspecified_error});
    check_nothing_left();
    see(b, b.others);
  }
}

CAF_TEST(who comes while the word waits to be given has the message when the word turns out empty) {
  const auto s = make_session(b, "s"), late = make_session(b, "l");
  for (unsigned steps = 0; steps < steps_max; ++steps) {
    late.log->stored.clear();
    const auto before = words_given();
    begin_copy_behind_save(s, late, steps);
    forget(b, s, 1);
    CAF_REQUIRE_EQUAL(words_given(), before + 1);
    carry_word(b, 0);
    carry_outcome(0, b);
    expect_stored(late, {reason_code::success});
    CAF_CHECK_EQUAL(pointers(), 1u);
    forget(b, late, 1);
    check_nothing_left();
    begin(1);
  }
}

CAF_TEST(who leaves while the word waits to be given has nothing stored) {
  const auto s = make_session(b, "s");
  for (unsigned steps = 0; steps < 2 * steps_max; ++steps) {
    const auto late = make_session(b, "l" + std::to_string(steps));
    s.log->stored.clear();
    begin_copy_behind_save(s, late, steps / 2);
    steps % 2 == 0 ? forget(b, late, 1) : erase(b, late);
    carry_word(b, 0);
    carry_outcome(0, b);
    expect_stored(s, {reason_code::success});
    CAF_CHECK_EQUAL(pointers(), 1u);
    forget(b, s, 1);
    check_nothing_left();
    begin(1);
  }
}

CAF_TEST(what was stored beside a void word and forgotten meanwhile is removed) {
  const auto s = make_session(b, "s"), late = make_session(b, "l");
  const auto t = far(b, 1);
  begin_deposit(s, t);
  begin_deposit(late, t); // waits for the copy and not for the word
  settle();
  CAF_CHECK_EQUAL(words_given(), 1u);
  expect_stored(late, {reason_code::success});
  forget(b, late, 1);
  CAF_CHECK_EQUAL(pointers(), 1u); // until the outcome is known
  caf::anon_send(b.office(), actors::outcome_atom::value, b.others[0], number,
                 reason_code::server_moved);
  settle();
  CAF_CHECK_EQUAL(pointers(), 0u);
  CAF_REQUIRE_EQUAL(words_given(), 2u);
  carry_word(b, 0);
  carry_outcome(0, b);
  expect_stored(s, {reason_code::success});
  forget(b, s, 1);
  check_nothing_left();
}

CAF_TEST(a void word is given again with a copy of its own) {
  begin(2);
  const auto here = make_session(a, "h"), s = make_session(b, "s"), gone = make_session(b, "g");
  const auto t = far(b, 2);
  deposit(b, s, large, t, 1);
  deposit(b, gone, large, t, 1);
  carry_word(b, 0);
  erase(b, gone);
  deposit(a, here, at_a, ticket, 1);
  expect_outcome(0, reason_code::server_moved);
  carry_outcome(0, b);
  CAF_REQUIRE_EQUAL(words_given(), 2u);
  CAF_CHECK_EQUAL(parts(), large_parts);
  carry_word(b, 0);
  carry_outcome(0, b);
  expect_stored(s, {reason_code::success});
  forget(b, s, 1);
  forget(a, here, 1);
  check_nothing_left();
}

CAF_TEST_FIXTURE_SCOPE_END()
