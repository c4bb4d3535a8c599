#include "actors/recovery.hpp"

#include "core/random.hpp"
#include "zk/message_parts.hpp"
#include "zk/tree_key.hpp"

#include <future>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

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
    for (const auto step : {&reader::scan_retained, &reader::fetch_bodies})
      if (auto problem = (this->*step)())
        return unexpected{*problem};
    if (scope == recovery_scope::retained) {
      found_.retained_found.clear(); // their writers renew them
      return std::move(found_);
    }
    // Mail first, so that pointers find it.
    for (const auto step : {&reader::scan_mail, &reader::fetch_parts, &reader::scan_sessions})
      if (auto problem = (this->*step)())
        return unexpected{*problem};
    finish();
    return std::move(found_);
  }

  /// It failed because a link broke: another run may succeed.
  bool lost_link() const noexcept { return lost_link_; }

private:
  using taker = void (reader::*)(const zk::scanned_node&);

  struct mail {
    mqtt::message_ref message; ///< null: not all of it was stored
    client_id publisher;
    std::uint32_t parts = 0; ///< nodes below it
    bool wanted = false;
  };

  using failure = std::optional<std::string>; ///< a sentence
  failure scan_retained() { return scan(paths_.retained(), &reader::take_retained); }
  failure scan_mail() { return scan(paths_.topics(), &reader::take_mail); }
  failure scan_sessions() { return scan(paths_.sessions(), &reader::take_session_node); }

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
    auto record = zk::decode_mail(node.data);
    if (!record)
      return report_damaged(node.path, record.error());
    auto& m = mails_[node.path];
    m.publisher = record->publisher;
    m.parts = node.stat.children;
    if (record->parts.count == 0)
      m.message = records_.message(*record);
    else if (record->parts.count == m.parts && !bodies_.contains(node.path))
      in_parts_.emplace_back(node.path, std::move(*record));
  }

  /// What stands below the head of a mail; nothing if that is not all of it.
  expected<std::optional<zk::message_body>, zk::error> fetch(const std::string& head,
                                                             const zk::stored_parts& parts) {
    std::promise<expected<std::optional<zk::message_body>, zk::error>> done;
    zk::read_parts(store_, here_, head, parts, [&](auto body) { done.set_value(std::move(body)); });
    return done.get_future().get();
  }

  failure fetch_parts() {
    for (auto& [path, record] : std::exchange(in_parts_, {})) {
      auto body = fetch(path, record.parts);
      if (!body)
        return failed("read " + path, body.error());
      if (!*body)
        continue;
      zk::put_together(record, std::move(**body));
      mails_.at(path).message = records_.message(record);
    }
    return std::nullopt;
  }

  void take_retained(const zk::scanned_node& node) {
    if (node.data.empty())
      return; // a bucket
    auto record = zk::decode_retained(node.data);
    if (!record)
      return report_damaged(node.path, record.error());
    if (record->parts.count > 0) {
      retained_in_parts_.push_back(node.path);
      return;
    }
    add_retained(std::move(*record), node.stat, {});
  }

  /// `body`: what stands in its parts, if it has any.
  void add_retained(zk::retained_record record, const zk::stat& stat,
                    std::optional<zk::message_body> body) {
    found_.retained_zxids.emplace_back(record.topic, stat.mzxid);
    if (record.is_removal())
      return; // about to be removed
    auto whole = static_cast<const zk::message_record&>(record);
    if (body)
      zk::put_together(whole, std::move(*body));
    auto m = records_.message(whole);
    if (!records_.expired(record))
      found_.retained.push_back(m);
    if (!record.body.empty())
      bodies_.insert(record.body);
    found_.retained_found.push_back({std::move(record), stat.version, stat.mzxid, std::move(m)});
  }

  /// The heads are read again, as other pods may have written since.
  failure fetch_bodies() {
    for (const auto& path : std::exchange(retained_in_parts_, {}))
      if (auto why = fetch_body(path, std::nullopt))
        return failed("read " + path, *why);
    return std::nullopt;
  }

  /// `seen`: the version whose body was not there.
  std::optional<zk::error> fetch_body(const std::string& path, std::optional<zk::version> seen) {
    std::promise<expected<zk::node, zk::error>> done;
    store_.get(here_, path, nullptr, [&](auto node) { done.set_value(std::move(node)); });
    const auto node = done.get_future().get();
    if (!node)
      return node.error() == zk::error::no_node ? std::nullopt : std::optional{node.error()};
    auto record = zk::decode_retained(node->data);
    if (!record || node->stat.version == seen) {
      report_damaged(path, record ? zk::record_error::truncated : record.error());
      return std::nullopt;
    }
    expected<std::optional<zk::message_body>, zk::error> body{std::nullopt};
    if (record->parts.count > 0) {
      body = fetch(record->body, record->parts);
      if (!body)
        return body.error();
      if (!*body)
        return fetch_body(path, node->stat.version);
    }
    add_retained(std::move(*record), node->stat, std::move(*body));
    return std::nullopt;
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
    if (!found->second.message) // its parts are not what its head says
      return report_damaged(node.path, zk::record_error::truncated);
    found->second.wanted = true;
    records_.add(*session, std::move(*pointer), found->second.message, found->second.publisher);
    session->pointers.back().parts = found->second.parts;
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
      if (!m.wanted && !bodies_.contains(path))
        found_.unwanted.push_back({path, m.parts});
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
  std::vector<std::pair<std::string, zk::mail_record>> in_parts_; ///< to be fetched
  std::vector<std::string> retained_in_parts_;                    ///< the same
  std::unordered_set<std::string> bodies_;                        ///< of retained messages
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
  mail.unwanted = std::move(found.unwanted);
  return mail;
}

expected<zk::paths, std::string> open_tree(zk::store& store) {
  static zk::inline_executor here;
  auto random = core::random_source::from_system();
  const zk::hash_key fresh{random(), random()};
  const std::string root = zk::paths{}.root();
  const auto ask = [&] {
    std::promise<expected<zk::tree_root, zk::error>> done;
    zk::open_tree(store, here, root, fresh, [&](auto said) { done.set_value(std::move(said)); });
    return done.get_future().get();
  };
  auto said = ask();
  for (int again = 1; again < tries_max && !said && said.error() == zk::error::connection_loss;
       ++again)
    said = ask();
  if (!said)
    return unexpected{"cannot open the store's tree " + root + ": " +
                      std::string{zk::to_string(said.error())}};
  if (said->format != zk::tree_format)
    return unexpected{"the store's tree " + root + " has format " + std::to_string(said->format) +
                      ", this program knows format " + std::to_string(zk::tree_format)};
  return zk::paths{root, said->key};
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
