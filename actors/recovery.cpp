#include "actors/recovery.hpp"

#include "core/log.hpp"
#include "core/random.hpp"
#include "zk/tree_key.hpp"

#include <algorithm>
#include <charconv>
#include <future>
#include <unordered_map>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

/// Reads the tree page by page and sorts what it finds.
class reader {
public:
  reader(zk::store& store, const zk::paths& paths, const core::clock& clock)
      : store_(store), paths_(paths), now_(clock.now()), unix_now_ms_(clock.unix_ms()) {}

  expected<recovered, std::string> run() {
    for (auto& path : paths_.skeleton())
      if (auto e = create(path); e && *e != zk::error::node_exists)
        return unexpected{std::string{"cannot prepare the store: "} +
                          std::string{zk::to_string(*e)}};
    // Mail first, so that pointers find it.
    for (const auto& [root, take] : {std::pair{paths_.topics(), &reader::take_mail},
                                     std::pair{paths_.retained(), &reader::take_retained},
                                     std::pair{paths_.sessions(), &reader::take_session_node}})
      if (auto problem = scan(root, take))
        return unexpected{*problem};
    finish();
    return std::move(found_);
  }

private:
  using taker = void (reader::*)(const zk::scanned_node&);

  struct mail {
    mqtt::message_ref message;
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
        [&](std::vector<zk::scanned_node> page) {
          for (const auto& node : page)
            (this->*take)(node);
        },
        [&](expected<std::size_t, zk::error> r) {
          done.set_value(r ? std::nullopt
                           : std::optional{"cannot read " + root + ": " +
                                           std::string{zk::to_string(r.error())}});
        });
    return done.get_future().get();
  }

  void take_mail(const zk::scanned_node& node) {
    if (!zk::parse_mail_name(zk::last_level_of(node.path)))
      return;
    if (auto record = zk::decode_mail(node.data))
      mails_.emplace(node.path, mail{to_message(*record), false});
    else
      damaged(node.path, record.error());
  }

  void take_retained(const zk::scanned_node& node) {
    if (node.data.empty())
      return; // a bucket
    auto record = zk::decode_retained(node.data);
    if (!record)
      return damaged(node.path, record.error());
    if (record->expires_at_unix_ms == 0 || record->expires_at_unix_ms > unix_now_ms_)
      found_.retained.push_back(to_message(*record));
  }

  void take_session_node(const zk::scanned_node& node) {
    const auto level = zk::last_level_of(node.path);
    if (node.data.empty())
      return; // a bucket
    if (level.starts_with("p-"))
      return take_pointer(node, level.substr(2));
    if (level.starts_with("r-"))
      return take_received(node);
    auto record = zk::decode_session(node.data);
    if (!record)
      return damaged(node.path, record.error());
    auto state = std::make_shared<restored_session>();
    state->expiry_interval_s = record->session_expiry_interval_s;
    state->expires_at = expiry(*record);
    if (record->will) {
      state->will = std::make_unique<mqtt::will>(to_will(*record->will));
      state->will_due = std::min<net::time_point>(
          to_steady(lost_at_ms(*record) + std::int64_t{record->will->delay_s} * 1000),
          state->expires_at);
    }
    for (auto& s : record->subscriptions)
      state->subscriptions.push_back(to_subscription(s));
    by_path_.emplace(node.path, found_.sessions.size());
    found_.sessions.push_back({record->client_id, std::move(state), {}});
  }

  void take_pointer(const zk::scanned_node& node, std::string_view digits) {
    auto* session = owner_of(node.path);
    auto record = zk::decode_pointer(node.data);
    std::uint64_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (!session || !record || number == 0)
      return damaged(node.path, record ? zk::record_error::bad_value : record.error());
    const auto found = mails_.find(record->mail_path);
    if (found == mails_.end())
      return damaged(node.path, zk::record_error::bad_value);
    found->second.wanted = true;
    const auto& message = found->second.message;
    auto terms = make_ref<mqtt::delivery_terms>();
    terms->maximum_qos = static_cast<mqtt::qos>(record->qos);
    terms->retain_as_published = record->retain;
    terms->retained = record->retain;
    terms->subscription_identifiers = record->subscription_identifiers;
    mqtt::stored_pointer pointer;
    pointer.number = mqtt::stored_number{number};
    pointer.id = mqtt::packet_id{record->packet_id};
    pointer.state = static_cast<mqtt::stored_state>(record->state);
    pointer.qos = static_cast<mqtt::qos>(record->qos);
    session->state->messages.push_back({{message, std::move(terms), nullptr}, pointer});
    session->pointers.push_back(
        {nullptr, pointer.number, message, record->mail_path, std::move(*record)});
  }

  void take_received(const zk::scanned_node& node) {
    auto* session = owner_of(node.path);
    auto record = zk::decode_received(node.data);
    if (!session || !record)
      return damaged(node.path, record ? zk::record_error::bad_value : record.error());
    session->state->received.push_back(mqtt::packet_id{record->packet_id});
  }

  void finish() {
    for (auto& s : found_.sessions) {
      std::sort(s.state->messages.begin(), s.state->messages.end(),
                [](const auto& a, const auto& b) { return a.pointer.number < b.pointer.number; });
    }
    for (const auto& [path, m] : mails_)
      if (!m.wanted)
        store_.remove(here_, path, zk::any_version, [](expected<std::monostate, zk::error>) {});
  }

  recovered_session* owner_of(const std::string& path) {
    const auto found = by_path_.find(std::string{zk::parent_of(path)});
    return found == by_path_.end() ? nullptr : &found_.sessions[found->second];
  }

  net::time_point expiry(const zk::session_record& r) const {
    if (r.session_expiry_interval_s == zk::session_never_expires)
      return net::time_point::max();
    return to_steady(lost_at_ms(r) + std::int64_t{r.session_expiry_interval_s} * 1000);
  }

  /// A session whose client was connected when the pod died lost it then; what is known is that it
  /// was before now.
  std::int64_t lost_at_ms(const zk::session_record& r) const {
    return r.disconnected_at_unix_ms == 0 ? unix_now_ms_ : r.disconnected_at_unix_ms;
  }

  static mqtt::will to_will(const zk::will_record& r) {
    mqtt::will w;
    w.topic = r.message.topic;
    w.payload = r.message.payload;
    w.qos = static_cast<mqtt::qos>(r.message.qos);
    w.retain = r.message.retain;
    w.delay_interval_s = r.delay_s;
    if (r.message.expires_at_unix_ms != 0)
      w.message_expiry_interval_s = static_cast<std::uint32_t>(
          (r.message.expires_at_unix_ms - r.message.stored_at_unix_ms) / 1000);
    w.payload_is_utf8 = r.message.payload_is_utf8;
    w.forwarded = r.message.forwarded_properties;
    return w;
  }

  net::time_point to_steady(std::int64_t unix_ms) const {
    return now_ + std::chrono::milliseconds{unix_ms - unix_now_ms_};
  }

  mqtt::message_ref to_message(const zk::message_record& r) const {
    mqtt::message_head head;
    head.topic = make_ref<const mqtt::shared_topic>(r.topic);
    head.qos = static_cast<mqtt::qos>(r.qos);
    head.retain = r.retain;
    head.payload_is_utf8 = r.payload_is_utf8;
    if (r.expires_at_unix_ms != 0)
      head.expires_at = to_steady(r.expires_at_unix_ms);
    return mqtt::message::make(std::move(head), r.forwarded_properties, r.payload);
  }

  static mqtt::subscription to_subscription(const zk::subscription_record& r) {
    mqtt::subscription s;
    s.filter = r.filter;
    s.options.qos = static_cast<mqtt::qos>(r.qos);
    s.options.no_local = r.no_local;
    s.options.retain_as_published = r.retain_as_published;
    s.options.retained = static_cast<mqtt::retain_handling>(r.retain_handling);
    s.identifier = r.subscription_identifier;
    return s;
  }

  static void damaged(const std::string& path, zk::record_error e) {
    log.error("a stored record is damaged and was left alone",
              {{"path", path}, {"error", zk::to_string(e)}});
  }

  zk::store& store_;
  const zk::paths& paths_;
  const net::time_point now_;
  const std::int64_t unix_now_ms_;
  /// Completions run on the store's thread, mostly while this one waits; those of finish() come
  /// when the reader is gone.
  static inline zk::inline_executor here_;
  std::unordered_map<std::string, mail> mails_;
  std::unordered_map<std::string, std::size_t> by_path_;
  recovered found_;
};

} // namespace

expected<zk::paths, std::string> open_tree(zk::store& store) {
  static zk::inline_executor here;
  auto random = core::random_source::from_system();
  const zk::hash_key fresh{random(), random()};
  const std::string root = zk::paths{}.root();
  std::promise<expected<zk::hash_key, zk::error>> done;
  zk::open_tree(store, here, root, fresh, [&](auto key) { done.set_value(std::move(key)); });
  const auto key = done.get_future().get();
  if (!key)
    return unexpected{"cannot open the store's tree " + root + ": " +
                      std::string{zk::to_string(key.error())}};
  return zk::paths{root, *key};
}

expected<recovered, std::string> recover(zk::store& store, const zk::paths& paths,
                                         const core::clock& clock) {
  return reader{store, paths, clock}.run();
}

} // namespace mqttzoo::actors
