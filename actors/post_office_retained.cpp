// The post office's retained messages: a topic has one write under way, and the newest waits behind
// it. So however fast a topic is retained, the store's queue holds one write of it, and what the
// store ends up with is what the live topic has.
#include "actors/post_office.hpp"
#include "core/log.hpp"

#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

void refuse_all(const ticket_list& tickets, mqtt::reason_code why) {
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
  w.waiting.insert(w.waiting.end(), tickets.begin(), tickets.end());
  if (!w.under_way)
    write_retained(topic->name(), w);
}

/// Writes the newest message of a topic, or removes what the store has of it.
void post_office::write_retained(const std::string& topic, retained_write& w) {
  auto path = paths_.retained(topic);
  ops what;
  if (!w.newest) {
    what.emplace_back(zk::remove_op{std::move(path)});
  } else if (auto data = zk::encode_retained(to_record(*w.newest)); !data) {
    refuse_all(w.waiting, mqtt::reason_code::quota_exceeded);
    retained_writes_.erase(topic);
    return;
  } else if (w.exists) {
    what.emplace_back(zk::set_op{std::move(path), std::move(*data)});
  } else {
    ensure_bucket(path);
    what.emplace_back(
        zk::create_op{std::move(path), std::move(*data), zk::create_mode::persistent});
  }
  w.under_way = true;
  write(std::move(what), [this, topic, m = w.newest,
                          tickets = std::exchange(w.waiting, {})](zk::multi_result result) mutable {
    retained_written(topic, m, std::move(tickets),
                     result ? std::optional<zk::error>{} : result.error().code);
  });
}

void post_office::retained_written(const std::string& topic, const mqtt::message_ref& m,
                                   ticket_list tickets, std::optional<zk::error> e) {
  const auto found = retained_writes_.find(topic);
  if (found == retained_writes_.end())
    return; // the actor has ended
  auto& w = found->second;
  w.under_way = false;
  if (!m && e == zk::error::no_node)
    e.reset();                                                  // nothing was there to remove
  if (e == zk::error::node_exists || e == zk::error::no_node) { // a guess that cost a round trip
    w.exists = e == zk::error::node_exists;
    w.waiting.insert(w.waiting.end(), tickets.begin(), tickets.end());
    return write_retained(topic, w);
  }
  if (e) {
    log.warn("a retained message could not be stored", {{"error", zk::to_string(*e)}});
    refuse_all(tickets, to_reason(*e));
  } else {
    w.exists = m != nullptr;
  }
  if (w.newest != m)
    return write_retained(topic, w);
  if (e && passes(*e))
    return await_room();
  retained_writes_.erase(found);
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
