// How the directory reads what other pods want, and hears when that changes.
//
// Each node is read with a watch, and read again when that says so. What changes while a read is
// under way is read once more behind it. A refresh reads everything anew behind a `sync`.
#include "actors/directory.hpp"
#include "actors/directory_ear.hpp"
#include "core/log.hpp"

#include <cassert>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

bool begin_reading(auto& inbox) {
  if (inbox.reading) {
    inbox.again = true;
    return false;
  }
  inbox.reading = true;
  inbox.again = false;
  return true;
}

} // namespace

struct directory::shard_pass {
  std::string path;
  std::vector<zk::log_node_name> names; ///< to be read
  std::size_t next = 0;
  std::uint64_t generation = 0;
  bool lost = false; ///< a node was removed meanwhile: there is a snapshot behind it
  shard_log::changes changes;
};

// --- everything ---

void directory::session_changed(const zk::session_event& event) {
  connected_ = event.state == zk::session_state::connected;
  if (!connected_) {
    if (!std::exchange(suspended_, true))
      update_all();
    return;
  }
  for (auto& request : std::exchange(for_connection_, {}))
    enter(std::move(request));
  refresh();
}

void directory::refresh() {
  ++generation_;
  awaited_ = 0;
  store().sync(here(), paths_.root(), [](auto) {}); // what is read behind it is not older
  await(root_);
  read_root();
  for (auto& [path, s] : shards_) {
    await(s);
    read_shard(path);
  }
  for (auto& [path, b] : buckets_) {
    if (b.loaded) // topics that nobody was told about yet do not make it longer
      await(b);
    read_bucket(path);
  }
}

void directory::await(inbox& i) {
  i.awaited = true;
  ++awaited_;
}

void directory::arrived(inbox& i, std::uint64_t generation) {
  counts().reads.add();
  i.reading = false;
  i.loaded = true;
  if (generation == generation_ && std::exchange(i.awaited, false))
    --awaited_;
}

void directory::refreshed() {
  if (awaited_ > 0 || !connected_)
    return;
  const bool was_suspended = std::exchange(suspended_, false);
  if (settling_)
    settled();
  else if (!was_suspended)
    return;
  update_all();
  if (next_view_)
    install(std::exchange(next_view_, nullptr));
}

void directory::changed(const zk::watch_event& event) {
  if (event.session != store().session()) {
    counts().events_stale.add();
    return;
  }
  if (buckets_.contains(event.path))
    read_bucket(event.path);
  else if (shards_.contains(event.path))
    read_shard(event.path);
  else if (event.path == paths_.wildcards())
    read_root();
}

// --- buckets ---

void directory::read_bucket(const std::string& path) {
  if (begin_reading(buckets_.at(path)))
    enter([this, path] { fetch_bucket(path, generation_); });
}

void directory::fetch_bucket(const std::string& path, std::uint64_t generation) {
  const auto wanted = buckets_.find(path);
  if (wanted == buckets_.end()) // by now
    return leave();
  store().get(here(), path, wanted->second.ear,
              as_this([this, path, generation](expected<zk::node, zk::error> found) {
                if (found)
                  bucket_came(path, found->data, generation);
                else if (found.error() == zk::error::no_node)
                  bucket_missing(path, generation);
                else
                  bucket_failed(path, found.error(), generation);
              }));
}

/// It may come: only `exists` watches for that.
void directory::bucket_missing(const std::string& path, std::uint64_t generation) {
  const auto wanted = buckets_.find(path);
  if (wanted == buckets_.end())
    return leave();
  store().exists(
      here(), path, wanted->second.ear,
      as_this([this, path, generation](expected<std::optional<zk::stat>, zk::error> found) {
        if (!found)
          bucket_failed(path, found.error(), generation);
        else if (*found)
          fetch_bucket(path, generation);
        else
          bucket_came(path, {}, generation);
      }));
}

void directory::bucket_came(const std::string& path, std::string_view data,
                            std::uint64_t generation) {
  leave();
  const auto found = buckets_.find(path);
  if (found == buckets_.end())
    return;
  auto& b = found->second;
  if (!b.loaded && generation != generation_) { // no refresh waits for it, so it must not be older
    b.reading = false;
    return read_bucket(path);
  }
  arrived(b, generation);
  if (auto record = zk::decode_bucket(data)) {
    b.record = std::move(*record);
  } else { // what was known before stays
    counts().records_refused.add();
    log.error("a bucket of topics cannot be read",
              {{"path", path}, {"error", zk::to_string(record.error())}});
  }
  for (auto* t : b.topics)
    update(*t);
  if (b.again)
    read_bucket(path);
  refreshed();
}

