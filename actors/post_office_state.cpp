// The post office's sessions and the packet ids they received.
#include "actors/post_office.hpp"
#include "actors/session_owner.hpp"
#include "core/log.hpp"

#include <caf/actor_cast.hpp>

#include <algorithm>
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
  const bool is_new = known_sessions_.try_emplace(s.session->number).second;
  if (is_new)
    create_session(s.session, s.revision, std::move(*data));
  else
    replace_session(s.session, s.revision, std::move(*data), std::nullopt);
}

void post_office::create_session(const card_ref& session, std::uint64_t revision, std::string data,
                                 attempt tried) {
  const auto path = paths_.session(session->client);
  ops what;
  ensure_bucket(path);
  what.emplace_back(zk::create_op{path, data, zk::create_mode::persistent});
  if (pod().clustered())
    what.emplace_back(zk::create_op{zk::paths::session_owner(path), owner_data(*session),
                                    zk::create_mode::persistent});
  write_groundwork(
      std::move(what), [this, session, revision, data, tried](const zk::multi_result& result) {
        const auto known = known_sessions_.find(session->number);
        auto failed = result ? std::optional<zk::error>{} : result.error().code;
        if (failed == zk::error::node_exists)
          return pod().clustered() ? take_owner(session, revision, data)
                                   : replace_session(session, revision, data, std::nullopt);
        if (failed == zk::error::no_node) { // there was no room for the bucket
          if (tried == attempt::first && known != known_sessions_.end())
            return create_session(session, revision, data, attempt::again);
          failed = zk::error::storage_full;
        }
        if (!failed && known != known_sessions_.end())
          known->second = {0, pod().clustered()};
        if (failed)
          known_sessions_.erase(session->number);
        session_written(session, revision, failed);
      });
}

/// Writes over the session's node; with `owner`, the owner node's version, over that too.
void post_office::replace_session(const card_ref& session, std::uint64_t revision, std::string data,
                                  std::optional<zk::version> owner) {
  auto path = paths_.session(session->client);
  ops what;
  what.emplace_back(zk::set_op{path, data});
  if (owner)
    what.emplace_back(zk::set_op{zk::paths::session_owner(path), owner_data(*session), *owner});
  write_groundwork(std::move(what), [this, session, revision, data = std::move(data),
                                     owner](const zk::multi_result& result) {
    if (!result && !owner && result.error().code == zk::error::no_node)
      return create_session(session, revision, data);
    const auto known = known_sessions_.find(session->number);
    if (result && owner && known != known_sessions_.end())
      known->second = {result->back().stat.version, true};
    if (result)
      for (const auto& again : {paths_.session(session->client),
                                zk::paths::session_owner(paths_.session(session->client))})
        revive(again);
    if (!result && owner)
      known_sessions_.erase(session->number);
    session_written(session, revision, result ? std::optional<zk::error>{} : result.error().code);
  });
}

/// The session's node is there although it is a new one: its predecessor's removal waits for room,
/// or another pod's never came about.
void post_office::take_owner(const card_ref& session, std::uint64_t revision, std::string data) {
  auto self = caf::actor_cast<caf::strong_actor_ptr>(this);
  const auto path = zk::paths::session_owner(paths_.session(session->client));
  pod().store->get(
      *pod().store_answers, path, nullptr,
      [self, this, session, revision, data = std::move(data)](expected<zk::node, zk::error> found) {
        run_inline([&] {
          if (found) {
            const auto lives = decode_owner(found->data);
            if (lives.empty() || lives.front() == pod().life || !view_ ||
                !view_->contains(lives.front()))
              return replace_session(session, revision, data, found->stat.version);
          }
          known_sessions_.erase(session->number);
          session_written(session, revision, found ? zk::error::bad_version : found.error());
        });
      });
}

void post_office::session_written(const card_ref& session, std::uint64_t revision,
                                  std::optional<zk::error> failed) {
  if (failed)
    log.warn("a session could not be stored",
             {{"client", session->client.str()}, {"error", zk::to_string(*failed)}});
  send(session->handle, saved_atom::value, revision,
       failed ? to_reason(*failed) : mqtt::reason_code::success);
}

std::string post_office::owner_data(const session_card& session) {
  return encode_owner(pod().life, session.adopted_from);
}

void post_office::erase(const card_ref& session) {
  known_sessions_.erase(session->number);
  leave_gatherings(session);
  const auto path = paths_.session(session->client);
  removal all;
  if (auto ids = received_.extract(session->number))
    for (const auto id : ids.mapped())
      remove({{zk::remove_op{zk::paths::received(path, static_cast<std::uint16_t>(id))}}, {}});
  if (pod().clustered())
    all.what.emplace_back(zk::remove_op{zk::paths::session_owner(path)});
  all.what.emplace_back(zk::remove_op{path});
  all.erases = session;
  remove(std::move(all));
}

/// What waits for other addressees' words must not be written below a session that is gone: one
/// missing node would fail the transaction for all of them.
void post_office::leave_gatherings(const card_ref& session) {
  for (auto& [ticket, g] : gatherings_) {
    std::erase_if(g.deposits, [&](const deposit& d) { return d.session == session; });
    g.publisher_erased |= ticket->remembers() == session.get();
  }
  for (auto& [of, w] : words_)
    w.leave_out([&](const deposit& d) { return d.session == session; });
  leave_parts([&](const deposit& d) { return d.session == session; }, session.get());
  leave_waiting(session);
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

zk::message_record post_office::to_record(const mqtt::message& m, const client_id& publisher,
                                          const zk::stored_parts& parts) const {
  zk::message_record r;
  r.publisher = publisher;
  r.topic = m.topic();
  r.qos = static_cast<std::uint8_t>(m.qos());
  r.retain = m.retain();
  r.payload_is_utf8 = m.payload_is_utf8();
  r.parts = parts;
  r.stored_at_unix_ms = services().pod->clock->unix_ms();
  if (m.expires_at() != mqtt::time_point::max())
    r.expires_at_unix_ms =
        r.stored_at_unix_ms +
        std::max<std::int64_t>(
            1,
            std::chrono::duration_cast<std::chrono::milliseconds>(m.expires_at() - now()).count());
  if (r.parts.count == 0) {
    r.forwarded_properties = m.forwarded();
    r.payload = m.payload();
  }
  return r;
}

} // namespace mqttzoo::actors
