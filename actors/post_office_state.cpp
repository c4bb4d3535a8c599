// The post office's other business: sessions, received packet ids, and the way to the store.
#include "actors/post_office.hpp"
#include "core/log.hpp"

#include <caf/actor_cast.hpp>

#include <chrono>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

zk::subscription_record to_record(const mqtt::subscription& s) {
  zk::subscription_record r;
  r.filter = s.filter;
  r.qos = static_cast<std::uint8_t>(s.options.qos);
  r.no_local = s.options.no_local;
  r.retain_as_published = s.options.retain_as_published;
  r.retain_handling = static_cast<std::uint8_t>(s.options.retained);
  r.subscription_identifier = s.identifier;
  return r;
}

/// The expiry interval of a will counts from its publication, so it stands in the record as an
/// interval.
zk::will_record to_record(const mqtt::will& w, std::int64_t unix_now_ms) {
  zk::will_record r;
  r.message.topic = w.topic;
  r.message.qos = static_cast<std::uint8_t>(w.qos);
  r.message.retain = w.retain;
  r.message.payload_is_utf8 = w.payload_is_utf8;
  r.message.forwarded_properties = w.forwarded;
  r.message.stored_at_unix_ms = unix_now_ms;
  if (w.message_expiry_interval_s)
    r.message.expires_at_unix_ms = unix_now_ms + std::int64_t{*w.message_expiry_interval_s} * 1000;
  r.message.payload = w.payload;
  r.delay_s = w.delay_interval_s;
  return r;
}

} // namespace

// --- sessions ---

void post_office::save(const session_state_record& s) {
  zk::session_record r;
  r.client_id = s.session->client;
  r.session_expiry_interval_s = s.expiry_interval_s;
  r.disconnected_at_unix_ms = s.connected ? 0 : pod().clock->unix_ms();
  for (const auto& subscription : s.subscriptions)
    r.subscriptions.push_back(actors::to_record(subscription));
  if (s.will)
    r.will = actors::to_record(*s.will, pod().clock->unix_ms());
  auto data = zk::encode_session(r);
  if (!data) {
    send(s.session->handle, saved_atom::value, s.revision, mqtt::reason_code::quota_exceeded);
    return;
  }
  write_session(s.session, s.revision, std::move(*data),
                known_sessions_.insert(s.session->number).second);
}

void post_office::write_session(const card_ref& session, std::uint64_t revision, std::string data,
                                bool create) {
  auto path = paths_.session(session->client);
  ops what;
  if (create) {
    ensure_bucket(path);
    what.emplace_back(zk::create_op{std::move(path), data, zk::create_mode::persistent});
  } else {
    what.emplace_back(zk::set_op{std::move(path), data});
  }
  write(std::move(what), [this, session, revision, create, data](zk::multi_result result) {
    using zk::error;
    const auto e = result ? error{} : result.error().code;
    if (e == error::node_exists && create)
      return write_session(session, revision, data, false);
    if (e == error::no_node && !create)
      return write_session(session, revision, data, true);
    if (result)
      revive(paths_.session(session->client));
    if (!result) {
      if (create)
        known_sessions_.erase(session->number);
      log.warn("a session could not be stored",
               {{"client", session->client.str()}, {"error", zk::to_string(e)}});
    }
    send(session->handle, saved_atom::value, revision,
         result ? mqtt::reason_code::success : to_reason(e));
  });
}

void post_office::erase(const card_ref& session) {
  known_sessions_.erase(session->number);
  leave_gatherings(session);
  const auto path = paths_.session(session->client);
  ops what;
  if (auto ids = received_.extract(session->number))
    for (const auto id : ids.mapped())
      remove({zk::remove_op{zk::paths::received(path, static_cast<std::uint16_t>(id))}});
  what.emplace_back(zk::remove_op{path});
  auto again = what;
  write(std::move(what),
        [this, session, again = std::move(again)](zk::multi_result result) mutable {
          if (!result)
            try_again(std::move(again), result.error());
          send(session->handle, erase_atom::value);
        });
}

/// What waits for other addressees' words must not be written below a session that is gone: one
/// missing node would fail the transaction for all of them.
void post_office::leave_gatherings(const card_ref& session) {
  for (auto& [ticket, g] : gatherings_) {
    std::erase_if(g.deposits, [&](const deposit& d) { return d.session == session; });
    g.publisher_erased |= ticket->remembers() == session.get();
  }
}

