// How the directory writes what this pod wants: exact topics into their buckets, and the order in
// which it is confirmed. directory_shards.cpp has the other filters.
#include "actors/directory.hpp"
#include "core/log.hpp"
#include "mqtt/topic_filter.hpp"
#include "zk/create_missing.hpp"

#include <cassert>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

} // namespace

void directory::want(const std::string& filter, wish w) {
  const auto parsed = mqtt::parse_topic_filter(filter, mqtt::topic_bytes_max);
  assert(parsed); // the session checked it
  if (stays_local(parsed->filter()))
    return;
  if (parsed->is_shared() || parsed->has_wildcard())
    want_filter(filter, parsed->filter(), w);
  else
    want_exact(filter, w);
}

/// Two topics may have the same hash: it is wanted as long as one of them is.
void directory::want_exact(std::string_view topic, wish w) {
  const auto hash = paths_.topic_hash(topic);
  auto& n = exact_[hash];
  n += w == wish::begins ? 1 : -1;
  const bool changes = n == (w == wish::begins ? 1 : 0);
  if (n == 0)
    exact_.erase(hash);
  if (!changes)
    return;
  const auto path = paths_.topic_bucket(hash);
  auto& b = bucket_outboxes_[path];
  b.changes[hash] = w == wish::begins;
  number(b, w);
  if (!std::exchange(b.busy, true))
    enter([this, path] { write_bucket(path); });
}

// --- what is confirmed when ---

/// Something is to be written in `o`. Nobody waits for the end of a wish.
void directory::number(outbox& o, wish w) {
  if (w == wish::ends || o.oldest != 0)
    return;
  o.oldest = ++last_want_;
  unwritten_.insert(o.oldest);
}

/// All that is to be written in `o` is under way now.
void directory::take_up(outbox& o) {
  const auto oldest = std::exchange(o.oldest, 0);
  if (o.writing == 0)
    o.writing = oldest;
  else if (oldest != 0)
    unwritten_.erase(oldest); // the one before stands for both
}

void directory::written(outbox& o) {
  counts().writes.add();
  if (const auto number = std::exchange(o.writing, 0); number != 0)
    unwritten_.erase(number);
  answer_confirms();
}

void directory::confirm(const std::shared_ptr<const subscription_change>& c, const change_done& d) {
  if (c->add.empty()) { // the session is forgotten: nothing it asked for may be answered after this
    std::erase_if(confirms_, [&](const waiting_confirm& w) {
      if (w.change->session != c->session)
        return false;
      answer(w);
      return true;
    });
    answer({0, c, d, now()});
  } else {
    confirms_.push_back({last_want_, c, d, now()});
  }
  answer_confirms();
}

void directory::answer_confirms() {
  while (!confirms_.empty() &&
         (unwritten_.empty() || *unwritten_.begin() > confirms_.front().number)) {
    answer(confirms_.front());
    confirms_.pop_front();
  }
  counts().wants_waiting.set(confirms_.size());
}

void directory::answer(const waiting_confirm& c) {
  if (c.change->of_adopted)
    send(pod().adopter, changed_atom::value, c.change->session);
  else
    send(c.change->session->handle, changed_atom::value, c.done);
}

// --- buckets ---

/// In the gate. What is done again is harmless: only this pod writes its own entries.
void directory::write_bucket(const std::string& path) {
  auto& b = bucket_outboxes_.at(path);
  for (const auto& [hash, wanted] : std::exchange(b.changes, {}))
    b.sending[hash] = wanted;
  take_up(b);
  store().get(here(), path, nullptr, as_this([this, path](expected<zk::node, zk::error> found) {
                update_bucket(path, std::move(found));
              }));
}

void directory::update_bucket(const std::string& path, expected<zk::node, zk::error> found) {
  if (!found && found.error() != zk::error::no_node)
    return bucket_written(path, found.error());
  auto record = zk::decode_bucket(found ? std::string_view{found->data} : std::string_view{});
  if (!record) { // of a newer version, perhaps: what others want must not be lost
    counts().records_refused.add();
    log.error("a bucket of topics cannot be read, nor written",
              {{"path", path}, {"error", zk::to_string(record.error())}});
    return bucket_written(path, zk::error::overloaded);
  }
  bool changes = false;
  for (const auto& [hash, wanted] : bucket_outboxes_.at(path).sending)
    changes |= wanted ? record->add(self_, hash) : record->remove(self_, hash);
  if (!changes)
    return bucket_written(path, {});
  std::erase_if(record->pods, [&](const auto& p) { return departed_.contains(p.life); });
  auto data = zk::encode_bucket(*record);
  if (!data)
    return bucket_written(path, zk::error::too_large);
  if (found)
    store().set(here(), path, std::move(*data), found->stat.version,
                as_this([this, path](expected<zk::stat, zk::error> result) {
                  bucket_written(path, result ? std::optional<zk::error>{} : result.error());
                }));
  else
    store().create(here(), path, std::move(*data), zk::create_mode::persistent,
                   as_this([this, path](expected<zk::op_result, zk::error> result) {
                     bucket_written(path, result ? std::optional<zk::error>{} : result.error());
                   }));
}

/// Or not. Whatever became of it, the next look at the bucket says what is left to be done.
void directory::bucket_written(const std::string& path, std::optional<zk::error> failed) {
  using zk::error;
  if (!failed)
    return finish_bucket(path);
  counts().writes_repeated.add();
  switch (*failed) {
  case error::bad_version:
  case error::node_exists:
    return write_bucket(path);
  case error::no_node:
    return zk::create_missing(store(), here(), {std::string{zk::parent_of(path)}},
                              as_this([this, path](auto made) {
                                if (made)
                                  return write_bucket(path);
                                leave();
                                again(made.error(), [this, path] { write_bucket(path); });
                              }));
  default:
    leave();
    again(*failed, [this, path] {
      store().sync(here(), path, [](auto) {}); // what follows sees what any server was told
      write_bucket(path);
    });
  }
}

void directory::finish_bucket(const std::string& path) {
  auto& b = bucket_outboxes_.at(path);
  b.sending.clear();
  written(b);
  if (!b.changes.empty())
    return write_bucket(path);
  bucket_outboxes_.erase(path);
  leave();
}

} // namespace mqttzoo::actors
