// The bank's transactions: what waits becomes one, and each of its parts hears what became of it.
#include "actors/bank.hpp"
#include "core/log.hpp"
#include "zk/request_check.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

std::vector<zk::op_result> slice(const std::vector<zk::op_result>& of, std::size_t from,
                                 std::size_t size) {
  const auto begin = of.begin() + static_cast<std::ptrdiff_t>(from);
  return {begin, begin + static_cast<std::ptrdiff_t>(size)};
}

/// What a set by `o` left the node's version at, where that can be known.
zk::version version_after(const zk::op& o) noexcept {
  const auto* set = std::get_if<zk::set_op>(&o);
  return set && set->expected != zk::any_version ? set->expected + 1 : 0;
}

} // namespace

/// Without anything that waits and is paid for it only asks the store for the time.
void bank::send_batch() {
  ops what;
  std::size_t bytes = 0;
  batch_spent_ = spent_;
  const std::size_t commits_max = alone_ > 0 ? 1 : queue_max;
  while (!queue_.empty() && batch_.size() < commits_max) {
    const auto& c = *queue_.front();
    const auto more = zk::payload_bytes(c.ops);
    const bool fits =
        what.size() + c.ops.size() <= batch_ops_max && bytes + more <= batch_bytes_max;
    const bool paid = c.cost <= 0 || batch_spent_ + c.cost + lent_ <= granted_;
    if (!paid || (!batch_.empty() && (!fits || over_share(c) || needs_refused(c))))
      break;
    bytes += more;
    batch_spent_ += c.cost;
    what.insert(what.end(), c.ops.begin(), c.ops.end());
    batch_.push_back(take_head());
  }
  alone_ -= std::min(alone_, batch_.size());
  await_store();
  what.emplace_back(zk::set_op{paths_.bank_pod_out(life_),
                               zk::encode_spent({seq_ + 1, batch_spent_}), out_version_});
  write(std::move(what), [this](const zk::multi_result& result) { batch_ended(result); });
}

void bank::batch_ended(const zk::multi_result& result) {
  pod().bank_counts.store.add(now() - busy_since_);
  if (result) {
    ++seq_;
    spent_ = batch_spent_;
    out_version_ = result->back().stat.version;
    pod().store_time.stamped(result->back().stat.mtime_unix_ms, *pod().clock);
    pod().bank_counts.transactions.add();
    work_ = work::idle;
    batch_applied(result);
  } else if (result.error().code == zk::error::connection_loss) {
    pod().bank_counts.lost_answers.add();
    look_up_batch();
  } else {
    blame(result.error());
  }
}

/// Everybody in it hears of his part.
void bank::batch_applied(const zk::multi_result& result) {
  std::size_t at = 0;
  for (auto& c : std::exchange(batch_, {})) {
    if (c->cost > 0) {
      withdrawn_ += c->cost;
      last_withdrawal_ = now();
    }
    if (pod().bug == planted_bug::returned_twice && c->cost < 0)
      spent_ += c->cost;
    apply_held(*c);
    answer(c, slice(*result, at, c->ops.size()));
    at += c->ops.size();
  }
  go_on();
}

/// Nothing of it was applied. Who is to blame hears of it, the others go again.
void bank::blame(const zk::multi_error& e) {
  work_ = work::idle;
  if (e.code == zk::error::session_expired || e.code == zk::error::closed)
    return fail("writing", e.code);
  std::size_t begin = 0;
  for (auto c = batch_.begin(); c != batch_.end() && e.index != zk::multi_error::whole; ++c) {
    if (e.index < begin + (*c)->ops.size()) {
      const auto guilty = std::move(*c);
      batch_.erase(c);
      put_back();
      answer(guilty, unexpected(zk::multi_error{e.code, e.index - begin}));
      return go_on();
    }
    begin += (*c)->ops.size();
  }
  if (e.code == zk::error::bad_version || e.code == zk::error::no_node)
    return fail("writing its own node", e.code);
  if (batch_.size() > 1) {
    alone_ = batch_.size();
    put_back();
  } else if (!batch_.empty()) {
    const auto guilty = std::move(batch_.front());
    batch_.clear();
    answer(guilty, unexpected(e));
  }
  go_on();
}

/// The answer was lost. The number in `out` says whether it was applied.
void bank::look_up_batch() {
  read_behind_sync(paths_.bank_pod_out(life_), [this](const auto& found) {
    if (!found && zk::may_pass(found.error()))
      return retry(found.error(), [this] { look_up_batch(); });
    if (!found)
      return fail("reading its own node", found.error());
    const auto now_there = zk::decode_spent(found->data);
    if (now_there && now_there->seq == seq_ + 1)
      return batch_ended(results_of(*found));
    if (!now_there || now_there->seq != seq_)
      return fail("reading its own node", zk::error::bad_version);
    work_ = work::idle;
    put_back();
    go_on();
  });
}

/// What the lost answer said: all of a transaction bears the same number and time.
zk::multi_result bank::results_of(const zk::node& out) const {
  std::vector<zk::op_result> results;
  for (const auto& c : batch_)
    for (const auto& o : c->ops) {
      auto& r = results.emplace_back();
      r.stat.version = version_after(o);
      r.stat.mzxid = out.stat.mzxid;
      r.stat.mtime_unix_ms = out.stat.mtime_unix_ms;
      if (const auto* made = std::get_if<zk::create_op>(&o)) {
        r.path = made->path;
        r.stat.czxid = out.stat.mzxid;
        r.stat.ctime_unix_ms = out.stat.mtime_unix_ms;
      }
    }
  results.push_back({{}, out.stat});
  return results;
}

/// What was under way goes again, first.
void bank::put_back() {
  for (auto c = batch_.rbegin(); c != batch_.rend(); ++c) {
    queue_bytes_ += zk::payload_bytes((*c)->ops);
    queue_cost_ += std::max<std::int64_t>((*c)->cost, 0);
    queue_.push_front(std::move(*c));
  }
  batch_.clear();
}

} // namespace mqttzoo::actors
