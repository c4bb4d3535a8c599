// The post office where a store-first message of another pod has addressees: it says what is to be
// stored and hears whether it was.
#include "actors/post_office.hpp"
#include "core/log.hpp"
#include "zk/behind_sync.hpp"
#include "zk/request_check.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

using ops_ref = std::shared_ptr<const std::vector<zk::op>>;

/// Whether a word can be given: a frame that is too long would never come, and nobody be told.
mqtt::settlement check_word(const std::vector<zk::op>& ops, const cluster_member& to) noexcept {
  constexpr std::size_t around = 16; // of an operation in its frame, and of the frame
  const auto bytes = zk::payload_bytes(ops);
  if (bytes > zk::request_bytes_max)
    return to_settlement(zk::error::too_large);
  if (bytes + around * (ops.size() + 1) > to.frame_bytes_max.load(std::memory_order_relaxed))
    return {mqtt::reason_code::quota_exceeded, mqtt::limit::link_frame, 0};
  return {};
}

} // namespace

void post_office::given_word::leave_out(const std::function<bool(const deposit&)>& leaves) {
  std::erase_if(later, leaves);
  if (!sent)
    std::erase_if(deposits, leaves);
}

void post_office::give_word(gathering all) {
  const auto& t = static_cast<const far_ticket&>(*all.ticket);
  const far_message of{t.from().get(), t.number()};
  if (mqtt::is_failure(t.outcome())) {
    send_refusal(t, t.outcome());
    return stored_or_not(all.deposits, all.ticket, t.outcome());
  }
  if (all.deposits.empty())
    return send_empty_word(t);
  given_word w;
  w.ticket = all.ticket;
  w.message = all.message;
  w.deposits = std::move(all.deposits);
  words_.insert_or_assign(of, std::move(w));
  if (!is_member(t.from())) // nobody is left to store it, nor to publish it again but its client
    return end_unsent(of, mqtt::reason_code::unspecified_error);
  ensure_bucket(paths_.mail_drop(all.message->topic(), {}));
  if (!fits_a_word(*all.message))
    return make_copy(of);
  after_groundwork([this, of] { send_word(of); });
}

/// A word carries the copy, but no parts: these are written first, and paid for by this pod.
void post_office::make_copy(const far_message& of) {
  const auto& w = words_.at(of);
  transaction t{w.ticket, w.message, w.deposits, {}};
  t.word = of;
  store(std::move(t));
}

/// What a word counts on stands, or cannot.
void post_office::copy_ended(const far_message& of, const mqtt::settlement& outcome) {
  const auto found = words_.find(of);
  if (found == words_.end())
    return; // its pod has departed meanwhile
  if (mqtt::is_failure(outcome)) {
    send_refusal(static_cast<const far_ticket&>(*found->second.ticket), outcome);
    return end_unsent(of, outcome);
  }
  if (const auto kept = mails_.find(found->second.message.get()); kept != mails_.end())
    kept->second.word = of;
  after_groundwork([this, of] { send_word(of); });
}

/// No word counts on it any more.
void post_office::drop_copy(const mqtt::message_ref& m) {
  if (const auto kept = mails_.find(m.get()); kept != mails_.end()) {
    kept->second.word.reset();
    drop_unpointed(m);
  }
}

void post_office::send_word(const far_message& of) {
  const auto found = words_.find(of);
  if (found == words_.end())
    return; // its pod has departed meanwhile
  auto& w = found->second;
  const auto& t = static_cast<const far_ticket&>(*w.ticket);
  if (w.deposits.empty()) {
    send_empty_word(t);
    return end_unsent(of, mqtt::reason_code::success);
  }
  auto what = std::make_shared<ops>();
  if (!check_owners(w, *what)) {
    send_refusal(t, mqtt::reason_code::implementation_specific_error);
    return end_unsent(of, mqtt::reason_code::implementation_specific_error);
  }
  // the pod that stores it pays, unless the copy stands
  const auto copy = what->size();
  auto& kept = mail_of(w.message, w.ticket, w.deposits, *what, nullptr);
  kept.word = of;
  for (const auto& d : w.deposits)
    add_pointer(d, kept, *what);
  if (const auto why = check_word(*what, *t.from()); mqtt::is_failure(why)) {
    log.warn("a message from another pod is refused, as it is for too many sessions here",
             {{"topic", w.message->topic()}, {"sessions", w.deposits.size()}});
    if (std::holds_alternative<zk::create_op>((*what)[copy]))
      kept.standing = false;
    send_refusal(t, why);
    return end_unsent(of, why);
  }
  const auto& first = w.deposits.front();
  w.witness = pointer_path(*first.session, first.pointer.number);
  w.sent = true;
  send(t.from()->peer, word_atom::value, t.number(), ops_ref{std::move(what)});
}

