// Retained messages do not end with their TTL: whoever wrote one last renews it, as long as the
// bank can pay.
#include "actors/post_office.hpp"
#include "actors/session_reader.hpp"
#include "core/log.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

/// Renewed when this part of its time is left, so that there is time to try again.
constexpr std::int64_t renewed_in_last = 4;
constexpr std::int64_t again_ms = 1000;

} // namespace

/// From now on this pod renews it.
void post_office::hold_retained(const std::string& topic, retained_lease lease) {
  auto& kept = leases_[topic];
  renewals_.erase({kept.due_unix_ms, topic});
  kept = std::move(lease);
  const auto left = kept.held.until_unix_ms - store_now();
  renew_at(topic, kept, kept.held.until_unix_ms - left / renewed_in_last);
}

void post_office::renew_at(const std::string& topic, retained_lease& lease,
                           std::int64_t due_unix_ms) {
  renewals_.erase({lease.due_unix_ms, topic});
  lease.due_unix_ms = due_unix_ms;
  renewals_.emplace(due_unix_ms, topic);
  if (renewals_.begin()->second == topic)
    turn_hourglass();
}

void post_office::forget_lease(const std::string& topic) {
  if (const auto node = leases_.extract(topic))
    renewals_.erase({node.mapped().due_unix_ms, topic});
}

/// Another pod wrote it, or it is gone: the accounts of this one lose sight of it. What is under
/// way comes to know that by itself.
void post_office::drop_lease(const std::string& topic) {
  const auto found = leases_.find(topic);
  const auto own = retained_writes_.find(topic);
  if (found == leases_.end() || found->second.under_way ||
      (own != retained_writes_.end() && own->second.under_way))
    return;
  const auto lease = found->second;
  forget_lease(topic);
  book(returned(*lease.message, lease.held));
}

/// Unless it is of that transaction, whoever's name the node bears: an adopted message is its
/// former pod's until it is renewed.
void post_office::drop_older_lease(const std::string& topic, std::int64_t zxid) {
  if (const auto own = leases_.find(topic); own != leases_.end() && own->second.zxid < zxid)
    drop_lease(topic);
}

/// Found at start, or a departed pod's.
void post_office::adopt_retained(const std::vector<found_retained>& found) {
  const session_reader reader{*pod().clock};
  for (const auto& f : found)
    if (!f.message && f.record.parts.count > 0)
      adopt_in_parts(f);
    else
      adopt_retained(f, f.message ? f.message : reader.message(f.record));
}

void post_office::adopt_retained(const found_retained& found, mqtt::message_ref m) {
  const auto& record = found.record;
  // Written anew since it was found: who did that renews it.
  if (found.mzxid < retained_history_.newest(record.topic))
    return;
  // Its pod may have departed before anybody heard of it.
  if (pod().clustered())
    take_retained(record.topic, m, found.mzxid);
  drop_older_lease(record.topic, found.mzxid);
  if (const auto own = retained_writes_.find(record.topic); own != retained_writes_.end()) {
    own->second.found = {record, found.version, found.mzxid, std::move(m)};
    return;
  }
  if (const auto own = leases_.find(record.topic); own != leases_.end()) {
    if (own->second.zxid < found.mzxid) // its renewal is under way, and comes to know that
      adopt_later({record, found.version, found.mzxid, std::move(m)});
    return;
  }
  tell_others(encode_retained_commit({record.topic, found.mzxid})); // who lacks it reads it
  const auto body = zk::parse_mail_name(zk::last_level_of(record.body));
  const auto credits = body ? static_cast<std::int64_t>(body->credits) : record.credits;
  const holding h{record.paid_until_unix_ms, credits, record.publisher, false, record.parts.count};
  book(withdrawn(*m, h));
  hold_retained(record.topic,
                {std::move(m), found.version, found.mzxid, h, {record.body, record.parts.count}});
}

void post_office::adopt_later(found_retained found) {
  unadopted_.push_back(std::move(found));
  await_room();
}

void post_office::renew(const std::string& topic) {
  auto& lease = leases_.at(topic);
  const auto at = store_now();
  renew_at(topic, lease, at + again_ms);
  if (lease.under_way || retained_writes_.contains(topic))
    return; // what is on its way renews it
  const bool lapsed = lease.held.until_unix_ms <= at && lease.denied;
  if (lapsed || lease.message->expired(now())) {
    if (lapsed) {
      log.warn("a retained message goes, as the bank could not pay for it", {{"topic", topic}});
      pod().bank_counts.lapsed.add();
    }
    give_to_index(topic, nullptr);
    return end_retained(topic);
  }
  auto h = lease.cheap ? draw_holding(*lease.message, ttl_of(services().settings.bank).least,
                                      lease.held.parts)
                       : draw_holding(*lease.message, nullptr, lease.held.parts);
  h.client = lease.held.client;
  if (!lease.body.path.empty())
    h.credits = lease.held.credits; // its name does not change
  const auto data = retained_data(topic, lease.message, h, lease.body);
  if (!data)
    return;
  ops what;
  what.emplace_back(zk::set_op{paths_.retained(topic), *data, lease.version});
  payment pay{{returned(*lease.message, lease.held), withdrawn(*lease.message, h)},
              h.credits - lease.held.credits,
              lease.cheap ? attempt::again : attempt::first};
  lease.under_way = true;
  write(std::move(what), std::move(pay),
        [this, topic, h, version = lease.version](const bank_commit& answer) {
          const auto found = leases_.find(topic);
          if (found != leases_.end() && found->second.version == version)
            renewed(topic, h, answer);
        });
}

/// The time of this pod's own message is over. What others have written since stays.
void post_office::end_retained(const std::string& topic) {
  auto& w = retained_writes_[topic];
  w.only_own = true;
  write_retained(topic, w);
}

/// Somebody has written the topic since: what this pod was to end is not there any more.
void post_office::leave_to_others(const std::string& topic) {
  if (retained_writes_.at(topic).told)
    tell_others(encode_retained_commit({topic, 0})); // what was announced does not come
  retained_refused(topic);
}

void post_office::renewed(const std::string& topic, const holding& h, const bank_commit& answer) {
  auto& lease = leases_.at(topic);
  lease.under_way = false;
  if (answer.result) {
    pod().bank_counts.renewals.add();
    auto next = lease;
    next.version = answer.result->front().stat.version;
    next.zxid = answer.result->front().stat.mzxid;
    next.held = h;
    next.cheap = next.denied = false;
    hold_retained(topic, std::move(next));
  }
  drop_older_lease(topic, retained_history_.newest(topic)); // heard of meanwhile
  if (answer.result || !leases_.contains(topic))
    return;
  const auto e = answer.result.error().code;
  if (answer.refused && !std::exchange(lease.cheap, true))
    return renew(topic);
  if (answer.refused && !std::exchange(lease.denied, true))
    log.warn("a retained message cannot be renewed and goes when its time is over, unless credits "
             "return",
             {{"topic", topic}, {"limit", to_string(answer.refused->limit)}});
  else if (e == zk::error::bad_version || e == zk::error::no_node) {
    drop_lease(topic);
    read_retained(topic); // who wrote or removed it may have departed without telling
  }
}

} // namespace mqttzoo::actors
