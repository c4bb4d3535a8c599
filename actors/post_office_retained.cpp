// The post office's retained messages: a topic has one write under way, and the newest waits behind
// it. So however fast a topic is retained, the store's queue holds one write of it, and what the
// store ends up with is what the live topic has.
#include "actors/post_office.hpp"
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
  return e == zk::error::storage_full || e == zk::error::overloaded ||
         e == zk::error::connection_loss;
}

} // namespace

void post_office::retain(const mqtt::topic_ref& topic, const mqtt::message_ref& m,
                         const ticket_list& tickets) {
  auto& w = retained_writes_[topic->name()];
  w.newest = m;
  w.told = false;
  w.waiting.insert(w.waiting.end(), tickets.begin(), tickets.end());
  if (!w.under_way)
    write_retained(topic->name(), w);
}

/// Writes the newest message of a topic, or removes what the store has of it.
void post_office::write_retained(const std::string& topic, retained_write& w) {
  ops what;
  if (!retained_op(topic, w, what)) {
    refuse_all(w.waiting, {mqtt::reason_code::quota_exceeded, mqtt::limit::message_bytes, 0});
    return finish_retained(topic);
  }
  if (!w.told)
    tell_others(encode_retained_news(topic, w.newest, now()));
  w.told = w.under_way = true;
  write(std::move(what), [this, topic, m = w.newest, tickets = std::exchange(w.waiting, {})](
                             const zk::multi_result& result) mutable {
    retained_written(topic, m, std::move(tickets), result);
  });
}

/// False if the message is too large. A removal that other pods hear of has its place in the
/// store's order: a message without payload is written first.
bool post_office::retained_op(const std::string& topic, retained_write& w, ops& into) {
  auto path = paths_.retained(topic);
  if (!w.newest && !pod().clustered()) {
    into.emplace_back(zk::remove_op{std::move(path)});
    return true;
  }
  zk::retained_record removed;
  removed.topic = topic;
  auto data = zk::encode_retained(w.newest ? to_record(*w.newest) : std::move(removed));
  if (!data)
    return false;
  if (!w.newest || w.exists) {
    into.emplace_back(zk::set_op{std::move(path), std::move(*data)});
    return true;
  }
  ensure_bucket(path);
  into.emplace_back(zk::create_op{std::move(path), std::move(*data), zk::create_mode::persistent});
  return true;
}

void post_office::retained_written(const std::string& topic, const mqtt::message_ref& m,
                                   ticket_list tickets, const zk::multi_result& result) {
  const auto found = retained_writes_.find(topic);
  if (found == retained_writes_.end())
    return; // the actor has ended
  const bool nothing_there = !m && !result && result.error().code == zk::error::no_node;
  const bool failed = !result && !nothing_there;
  const auto e = failed ? result.error().code : zk::error{};
  auto& w = found->second;
  w.under_way = false;
  if (e == zk::error::node_exists || e == zk::error::no_node) { // a guess that cost a round trip
    w.exists = e == zk::error::node_exists;
    w.waiting.insert(w.waiting.end(), tickets.begin(), tickets.end());
    return write_retained(topic, w);
  }
  if (failed) {
    log.warn("a retained message could not be stored", {{"error", zk::to_string(e)}});
    wait_or_refuse(w, std::move(tickets), e);
  } else {
    w.exists = m != nullptr;
    w.give_up_at = net::time_point::max();
  }
  if (result)
    retained_committed(topic, w, m, result->front().stat);
  else if (!passes(e))
    tell_others(encode_retained_commit({topic, 0})); // what was announced does not come
  if (w.newest != m || !w.told)
    return write_retained(topic, w);
  if (passes(e))
    return await_room();
  finish_retained(topic);
}

/// Publishers that wait are kept for the next try of the topic, which comes in any case.
void post_office::wait_or_refuse(retained_write& w, ticket_list tickets, zk::error e) {
  const auto why = to_settlement(e);
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
                                     const mqtt::message_ref& m, const zk::stat& stat) {
  if (!pod().clustered())
    return;
  tell_others(encode_retained_commit({topic, stat.mzxid}));
  retained_history_.own_commit(topic, stat.mzxid, now());
  const auto what = m ? retained_change::set : retained_change::removed;
  if (retained_history_.note(topic, stat.mzxid, what))
    w.heard.reset();
  if (!m)
    remove({zk::remove_op{paths_.retained(topic), stat.version}}); // unless another pod wrote since
}

/// The store has what this pod had to write. In a cluster the index hears what the store has in the
/// end: an older one of another pod may have come to a live topic after its own.
void post_office::finish_retained(const std::string& topic) {
  const auto node = retained_writes_.extract(topic);
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
