// The post office's retained messages: a topic has one write under way, and the newest waits behind
// it. So however fast a topic is retained, the store's queue holds one write of it, and what the
// store ends up with is what the live topic has.
#include "actors/post_office.hpp"
#include "actors/session_reader.hpp"
#include "core/log.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

void refuse_all(const ticket_list& tickets, const mqtt::settlement& why) {
  for (const auto& t : tickets)
    t->refuse(why);
}

/// The store has no room now, or cannot be reached, but may later.
bool passes(zk::error e) noexcept {
  return e == zk::error::storage_full || zk::may_pass(e);
}

} // namespace

void post_office::retain(const mqtt::topic_ref& topic, const mqtt::message_ref& m,
                         const ticket_list& tickets) {
  auto& w = retained_writes_[topic->name()];
  w.newest = m;
  w.told = w.only_own = false;
  w.waiting.insert(w.waiting.end(), tickets.begin(), tickets.end());
  if (!w.under_way)
    write_retained(topic->name(), w);
}

/// Writes the newest message of a topic, or removes what the store has of it.
void post_office::write_retained(const std::string& topic, retained_write& w) {
  if (w.body && w.body->message != w.newest)
    drop_body(w);
  if (w.only_own && !leases_.contains(topic))
    return leave_to_others(topic);
  const bool known = leases_.contains(topic) || w.was_read;
  if (!w.newest && !known && pod().clustered())
    return read_before_write(topic);
  const bool nothing_there = !w.newest && !w.others && !leases_.contains(topic);
  if (nothing_there) {
    w.waiting.clear();
    if (w.told)
      tell_others(encode_retained_commit({topic, 0}));
    return finish_retained(topic);
  }
  if (w.newest && !w.body && !fits_a_node(*w.newest))
    return write_body(topic, w);
  holding h;
  if (w.body)
    h = w.body->held;
  else if (w.newest)
    h = draw_holding(*w.newest, w.waiting.empty() ? nullptr : w.waiting.back(), 0);
  ops what;
  payment pay;
  pay.tried = w.give_up_at == net::time_point::max() ? attempt::first : attempt::again;
  if (!retained_op(topic, w, h, what, pay)) {
    refuse_all(w.waiting, to_settlement(zk::error::too_large));
    return retained_refused(topic);
  }
  announce(topic, w);
  w.under_way = true;
  write(std::move(what), std::move(pay),
        [this, topic, m = w.newest, h, tickets = std::exchange(w.waiting, {})](
            const bank_commit& answer) { retained_written(topic, m, h, tickets, answer); });
}

/// To other pods, before it is written.
void post_office::announce(const std::string& topic, retained_write& w) {
  if (!std::exchange(w.told, true))
    tell_others(encode_retained_news(topic, w.newest, now()));
}

/// False if the message is too large. What the old one's body cost its name says. A removal that
/// other pods hear of has its place in the store's order: a message without payload is written
/// first.
bool post_office::retained_op(const std::string& topic, retained_write& w, const holding& h,
                              ops& into, payment& pay) {
  auto path = paths_.retained(topic);
  const auto own = leases_.find(topic);
  const bool is_there = own != leases_.end() || w.others;
  const auto old = own != leases_.end() ? node_of(own->second)
                   : w.others           ? *w.others
                                        : others_retained{zk::any_version, 0, {}};
  if (own != leases_.end())
    pay.held.push_back(returned(*own->second.message, own->second.held));
  pay.retained = (w.body ? 0 : h.credits) - old.credits;
  if (w.newest && !w.body) // a body is in the accounts already
    pay.held.push_back(withdrawn(*w.newest, h));
  if (!w.newest && !pod().clustered()) {
    into.emplace_back(zk::remove_op{std::move(path), old.version});
    remove_nodes(old.body, into);
    return true;
  }
  const auto data = retained_data(topic, w.newest, h, w.body ? w.body->body : retained_body{});
  if (!data)
    return false;
  if (is_there) {
    into.emplace_back(zk::set_op{std::move(path), *data, old.version});
    remove_nodes(old.body, into);
    return true;
  }
  ensure_bucket(path);
  into.emplace_back(zk::create_op{std::move(path), *data, zk::create_mode::persistent});
  return true;
}

/// As another pod would read it.
post_office::others_retained post_office::node_of(const retained_lease& lease) {
  return {lease.version, lease.body.path.empty() ? lease.held.credits : 0, lease.body};
}

/// `m` null: that there is none any more.
zk::encoded post_office::retained_data(const std::string& topic, const mqtt::message_ref& m,
                                       const holding& h, const retained_body& body) const {
  zk::retained_record r;
  if (m)
    static_cast<zk::message_record&>(r) = to_record(*m, h.client, parts_of(*m));
  r.topic = topic;
  r.credits = body.path.empty() ? h.credits : 0;
  r.body = body.path;
  r.paid_until_unix_ms = h.until_unix_ms;
  r.writer = services().pod->life;
  return zk::encode_retained(r);
}