/// That this pod still has the sessions. False if one is not in the store.
bool post_office::check_owners(const given_word& w, ops& into) const {
  std::unordered_set<session_number> checked;
  for (const auto& d : w.deposits) {
    const auto known = known_sessions_.find(d.session->number);
    if (known == known_sessions_.end() || !known->second.owner_set) {
      log.warn("a message from another pod is refused, as a session could not be stored",
               {{"client", d.session->client.str()}});
      return false;
    }
    if (services().pod->bug != planted_bug::unfenced_write &&
        checked.insert(d.session->number).second)
      into.emplace_back(zk::check_op{zk::paths::session_owner(paths_.session(d.session->client)),
                                     known->second.owner});
  }
  return true;
}

/// None of the addressees here needs anything stored.
void post_office::send_empty_word(const far_ticket& t) {
  send(t.from()->peer, word_atom::value, t.number(), std::make_shared<const ops>());
}

/// Nobody is to have it stored: that pod hears so before it has all words.
void post_office::send_refusal(const far_ticket& t, const mqtt::settlement& why) {
  send(t.from()->peer, settled_atom::value, far_receipt{why, {t.number()}, false});
  send_empty_word(t);
}

/// A word that was not sent, and never will be: what waited for its outcome goes on without one.
void post_office::end_unsent(const far_message& of, const mqtt::settlement& outcome) {
  const auto w = std::move(words_.extract(of).mapped());
  stored_or_not(w.deposits, w.ticket, outcome);
  drop_copy(w.message);
  for (const auto& [session, number] : w.forgotten)
    forget(session, number);
  for (const auto& d : w.later)
    deposit_mail(d);
}

void post_office::word_ended(const far_message& of, mqtt::reason_code outcome) {
  const auto found = words_.find(of);
  if (found == words_.end() || !found->second.sent)
    return; // it was empty
  auto w = std::move(words_.extract(found).mapped());
  if (const auto kept = mails_.find(w.message.get()); kept != mails_.end()) {
    kept->second.word.reset();
    if (!mqtt::is_failure(outcome))
      account(kept->second);
  }
  if (outcome == mqtt::reason_code::server_moved)
    return word_again(of, std::move(w));
  stored_or_not(w.deposits, w.ticket, outcome);
  for (const auto& [session, number] : w.forgotten)
    forget(session, number);
  for (const auto& d : w.later)
    deposit_mail(d);
}

/// Some session ended after the word was given, and nothing was stored: the others still need it.
void post_office::word_again(const far_message& of, given_word w) {
  removal unused;
  for (const auto& d : w.deposits)
    drop_pointer({d.session->number, d.pointer.number}, unused);
  if (!unused.what.empty())
    remove(std::move(unused));
  std::erase_if(w.deposits, [&](const deposit& d) {
    const auto is_it = [&](const auto& f) {
      return f.first == d.session && f.second == d.pointer.number;
    };
    return !known_sessions_.contains(d.session->number) ||
           std::any_of(w.forgotten.begin(), w.forgotten.end(), is_it);
  });
  for (const auto& [session, number] : std::exchange(w.forgotten, {}))
    forget(session, number); // not all was of the word: some was stored beside it
  w.sent = false;
  const auto later = std::exchange(w.later, {});
  const bool in_parts = !fits_a_word(*w.message); // the copy went with the pointers
  words_.insert_or_assign(of, std::move(w));
  in_parts ? make_copy(of) : send_word(of);
  for (const auto& d : later)
    deposit_mail(d);
}

/// The pod that was to store it has departed, and with it its session with the store: what stands
/// there now is all that ever will.
void post_office::look_up(const far_message& of, const std::string& witness) {
  zk::exists_behind_sync(*pod().store, *pod().store_answers, witness,
                         as_this([of, this](const auto& there) { looked_up(of, there); }));
}

void post_office::looked_up(const far_message& of,
                            const expected<std::optional<zk::stat>, zk::error>& there) {
  if (!there && zk::may_pass(there.error())) {
    if (const auto found = words_.find(of); found != words_.end())
      found->second.looked_up = false;
    return await_room();
  }
  word_ended(of,
             there && *there ? mqtt::reason_code::success : mqtt::reason_code::unspecified_error);
}

/// What waits for pods that are no members any more is decided.
void post_office::resolve_words() {
  std::vector<far_message> unsent;
  for (auto& [of, w] : words_) {
    if (w.looked_up || is_member(static_cast<const far_ticket&>(*w.ticket).from()))
      continue;
    if (w.sent) {
      w.looked_up = true;
      look_up(of, w.witness);
    } else {
      unsent.push_back(of);
    }
  }
  for (const auto& of : unsent)
    end_unsent(of, mqtt::reason_code::unspecified_error);
}

void post_office::install(const view_ref& v) {
  const auto before = std::exchange(view_, v);
  resolve_words();
  wait_without_departed();
  install_retained(before.get());
  send(pod().membership, installed_atom::value, v->number);
}

} // namespace mqttzoo::actors
