// The post office where messages are published: words of all addressees, those of other pods
// included, become one transaction.
#include "actors/post_office.hpp"
#include "core/log.hpp"

#include <caf/actor_cast.hpp>

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

/// Of what waits for room, under way to the store at once.
constexpr std::size_t tried_max = 256;

template<class T>
void append(std::vector<T>& to, std::vector<T> more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

} // namespace

void post_office::decline(const ref<publish_ticket>& t, const mqtt::message_ref& m) {
  if (auto* g = gather(t, m)) {
    --g->missing;
    complete(*g);
  }
}

void post_office::word_came(const ref<publish_ticket>& t, const mqtt::message_ref& m,
                            const far_word& w) {
  if (auto* g = gather(t, m)) {
    g->words.push_back(w);
    --g->missing;
    return complete(*g);
  }
  store(transaction{t, m, {}, {w}}); // of a session that was adopted after the rest was stored
}

void post_office::expect_words(const ref<publish_ticket>& t, const mqtt::message_ref& m, int more) {
  if (auto* g = gather(t, m)) {
    g->missing += more;
    complete(*g);
  }
}

post_office::gathering* post_office::gather(const ref<publish_ticket>& t,
                                            const mqtt::message_ref& m) {
  if (!t || !t->store_first() || t->gathered())
    return nullptr;
  auto& g = gatherings_[t.get()];
  if (!g.ticket) {
    g.ticket = t;
    g.message = m;
    g.missing = static_cast<std::ptrdiff_t>(t->addressees);
  }
  return &g;
}

void post_office::complete(gathering& g) {
  if (g.storing || g.missing > 0)
    return;
  const auto* remembers = g.publisher_erased ? nullptr : remembering(*g.ticket);
  if (!g.words.empty()) {
    g.storing = true; // one of the words may turn out void, and another one come in its stead
    return store(transaction{g.ticket, g.message, std::exchange(g.deposits, {}),
                             std::exchange(g.words, {}), remembers});
  }
  auto node = gatherings_.extract(g.ticket.get());
  auto& all = node.mapped();
  all.ticket->set_gathered();
  if (pod().clustered() && dynamic_cast<const far_ticket*>(all.ticket.get()))
    return give_word(std::move(all));
  store(transaction{all.ticket, all.message, std::move(all.deposits), {}, remembers});
}

/// Null also if there is no node to put the packet id below, and no session that would survive a
/// crash.
const session_card* post_office::remembering(const publish_ticket& t) const {
  const auto* session = t.remembers();
  return session && known_sessions_.contains(session->number) ? session : nullptr;
}

void post_office::store(transaction t) {
  if (t.remembers) // or did, before another try
    t.remembers = remembering(*t.ticket);
  // One addressee has no room: nobody gets it, the publisher hears no.
  if (t.ticket && mqtt::is_failure(t.ticket->outcome()))
    return ended(t, t.ticket->outcome());
  if (!t.word)
    outlive_expiry(t);
  if (needs_parts(t))
    return store_parts_first(std::move(t));
  if (t.word)
    return ended(t, mqtt::reason_code::success);
  payment pay;
  pay.tried = t.place != 0 ? attempt::again : attempt::first;
  auto what = to_ops(t, pay);
  if (what.empty())
    return ended(t, mqtt::reason_code::success);
  auto shared = std::make_shared<transaction>(std::move(t));
  write(std::move(what), std::move(pay), [this, shared](const bank_commit& answer) {
    if (answer.result)
      return ended(*shared, mqtt::reason_code::success);
    const auto& e = answer.result.error();
    if (std::size_t word = 0; is_void(*shared, e, word))
      return store_without(std::move(*shared), word);
    refused(std::move(*shared), answer);
  });
}

/// Nothing was applied.
void post_office::refused(transaction t, const bank_commit& answer) {
  auto why = to_settlement(answer);
  const auto& e = answer.result.error();
  const bool without_ground = lacks_ground(t, e);
  undo(t);
  if (without_ground) {
    if (!std::exchange(t.without_ground, true))
      return store(std::move(t));
    why = to_settlement(zk::error::storage_full); // and again: there was no room for it
  }
  if (is_for_now(why)) {
    if (const auto missing = drop_departed_words(t); missing > 0)
      return gather_again(std::move(t), missing);
    if (wait(t, why))
      return;
  }
  if (!answer.refused) // else the bank counts it
    log.warn("a message could not be stored", {{"error", zk::to_string(e.code)}});
  ended(t, why);
}

/// The copy of the message that it counts on was to be created by a transaction that was refused,
/// or there was no room for the bucket of its own copy.
bool post_office::lacks_ground(const transaction& t, const zk::multi_error& e) noexcept {
  return e.code == zk::error::no_node && e.index == 0 && !t.deposits.empty();
}

/// Makes the books say again that nothing of it is stored. What its sessions have forgotten
/// meanwhile is no part of it any more.
void post_office::undo(transaction& t) {
  const auto kept = mails_.find(t.message.get());
  // All addressees may have forgotten the message meanwhile, and others have created a copy anew.
  if (const auto path = std::exchange(t.creates, {});
      !path.empty() && kept != mails_.end() && kept->second.path == path)
    kept->second.standing = false;
  removal unused;
  std::erase_if(t.deposits, [&](const deposit& d) {
    const pointer_key key{d.session->number, d.pointer.number};
    if (!pointers_.contains(key))
      return true;
    drop_pointer(key, unused);
    return false;
  });
  if (!unused.what.empty())
    remove(std::move(unused));
}