void post_office::retained_written(const std::string& topic, const mqtt::message_ref& m,
                                   const holding& h, ticket_list tickets,
                                   const bank_commit& answer) {
  const auto found = retained_writes_.find(topic);
  if (found == retained_writes_.end())
    return; // the actor has ended
  auto& w = found->second;
  w.under_way = false;
  const auto e = answer.result ? zk::error{} : answer.result.error().code;
  if (e == zk::error::node_exists || e == zk::error::no_node || e == zk::error::bad_version) {
    // Another pod was there: a guess that cost a round trip.
    drop_lease(topic);
    w.waiting.insert(w.waiting.end(), tickets.begin(), tickets.end());
    return w.only_own ? leave_to_others(topic) : read_before_write(topic);
  }
  const auto why = to_settlement(answer);
  if (answer.result) {
    w.give_up_at = net::time_point::max();
    retained_committed(topic, w, m, h, answer.result->front().stat);
  } else {
    if (!answer.refused)
      log.warn("a retained message could not be stored", {{"error", zk::to_string(e)}});
    wait_or_refuse(w, std::move(tickets), why);
    if (!passes(e) || (answer.refused && w.waiting.empty()))
      tell_others(encode_retained_commit({topic, 0})); // what was announced does not come
  }
  if (w.newest != m || !w.told)
    return write_retained(topic, w);
  if (answer.result)
    return finish_retained(topic);
  if (!passes(e) || (answer.refused && w.waiting.empty()))
    return retained_refused(topic);
  await_room();
}

/// What another pod has of the topic, and what that cost.
void post_office::read_before_write(const std::string& topic) {
  retained_writes_.at(topic).under_way = true;
  read_retained_node(topic, [this, topic](const expected<zk::node, zk::error>& node) {
    const auto found = retained_writes_.find(topic);
    if (found == retained_writes_.end())
      return;
    auto& w = found->second;
    w.under_way = false;
    w.others.reset();
    if (!node && node.error() != zk::error::no_node) {
      log.warn("a retained message could not be read", {{"error", zk::to_string(node.error())}});
      return await_room();
    }
    w.was_read = true;
    if (node) {
      const auto record = zk::decode_retained(node->data);
      w.others.emplace(others_retained{node->stat.version, 0, {}});
      if (record) {
        w.others->credits = record->credits;
        w.others->body = {record->body, record->parts.count};
      }
    }
    write_retained(topic, w);
  });
}

/// It was to retain `m`.
void post_office::tell_topic(const mqtt::message_ref& m, retain_outcome how) {
  if (m)
    send(pod().index, retain_ended_atom::value, m, how);
}

/// The bank could not pay, or the store does not take it, or it is another pod's: what the store
/// has goes on to count.
void post_office::retained_refused(const std::string& topic) {
  auto node = retained_writes_.extract(topic);
  drop_body(node.mapped());
  tell_topic(node.mapped().newest, retain_outcome::refused);
  if (const auto& found = node.mapped().found)
    adopt_retained(*found, found->message);
  if (node.mapped().heard)
    return give_to_index(topic, *node.mapped().heard);
  if (const auto own = leases_.find(topic); own != leases_.end())
    return give_to_index(topic, own->second.message);
  read_whole(topic, [this, topic](const expected<whole_retained, zk::error>& found) {
    if (retained_writes_.contains(topic) || leases_.contains(topic))
      return; // something newer
    const auto record = found ? found->record : std::nullopt;
    if (found || found.error() == zk::error::no_node)
      return give_to_index(topic, record && !record->is_removal()
                                      ? session_reader{*pod().clock}.message(*record)
                                      : nullptr);
    unread_.insert(topic);
    await_room();
  });
}

/// Publishers that wait are kept for the next try of the topic, which comes in any case.
void post_office::wait_or_refuse(retained_write& w, ticket_list tickets,
                                 const mqtt::settlement& why) {
  w.give_up_at = std::min<net::time_point>(w.give_up_at, now() + services().settings.bank.patience);
  const bool patience = is_for_now(why) && now() < w.give_up_at;
  for (auto& t : tickets)
    if (patience && t->patient) {
      t->delay(why);
      w.waiting.push_back(std::move(t));
    } else {
      t->refuse(why);
    }
  if (w.waiting.empty())
    w.give_up_at = net::time_point::max();
}

void post_office::retained_committed(const std::string& topic, retained_write& w,
                                     const mqtt::message_ref& m, const holding& h,
                                     const zk::stat& stat) {
  tell_topic(m, retain_outcome::stored); // before its publisher hears
  forget_lease(topic); // its predecessor's, which the accounts have lost with this
  w.others.reset();
  const bool overtaken = retained_history_.newest(topic) > stat.mzxid; // and that was heard first
  w.was_read = !overtaken;
  if (m && overtaken)
    book(returned(*m, h));
  else if (m)
    hold_retained(topic, {m, stat.version, stat.mzxid, h, w.body ? w.body->body : retained_body{}});
  w.body.reset(); // the node names it
  if (!pod().clustered())
    return;
  tell_others(encode_retained_commit({topic, stat.mzxid}));
  retained_history_.own_commit(topic, stat.mzxid, now());
  const auto what = m ? retained_change::set : retained_change::removed;
  if (retained_history_.note(topic, stat.mzxid, what))
    w.heard.reset();
  if (!m) // unless another pod wrote since
    remove({{zk::remove_op{paths_.retained(topic), stat.version}}, {}});
}

/// The store has what this pod had to write. In a cluster the index hears what the store has in the
/// end: an older one of another pod may have come to a live topic after its own.
void post_office::finish_retained(const std::string& topic) {
  auto node = retained_writes_.extract(topic);
  drop_body(node.mapped());
  if (pod().clustered())
    give_to_index(topic, node.mapped().heard.value_or(node.mapped().newest));
}

void post_office::retain_again() {
  std::vector<std::string> due; // writing may drop entries
  for (const auto& [topic, w] : retained_writes_)
    if (!w.under_way)
      due.push_back(topic);
  for (const auto& topic : due)
    if (const auto found = retained_writes_.find(topic); found != retained_writes_.end())
      write_retained(topic, found->second);
}

} // namespace mqttzoo::actors
