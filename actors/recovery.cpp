#include "actors/recovery.hpp"

#include "core/random.hpp"
#include "zk/tree_key.hpp"

#include <future>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace mqttzoo::actors {

namespace {

/// Reads the tree page by page and sorts what it finds.
class reader {
public:
  reader(zk::store& store, const zk::paths& paths, const core::clock& clock)
      : store_(store), paths_(paths), records_(clock) {}

  expected<recovered, std::string> run(recovery_scope scope) {
    for (auto& path : paths_.skeleton())
      if (auto e = create(path); e && *e != zk::error::node_exists)
        return unexpected{failed("prepare the store", *e)};
    if (auto problem = scan(paths_.retained(), &reader::take_retained))
      return unexpected{*problem};
    if (scope == recovery_scope::retained) {
      found_.retained_found.clear(); // their writers renew them
      return std::move(found_);
    }
    // Mail first, so that pointers find it.
    for (const auto& [root, take] : {std::pair{paths_.topics(), &reader::take_mail},
                                     std::pair{paths_.sessions(), &reader::take_session_node}})
      if (auto problem = scan(root, take))
        return unexpected{*problem};
    finish();
    return std::move(found_);
  }

  /// It failed because a link broke: another run may succeed.
  bool lost_link() const noexcept { return lost_link_; }

private:
  using taker = void (reader::*)(const zk::scanned_node&);

  struct mail {
    mqtt::message_ref message;
    client_id publisher;
    bool wanted = false;
  };

  std::optional<zk::error> create(const std::string& path) {
    std::promise<std::optional<zk::error>> done;
    store_.create(here_, path, {}, zk::create_mode::persistent,
                  [&](expected<zk::op_result, zk::error> r) {
                    done.set_value(r ? std::nullopt : std::optional{r.error()});
                  });
    return done.get_future().get();
  }

  std::optional<std::string> scan(const std::string& root, taker take) {
    std::promise<std::optional<std::string>> done;
    store_.scan(
        here_, root, {zk::scan_depth::subtree},
        [&](const std::vector<zk::scanned_node>& page) {
          for (const auto& node : page)
            (this->*take)(node);
        },
        [&](expected<std::size_t, zk::error> r) {
          done.set_value(r ? std::nullopt : std::optional{failed("read " + root, r.error())});
        });
    return done.get_future().get();
  }

  std::string failed(const std::string& what, zk::error why) {
    lost_link_ = why == zk::error::connection_loss;
    return "cannot " + what + ": " + std::string{zk::to_string(why)};
  }

  void take_mail(const zk::scanned_node& node) {
    if (!zk::parse_mail_name(zk::last_level_of(node.path)))
      return;
    if (auto record = zk::decode_mail(node.data))
      mails_.emplace(node.path, mail{records_.message(*record), record->publisher, false});
    else
      report_damaged(node.path, record.error());
  }

  void take_retained(const zk::scanned_node& node) {
    if (node.data.empty())
      return; // a bucket
    auto record = zk::decode_retained(node.data);
    if (!record)
      return report_damaged(node.path, record.error());
    found_.retained_zxids.emplace_back(record->topic, node.stat.mzxid);
    if (record->payload.empty())
      return; // about to be removed
    if (!records_.expired(*record))
      found_.retained.push_back(records_.message(*record));
    found_.retained_found.push_back({std::move(*record), node.stat.version});
  }

  void take_session_node(const zk::scanned_node& node) {
    const auto level = zk::last_level_of(node.path);
    if (node.data.empty() || level == "owner")
      return; // a bucket, or what only pods of a cluster ask for
    if (level.starts_with("p-"))
      return take_pointer(node, level);
    if (level.starts_with("r-"))
      return take_received(node);
    auto session = records_.session(node.data);
    if (!session)
      return report_damaged(node.path, session.error());
    by_path_.emplace(node.path, found_.sessions.size());
    found_.sessions.push_back(std::move(*session));
  }

  void take_pointer(const zk::scanned_node& node, std::string_view level) {
    auto* session = owner_of(node.path);
    auto pointer = session_reader::read_pointer(level, node.data);
    if (!session || !pointer)
      return report_damaged(node.path, pointer ? zk::record_error::bad_value : pointer.error());
    const auto found = mails_.find(pointer->record.mail_path);
    if (found == mails_.end()) {
      if (!records_.add_without_mail(*session, *pointer))
        report_damaged(node.path, zk::record_error::bad_value);
      return;
    }
    found->second.wanted = true;
    records_.add(*session, std::move(*pointer), found->second.message, found->second.publisher);
  }

  void take_received(const zk::scanned_node& node) {
    auto* session = owner_of(node.path);
    const auto wrong = session ? session_reader::add_received(*session, node.data)
                               : std::optional{zk::record_error::bad_value};
    if (wrong)
      report_damaged(node.path, *wrong);
  }

  void finish() {
    for (auto& s : found_.sessions)
      session_reader::finish(s);
    for (const auto& [path, m] : mails_)
      if (!m.wanted)
        found_.unwanted_mail.push_back(path);
  }

  recovered_session* owner_of(const std::string& path) {
    const auto found = by_path_.find(std::string{zk::parent_of(path)});
    return found == by_path_.end() ? nullptr : &found_.sessions[found->second];
  }

  zk::store& store_;
  const zk::paths& paths_;
  const session_reader records_;
  /// Completions run on the store's thread while this one waits.
  static inline zk::inline_executor here_;
  std::unordered_map<std::string, mail> mails_;
  std::unordered_map<std::string, std::size_t> by_path_;
  recovered found_;
  bool lost_link_ = false;
};

/// While servers change their leader links break; each try waits for one as long as any request.
constexpr int tries_max = 5;

} // namespace

recovered_mail mail_of(recovered& found) {
  recovered_mail mail;
  mail.retained_zxids = std::move(found.retained_zxids);
  mail.retained = std::move(found.retained_found);
  mail.unwanted_mail = std::move(found.unwanted_mail);
  return mail;
}

expected<zk::paths, std::string> open_tree(zk::store& store) {
  static zk::inline_executor here;
  auto random = core::random_source::from_system();
  const zk::hash_key fresh{random(), random()};
  const std::string root = zk::paths{}.root();
  const auto ask = [&] {
    std::promise<expected<zk::hash_key, zk::error>> done;
    zk::open_tree(store, here, root, fresh, [&](auto key) { done.set_value(std::move(key)); });
    return done.get_future().get();
  };
  auto key = ask();
  for (int again = 1; again < tries_max && !key && key.error() == zk::error::connection_loss;
       ++again)
    key = ask();
  if (!key)
    return unexpected{"cannot open the store's tree " + root + ": " +
                      std::string{zk::to_string(key.error())}};
  return zk::paths{root, *key};
}

expected<recovered, std::string> recover(zk::store& store, const zk::paths& paths,
                                         const core::clock& clock, recovery_scope scope) {
  for (int tries = 1;; ++tries) {
    reader r{store, paths, clock};
    auto found = r.run(scope);
    if (found || !r.lost_link() || tries == tries_max)
      return found;
  }
}

} // namespace mqttzoo::actors
