// The post office's retained messages of other pods: announced before they are written, and taken
// when the store has them, if nothing newer is known.
#include "actors/post_office.hpp"
#include "actors/session_reader.hpp"
#include "core/log.hpp"
#include "zk/behind_sync.hpp"
#include "zk/records.hpp"

#include <chrono>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

} // namespace

void post_office::tell_others(const pod_frame& frame) {
  if (!view_)
    return;
  for (const auto& member : view_->members)
    if (member->peer)
      send(member->peer, tell_atom::value, frame);
}

void post_office::heard(const member_ref& from, const pod_frame& frame) {
  if (frame.kind == frame_kind::retained_news) {
    if (auto news = decode_retained_news(frame, now()))
      return retained_history_.announced(from, std::move(*news));
  } else if (frame.kind == frame_kind::retained_commit) {
    if (const auto commit = decode_retained_commit(frame))
      return take_commit(from, *commit);
  }
  send(from->peer, misbehaved_atom::value, std::string{"a retained message that makes no sense"});
}

void post_office::take_commit(const member_ref& from, const retained_commit& c) {
  if (c.zxid == 0) // if its pod departs, only the store says what came of it
    return retained_history_.withheld(from, c.topic);
  const auto news = retained_history_.take(from, c.topic);
  if (c.zxid <= retained_history_.newest(c.topic))
    return;
  if (!news) // announced before this pod was there, or before there were too many
    return read_retained(c.topic);
  drop_lease(c.topic); // who wrote it renews it
  take_retained(c.topic, news->message, c.zxid);
}

/// The store has `m` for the topic since `zxid`.
void post_office::take_retained(const std::string& topic, const mqtt::message_ref& m,
                                std::int64_t zxid) {
  const auto what = m ? retained_change::set : retained_change::removed;
  if (!retained_history_.note(topic, zxid, what))
    return;
  if (const auto own = retained_writes_.find(topic); own != retained_writes_.end())
    own->second.heard = m; // which of the two is newer turns out when ours is written
  else
    give_to_index(topic, m);
}

void post_office::give_to_index(const std::string& topic, const mqtt::message_ref& m) {
  const auto name =
      m ? m->shared_topic_name() : mqtt::topic_ref{make_ref<const mqtt::shared_topic>(topic)};
  send(pod().index, heard_atom::value, name, m);
}

/// Takes what the store has of the topic. A leader that adopts all of a pod's has the others read
/// as many: they take turns.
void post_office::read_retained(const std::string& topic) {
  if (retained_reads_ == retained_reads_max) {
    to_read_.insert(topic);
    return;
  }
  ++retained_reads_;
  read_whole(topic, [this, topic, known = retained_history_.newest(topic)](
                        const expected<whole_retained, zk::error>& found) {
    --retained_reads_;
    // That there is no node has no number; if something was heard meanwhile, that counts.
    if (found || found.error() != zk::error::no_node || retained_history_.newest(topic) == known)
      retained_read(topic, found);
    if (!to_read_.empty())
      read_retained(to_read_.extract(to_read_.begin()).value());
  });
}

/// As it stands in the store by now; `then` runs as this actor.
void post_office::read_retained_node(
    const std::string& topic, std::function<void(const expected<zk::node, zk::error>&)> then) {
  zk::get_behind_sync(*pod().store, *pod().store_answers, paths_.retained(topic),
                      as_this(std::move(then)));
}

void post_office::retained_read(const std::string& topic,
                                const expected<whole_retained, zk::error>& found) {
  if (!found && found.error() == zk::error::no_node) {
    if (!retained_writes_.contains(topic)) // removed, and the place of that in the order is gone
      give_to_index(topic, nullptr);
    return;
  }
  if (!found) {
    log.warn("a retained message could not be read", {{"error", zk::to_string(found.error())}});
    unread_.insert(topic);
    return await_room();
  }
  const auto& record = found->record;
  if (!record || record->topic != topic)
    return log.error("a retained message of another pod is damaged", {{"topic", topic}});
  const bool writer_is_there = view_ && view_->contains(record->writer);
  if (record->is_removal() && !writer_is_there) // else that one does it
    remove({{zk::remove_op{paths_.retained(topic), found->stat.version}}, {}});
  drop_older_lease(topic, found->stat.mzxid);
  take_retained(topic,
                record->is_removal() ? nullptr : session_reader{*pod().clock}.message(*record),
                found->stat.mzxid);
}

/// Who joined hears what was told before it was there; what a pod announced that departed is looked
/// up.
void post_office::install_retained(const cluster_view* before) {
  for (const auto& member : view_->members) {
    if (!member->peer || (before && before->contains(member->life)))
      continue;
    for (const auto& [topic, w] : retained_writes_)
      if (w.told)
        send(member->peer, tell_atom::value, encode_retained_news(topic, w.newest, now()));
    for (const auto& commit : retained_history_.own_commits(now()))
      send(member->peer, tell_atom::value, encode_retained_commit(commit));
  }
  for (const auto& topic : retained_history_.take_departed(*view_))
    read_retained(topic);
}

} // namespace mqttzoo::actors