/// Without room for its watch one that is known is looked at nevertheless, again and again until
/// there is: neither its topics nor a refresh can wait for that.
void directory::bucket_failed(const std::string& path, zk::error e, std::uint64_t generation) {
  const auto found = buckets_.find(path);
  if (e != zk::error::overloaded || found == buckets_.end() || !found->second.loaded)
    return put_off_bucket(path, e);
  store().get(
      here(), path, nullptr, as_this([this, path, generation](expected<zk::node, zk::error> seen) {
        if (!seen && seen.error() != zk::error::no_node)
          return put_off_bucket(path, seen.error());
        read_bucket_later(path, zk::error::overloaded);
        bucket_came(path, seen ? std::string_view{seen->data} : std::string_view{}, generation);
      }));
}

void directory::put_off_bucket(const std::string& path, zk::error e) {
  leave();
  const auto found = buckets_.find(path);
  if (found == buckets_.end())
    return;
  found->second.reading = false;
  // After a loss that the store has spoken of, a refresh reads it.
  if (e != zk::error::connection_loss || connected_)
    read_bucket_later(path, e);
}

void directory::read_bucket_later(const std::string& path, zk::error why) {
  again(why, [this, path] {
    leave();
    if (buckets_.contains(path))
      read_bucket(path);
  });
}

// --- shards ---

void directory::read_root() {
  if (!begin_reading(root_))
    return;
  enter([this] {
    store().children(
        here(), paths_.wildcards(), ear_,
        as_this([this, generation = generation_](expected<zk::child_list, zk::error> found) {
          root_came(std::move(found), generation);
        }));
  });
}

void directory::root_came(expected<zk::child_list, zk::error> found, std::uint64_t generation) {
  leave();
  if (!found) {
    root_.reading = false;
    if (found.error() != zk::error::connection_loss || connected_)
      again(found.error(), [this] {
        leave();
        read_root();
      });
    return;
  }
  const bool counts_for_refresh = root_.awaited && generation == generation_;
  arrived(root_, generation);
  for (const auto& name : found->names) {
    const auto path = zk::child_path(paths_.wildcards(), name);
    const auto [at, is_new] = shards_.try_emplace(path);
    if (!is_new)
      continue;
    if (counts_for_refresh)
      await(at->second);
    read_shard(path);
  }
  if (root_.again)
    read_root();
  refreshed();
}

void directory::read_shard(const std::string& path) {
  if (!begin_reading(shards_.at(path)))
    return;
  enter([this, path] {
    store().children(
        here(), path, ear_,
        as_this([this, path, generation = generation_](expected<zk::child_list, zk::error> found) {
          shard_listed(path, std::move(found), generation);
        }));
  });
}

void directory::shard_listed(const std::string& path, expected<zk::child_list, zk::error> found,
                             std::uint64_t generation) {
  if (!found)
    return shard_failed(path, found.error());
  auto pass = std::make_shared<shard_pass>();
  pass->path = path;
  pass->generation = generation;
  pass->names = shards_.at(path).log.list(found->names, self_, pass->changes);
  next_node(pass);
}

void directory::next_node(const std::shared_ptr<shard_pass>& pass) {
  if (pass->next == pass->names.size())
    return shard_came(pass);
  store().get(here(), pass->path + '/' + to_string(pass->names[pass->next]), nullptr,
              as_this([this, pass](expected<zk::node, zk::error> found) {
                if (!found && found.error() != zk::error::no_node) {
                  apply(pass->changes);
                  return shard_failed(pass->path, found.error());
                }
                auto name = pass->names[pass->next++];
                if (!found) {
                  pass->lost = true;
                  return next_node(pass);
                }
                auto record = zk::decode_filter_log(found->data);
                if (!record) {
                  counts().records_refused.add();
                  log.error("a node of a shard of filters cannot be read",
                            {{"path", pass->path},
                             {"life", name.life.str()},
                             {"error", zk::to_string(record.error())}});
                  name.is = zk::log_node_name::kind::delta; // nothing of it counts
                  record = zk::filter_log_record{};
                }
                shards_.at(pass->path).log.apply(name, *record, pass->changes);
                next_node(pass);
              }));
}

void directory::shard_came(const std::shared_ptr<shard_pass>& pass) {
  leave();
  auto& s = shards_.at(pass->path);
  if (pass->lost) {
    s.reading = false;
    s.again = true;
  } else {
    arrived(s, pass->generation);
  }
  apply(pass->changes);
  if (s.again)
    read_shard(pass->path);
  refreshed();
}

void directory::shard_failed(const std::string& path, zk::error e) {
  leave();
  shards_.at(path).reading = false;
  if (e != zk::error::connection_loss || connected_)
    again(e, [this, path] {
      leave();
      read_shard(path);
    });
}

} // namespace mqttzoo::actors
