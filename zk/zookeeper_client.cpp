#include "zk/zookeeper_client.hpp"

#include "core/log.hpp"
#include "zk/create_missing.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <utility>

namespace mqttzoo::zk {

namespace {

constexpr core::logger log{core::log_folder::zk};
core::log_throttle trouble_lines{5, std::chrono::seconds{10}};

constexpr std::chrono::seconds retry_after{1};

void log_library_line(const char* line) {
  log.debug("client library", {{"says", line}});
}

/// The library's level is the process's, not a handle's.
void quieten_library() {
  static std::once_flag once;
  std::call_once(once, [] { zoo_set_debug_level(ZOO_LOG_LEVEL_WARN); });
}

std::string without_slash(const std::string& chroot) {
  return chroot == "/" ? std::string{} : chroot;
}

std::int64_t number(session_id id) noexcept {
  return static_cast<std::int64_t>(id);
}

} // namespace

zookeeper_client::zookeeper_client(const zookeeper_options& options,
                                   std::shared_ptr<zookeeper_inbox> inbox)
    : options_(options), inbox_(std::move(inbox)), chroot_(without_slash(options.chroot)),
      access_(options.auth.empty() ? ZOO_OPEN_ACL_UNSAFE : ZOO_CREATOR_ALL_ACL),
      retry_at_(clock::now()), down_since_(retry_at_),
      watches_(options.watches_max, options.watch_bytes_max, chroot_.size() + sizeof(int)),
      count_{} {
  quieten_library();
}

zookeeper_client::~zookeeper_client() {
  assert(handle_ == nullptr);
}

// --- the handle ---

void zookeeper_client::open_handle() {
  const auto heard = [](zhandle_t*, int type, int state, const char* path, void* self) {
    static_cast<zookeeper_client*>(self)->heard(type, state, path);
  };
  handle_ = zookeeper_init2(options_.servers.c_str(), heard,
                            static_cast<int>(options_.session_timeout.count()), nullptr, this,
                            ZOO_NO_LOG_CLIENTENV, log_library_line);
  if (handle_ == nullptr) {
    log.log(trouble_lines, core::log_level::error, "cannot look for ZooKeeper",
            {{"servers", options_.servers}, {"why", std::strerror(errno)}});
    retry_at_ = clock::now() + retry_after;
    return;
  }
  phase_ = phase::connecting;
  // Resolve names before connecting only; by default it happens at every turn.
  zoo_set_servers_resolution_delay(handle_, -1);
  if (!options_.auth.empty())
    zoo_add_auth(
        handle_, "digest", options_.auth.data(), static_cast<int>(options_.auth.size()),
        [](int, const void*) {}, nullptr);
}

void zookeeper_client::close_handle() {
  // Whatever is in flight is answered meanwhile, as closing.
  if (auto* const closing = std::exchange(handle_, nullptr))
    zookeeper_close(closing);
  assert(in_flight_requests_ == 0);
}

void zookeeper_client::end_session() {
  const bool refused = zoo_state(handle_) == ZOO_AUTH_FAILED_STATE;
  close_handle();
  watches_.clear();
  phase_ = phase::no_handle;
  retry_at_ = refused ? clock::now() + retry_after : clock::now();
  const auto over = session_.exchange(session_id::none);
  if (over == session_id::none)
    return;
  log.warn(refused ? "ZooKeeper refuses us" : "ZooKeeper session expired",
           {{"session", number(over)}});
  between_sessions_ = true;
  tell(session_state::expired, over);
}

// --- sessions ---

void zookeeper_client::heard(int type, int state, const char* path) {
  if (type == ZOO_SESSION_EVENT) {
    if (state == ZOO_CONNECTED_STATE)
      link_is_up();
    else if (state == ZOO_CONNECTING_STATE)
      link_is_down();
    return; // of the end of a session `advance` takes care
  }
  const std::pair<int, watch_event_type> known[] = {
      {ZOO_CREATED_EVENT, watch_event_type::created},
      {ZOO_CHANGED_EVENT, watch_event_type::changed},
      {ZOO_DELETED_EVENT, watch_event_type::removed},
      {ZOO_CHILD_EVENT, watch_event_type::children_changed},
  };
  for (const auto& [code, meaning] : known)
    if (type == code) {
      ++count_.watch_events;
      watches_.fire(meaning, own_path(chroot_, path), session_, out_);
    }
}

void zookeeper_client::link_is_up() {
  if (phase_ != phase::suspended)
    return prepare();
  phase_ = phase::up;
  log.info("ZooKeeper is back", {{"session", number(session_)}});
  tell(session_state::connected, session_);
}

void zookeeper_client::link_is_down() {
  down_since_ = clock::now();
  if (phase_ != phase::up) {
    phase_ = phase::connecting;
    return;
  }
  phase_ = phase::suspended;
  ++count_.outages;
  log.log(trouble_lines, core::log_level::warn, "lost the link to ZooKeeper",
          {{"session", number(session_)}, {"in_flight", in_flight_requests_}});
  tell(session_state::suspended, session_);
}

void zookeeper_client::prepare() {
  phase_ = phase::preparing;
  retry_at_ = clock::now() + retry_after;
  const auto created = [](int code, const char*, const void* self) {
    static_cast<zookeeper_client*>(const_cast<void*>(self))->chroot_code_ = code;
  };
  if (!chroot_.empty())
    for (const auto& level : with_ancestors(chroot_))
      zoo_acreate(handle_, level.c_str(), "", 0, &access_, ZOO_PERSISTENT, created, this);
  // Only what is there counts: a level above may belong to somebody else.
  zoo_aexists(
      handle_, chroot_.empty() ? "/" : chroot_.c_str(), 0,
      [](int code, const Stat*, const void* self) {
        static_cast<zookeeper_client*>(const_cast<void*>(self))->prepared(code);
      },
      this);
}

void zookeeper_client::prepared(int code) {
  if (phase_ != phase::preparing)
    return; // the link is gone already, or this is the answer to a second attempt
  if (code != ZOK) {
    log.log(trouble_lines, core::log_level::error, "cannot create the cluster's node in ZooKeeper",
            {{"path", chroot_}, {"error", to_string(to_error(chroot_code_))}});
    return; // and once more when it is time to look
  }
  phase_ = phase::up;
  between_sessions_ = false;
  ++count_.sessions;
  session_ = session_id{zoo_client_id(handle_)->client_id};
  log.info("ZooKeeper session begins",
           {{"session", number(session_)}, {"timeout_ms", zoo_recv_timeout(handle_)}});
  tell(session_state::connected, session_);
}

void zookeeper_client::attach(executor& where, std::weak_ptr<watch_sink> sink) {
  const bool connected = phase_ == phase::up;
  attached_.push_back({sink, &where});
  out_.add(where, [sink = std::move(sink),
                   now = session_event{
                       connected ? session_state::connected : session_state::suspended, session_}] {
    if (const auto alive = sink.lock())
      alive->on_session(now);
  });
}

void zookeeper_client::tell(session_state state, session_id session) {
  std::erase_if(attached_, [](const attached& a) { return a.sink.expired(); });
  for (const auto& each : attached_)
    out_.add(*each.where, [sink = each.sink, event = session_event{state, session}] {
      if (const auto alive = sink.lock())
        alive->on_session(event);
    });
}

// --- turns ---

void zookeeper_client::advance() {
  if (handle_ != nullptr && is_unrecoverable(handle_) != ZOK)
    end_session();
  const auto now = clock::now();
  if (phase_ == phase::no_handle && now >= retry_at_ && !finish_by_ && !fenced())
    open_handle();
  if (phase_ == phase::preparing && now >= retry_at_)
    prepare();
  inbox_->take(waiting_);
  if (phase_ == phase::up)
    send_waiting();
  else if (between_sessions_)
    fail_waiting(error::session_expired);
  else
    fail_late(now);
  if (finish_by_ && phase_ != phase::finished && ready_to_finish(now)) {
    fail_waiting(error::closed);
    close_handle();
    watches_.clear();
    phase_ = phase::finished;
    session_ = session_id::none;
  }
  count_.in_flight = in_flight_requests_;
  count_.watch_bytes = watches_.bytes();
  out_.deliver();
}

std::optional<zookeeper_client::clock::time_point> zookeeper_client::next_look() const noexcept {
  auto next = clock::time_point::max();
  if ((phase_ == phase::no_handle && !fenced()) || phase_ == phase::preparing)
    next = retry_at_;
  if (phase_ != phase::up && !waiting_.empty())
    next = std::min(next, waits_until(*waiting_.front()));
  if (finish_by_)
    next = std::min(next, *finish_by_);
  return next == clock::time_point::max() ? std::nullopt : std::optional{next};
}

bool zookeeper_client::fenced() const noexcept {
  return between_sessions_ && options_.after_expiry == after_expiry::stay_ended;
}

void zookeeper_client::finish() {
  finish_by_ = clock::now() + options_.close_patience;
}

bool zookeeper_client::ready_to_finish(clock::time_point now) const noexcept {
  return now >= *finish_by_ || (waiting_.empty() && in_flight_requests_ == 0);
}

} // namespace mqttzoo::zk