/// This pod's own first.
post_office::ops post_office::to_ops(transaction& t, payment& pay) {
  ops what;
  if (!t.deposits.empty()) {
    auto& kept = mail_of(t.message, t.ticket, t.deposits, what, &pay);
    if (std::holds_alternative<zk::create_op>(what.front()))
      t.creates = kept.path;
    for (const auto& d : t.deposits)
      add_pointer(d, kept, what);
  }
  if (t.remembers) {
    const auto id = static_cast<std::uint16_t>(t.ticket->id());
    what.emplace_back(zk::create_op{zk::paths::received(paths_.session(t.remembers->client), id),
                                    zk::encode_received({id}).value_or(std::string{}),
                                    zk::create_mode::persistent});
    received_[t.remembers->number].insert(t.ticket->id());
  }
  t.word_ends.clear();
  for (const auto& w : t.words) {
    what.insert(what.end(), w.ops->begin(), w.ops->end());
    t.word_ends.push_back(what.size());
  }
  return what;
}

/// Whether another pod's word is to blame: a session of it has another owner by now, or ended.
bool post_office::is_void(const transaction& t, const zk::multi_error& e,
                          std::size_t& word) const noexcept {
  if (t.words.empty() || (e.code != zk::error::bad_version && e.code != zk::error::no_node))
    return false;
  const auto own = t.word_ends.front() - t.words.front().ops->size();
  const auto found = std::upper_bound(t.word_ends.begin(), t.word_ends.end(), e.index);
  if (e.index < own || found == t.word_ends.end())
    return false;
  word = static_cast<std::size_t>(found - t.word_ends.begin());
  return true;
}

/// Nothing was applied. The pod of the void word gives another one, or whoever has its sessions.
void post_office::store_without(transaction t, std::size_t word) {
  const auto& w = t.words[word];
  send(w.pod->peer, outcome_atom::value, w.number, mqtt::reason_code::server_moved);
  t.words.erase(t.words.begin() + static_cast<std::ptrdiff_t>(word));
  undo(t);
  gather_again(std::move(t), 1);
}

/// A departed pod's heirs have what it had when the store has decided on its words. What waits for
/// room is not decided, and while they are missing the leader reaps nothing that would make room:
/// so they are to give words of their own, if there was something to store. Returns how many will.
std::ptrdiff_t post_office::drop_departed_words(transaction& t) {
  std::ptrdiff_t to_come = 0;
  std::erase_if(t.words, [&](const far_word& w) {
    if (is_member(w.pod))
      return false;
    const bool is_empty = w.ops->empty();
    to_come += is_empty ? 0 : 1;
    send(w.pod->peer, outcome_atom::value, w.number,
         is_empty ? mqtt::reason_code::success : mqtt::reason_code::server_moved);
    return true;
  });
  return to_come;
}

/// Its books are undone, and so many words are to come.
void post_office::gather_again(transaction t, std::ptrdiff_t missing) {
  stop_waiting(std::exchange(t.place, 0)); // and takes a new place, if there is no room again
  const auto found = gatherings_.find(t.ticket.get());
  if (found == gatherings_.end())
    return store(std::move(t));
  auto& g = found->second;
  g.storing = false;
  g.missing += missing;
  append(g.deposits, std::move(t.deposits));
  append(g.words, std::move(t.words));
  complete(g);
}

void post_office::ended(const transaction& t, const mqtt::settlement& outcome) {
  t.word ? copy_ended(*t.word, outcome) : stored_or_not(t.deposits, t.ticket, outcome);
  for (const auto& w : t.words)
    send(w.pod->peer, outcome_atom::value, w.number, outcome.reason);
  if (t.place != 0) {
    tried_at_once_ = mqtt::is_failure(outcome) ? 1 : std::min(2 * tried_at_once_, tried_max);
    stop_waiting(t.place);
    try_waiting();
  }
  const auto found = gatherings_.find(t.ticket.get());
  if (found == gatherings_.end() || !found->second.storing)
    return;
  const auto node = gatherings_.extract(found);
  auto& late = node.mapped();
  late.ticket->set_gathered();
  store(transaction{late.ticket, late.message, std::move(late.deposits), std::move(late.words)});
}

void post_office::stored_or_not(const std::vector<deposit>& deposits, const ref<publish_ticket>& t,
                                const mqtt::settlement& outcome) {
  if (mqtt::is_failure(outcome)) {
    if (t)
      t->refuse(outcome);
    removal leftover; // the copy, if nobody else has a pointer to it any more
    for (const auto& d : deposits)
      drop_pointer({d.session->number, d.pointer.number}, leftover);
    if (!leftover.what.empty())
      remove(std::move(leftover));
  }
  for (const auto& d : deposits) {
    const auto kept = mails_.find(d.delivery.message.get());
    const auto until = kept == mails_.end() ? net::time_point::max() : held_until(kept->second);
    send(d.session->handle, was_stored_atom::value, stored{d.pointer.number, outcome, until});
  }
}

} // namespace mqttzoo::actors
