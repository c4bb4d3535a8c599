// The post office where a message is too large for one node, or for one transaction with all that
// is stored with it: its head is paid for and created, then its parts, and only then the
// transaction that points to it. What was meant for it meanwhile waits behind it, in its order. If
// it cannot be completed, what stands of it is removed.
#include "actors/post_office.hpp"
#include "core/log.hpp"
#include "zk/message_parts.hpp"
#include "zk/request_check.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

/// What a request takes of the store for each operation beside its path and data, at most.
constexpr std::size_t operation_bytes = 96;
/// A pointer without subscription identifiers, at most.
constexpr std::size_t pointer_bytes = 256;
/// Of the words of all pods: what is left of the request is for pointers, whose number nobody knows
/// before the last word is given.
constexpr std::size_t copies_bytes_max = zk::request_bytes_max / 4;

} // namespace

bool post_office::needs_parts(const transaction& t) const {
  if (t.deposits.empty())
    return false;
  if (being_written_.contains(t.message.get()))
    return true;
  const auto kept = mails_.find(t.message.get());
  const bool stands = kept != mails_.end() && kept->second.standing;
  return !stands && (t.word || !fits_a_request(t));
}

/// With the copy in one node, beside all that is stored with it. All of that is known by now.
bool post_office::fits_a_request(const transaction& t) noexcept {
  auto bytes = node_bytes(*t.message);
  for (const auto& d : t.deposits)
    bytes += pointer_bytes + d.delivery.terms->subscription_identifiers.size() * 4;
  for (const auto& w : t.words)
    bytes += zk::payload_bytes(*w.ops) + w.ops->size() * operation_bytes;
  return fits_a_node(*t.message) && bytes <= zk::request_bytes_max;
}

/// Nobody knows yet which pods will have a copy in the transaction, but how many can.
bool post_office::fits_a_word(const mqtt::message& m) const noexcept {
  const auto copies = view_ ? view_->members.size() : 1;
  return node_bytes(m) * copies <= copies_bytes_max;
}

void post_office::store_parts_first(transaction t) {
  const auto m = t.message;
  auto [at, is_new] = being_written_.try_emplace(m.get());
  at->second.push_back(std::move(t));
  if (is_new)
    write_head(m);
}

void post_office::write_head(const mqtt::message_ref& m) {
  const auto& first = being_written_.at(m.get()).front();
  ops head;
  payment pay;
  pay.tried = first.place != 0 ? attempt::again : attempt::first;
  mail_of(m, first.ticket, first.deposits, head, &pay, cut(*m));
  write(std::move(head), std::move(pay), [this, m](const bank_commit& answer) {
    if (answer.result)
      return write_parts(m);
    mails_.at(m.get()).standing = false;
    head_refused(m, answer);
  });
}

void post_office::head_refused(const mqtt::message_ref& m, const bank_commit& answer) {
  const auto e = answer.result.error().code;
  const bool no_bucket = e == zk::error::no_node; // there was no room for it
  auto& first = being_written_.at(m.get()).front();
  if (no_bucket && !std::exchange(first.without_ground, true))
    return write_head(m);
  if (!answer.refused) // else the bank counts it
    log.warn("a large message could not be stored", {{"error", zk::to_string(e)}});
  parts_failed(m, no_bucket ? to_settlement(zk::error::storage_full) : to_settlement(answer));
}

void post_office::write_parts(const mqtt::message_ref& m) {
  const auto& kept = mails_.at(m.get());
  parts_.begin({m, kept.path, kept.held.parts,
                [this, m] {
                  const auto& behind = being_written_.at(m.get());
                  return std::any_of(behind.begin(), behind.end(), [](const transaction& t) {
                    return !t.deposits.empty() &&
                           !(t.ticket && mqtt::is_failure(t.ticket->outcome()));
                  });
                },
                [this, m](const parts_writer::outcome& o) {
                  mails_.at(m.get()).parts = o.written;
                  if (!o.failed)
                    return parts_written(m);
                  log.warn("a large message could not be stored",
                           {{"error", zk::to_string(o.failed->code)}});
                  parts_failed(m, to_settlement(o.failed->code));
                }});
}

/// All that there are, or as many as somebody wanted: then nobody points to it, and it goes.
void post_office::parts_written(const mqtt::message_ref& m) {
  auto node = being_written_.extract(m.get());
  for (auto& t : node.mapped())
    store(std::move(t));
  drop_unpointed(m);
}

void post_office::parts_failed(const mqtt::message_ref& m, const mqtt::settlement& why) {
  auto node = being_written_.extract(m.get());
  drop_unpointed(m);
  for (auto& t : node.mapped())
    if (t.deposits.empty())
      store(std::move(t)); // they have forgotten it, or are gone
    else if (!is_for_now(why) || !wait(t, why))
      ended(t, why);
}

/// What is being written goes when that has stopped.
void post_office::drop_unpointed(const mqtt::message_ref& m) {
  const auto kept = mails_.find(m.get());
  if (kept == mails_.end() || !kept->second.pointers.empty() || kept->second.word ||
      being_written_.contains(m.get()))
    return;
  removal r;
  drop_mail(kept, r);
  if (!r.what.empty())
    remove(std::move(r));
}

/// Some addressee that has no pointer yet.
void post_office::leave_parts(const std::function<bool(const deposit&)>& leaves,
                              const session_card* gone) {
  for (auto& [m, behind] : being_written_)
    for (auto& t : behind) {
      std::erase_if(t.deposits, leaves);
      if (gone && t.remembers == gone)
        t.remembers = nullptr;
    }
}

} // namespace mqttzoo::actors