void post_office::forget_received(const card_ref& session, mqtt::packet_id id) {
  const auto known = received_.find(session->number);
  if (known == received_.end() ||
      !known->second.contains(id)) // never stored: its publisher was not persistent then
    return send(session->handle, released_atom::value, id, mqtt::reason_code::success);
  ops what;
  what.emplace_back(zk::remove_op{
      zk::paths::received(paths_.session(session->client), static_cast<std::uint16_t>(id))});
  write(std::move(what), [this, session, id](zk::multi_result result) {
    const bool gone = result || result.error().code == zk::error::no_node;
    if (const auto ids = received_.find(session->number); gone && ids != received_.end()) {
      ids->second.erase(id);
      if (ids->second.empty())
        received_.erase(ids);
    }
    send(session->handle, released_atom::value, id,
         gone ? mqtt::reason_code::success : to_reason(result.error().code));
  });
}

// --- the store ---

void post_office::ensure_bucket(std::string_view path) {
  const auto bucket = zk::parent_of(path);
  for (const auto level : {zk::parent_of(bucket), bucket}) {
    if (!buckets_.insert(std::string{level}).second)
      continue;
    // Goes before what needs it, as the store keeps the order of calls; existing already is fine.
    ops what;
    what.emplace_back(zk::create_op{std::string{level}, {}, zk::create_mode::persistent});
    write(std::move(what), [this, name = std::string{level}](zk::multi_result result) {
      if (!result && result.error().code != zk::error::node_exists)
        buckets_.erase(name);
    });
  }
}

void post_office::write(ops what, std::function<void(zk::multi_result)> then) {
  auto self = caf::actor_cast<caf::strong_actor_ptr>(this);
  pod().store->multi(*pod().store_answers, std::move(what),
                     [this, self, then = std::move(then)](zk::multi_result result) {
                       run_inline([&] {
                         if (result)
                           for (const auto& r : *result)
                             revive(r.path);
                         then(std::move(result));
                       });
                     });
}

/// A node of that name stands there anew: a removal still to be tried meant its predecessor.
void post_office::revive(std::string_view path) {
  if (unremoved_.empty() || path.empty())
    return;
  for (auto& what : unremoved_)
    std::erase_if(what, [&](const zk::op& o) {
      const auto* removal = std::get_if<zk::remove_op>(&o);
      return removal && removal->path == path;
    });
  std::erase_if(unremoved_, [](const ops& what) { return what.empty(); });
}

void post_office::remove(ops what) {
  auto again = what;
  write(std::move(what), [this, again = std::move(again)](zk::multi_result result) mutable {
    if (!result)
      try_again(std::move(again), result.error());
  });
}

void post_office::try_again(ops what, const zk::multi_error& after) {
  if (after.code == zk::error::no_node &&
      after.index < what.size()) { // was never there, or is gone
    what.erase(what.begin() + static_cast<std::ptrdiff_t>(after.index));
    if (!what.empty())
      remove(std::move(what));
  } else if (after.code == zk::error::storage_full || after.code == zk::error::overloaded ||
             after.code == zk::error::connection_loss ||
             // a session whose pointers are to be tried again; others' children are damaged and
             // stay
             (after.code == zk::error::not_empty && !unremoved_.empty())) {
    unremoved_.push_back(std::move(what));
    await_room();
  }
}

/// What found no room is tried again in a second.
void post_office::await_room() {
  if (!services().timers->scheduled(*this))
    services().timers->schedule(*this, now() + std::chrono::seconds{1});
}

void post_office::on_due(net::time_point) {
  run_inline([&] {
    for (auto& what : std::exchange(unremoved_, {}))
      remove(std::move(what));
    retain_again();
  });
}

std::string post_office::pointer_path(const session_card& session,
                                      mqtt::stored_number number) const {
  auto digits = std::to_string(static_cast<std::uint64_t>(number));
  if (digits.size() < 10)
    digits.insert(0, 10 - digits.size(), '0');
  return zk::paths::pointer_prefix(paths_.session(session.client)) + digits;
}

zk::message_record post_office::to_record(const mqtt::message& m) const {
  zk::message_record r;
  r.topic = m.topic();
  r.qos = static_cast<std::uint8_t>(m.qos());
  r.retain = m.retain();
  r.payload_is_utf8 = m.payload_is_utf8();
  r.forwarded_properties = m.forwarded();
  r.stored_at_unix_ms = services().pod->clock->unix_ms();
  if (m.expires_at() != mqtt::time_point::max())
    r.expires_at_unix_ms =
        r.stored_at_unix_ms +
        std::max<std::int64_t>(
            1,
            std::chrono::duration_cast<std::chrono::milliseconds>(m.expires_at() - now()).count());
  r.payload = m.payload();
  return r;
}

} // namespace mqttzoo::actors
