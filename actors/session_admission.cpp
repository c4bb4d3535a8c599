// CONNACK of a client whose will must be with the store before.
#include "actors/session.hpp"
#include "core/log.hpp"

#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

/// A store that is busy or full for a moment has room by then.
constexpr unsigned refusals_max = 5;

} // namespace

/// The store has the will.
void session::let_in() {
  if (!connack_ || connack_->revision > saved_revision_)
    return;
  say_what_waited();
  release_input(by_store);
  flush();
  release_input(by_outbox); // what waited counted as its outbox; finish_turn() looks again
}

void session::say_what_waited() {
  if (const auto held = std::exchange(connack_, nullptr))
    connection_->out() += held->output;
}

/// The state with the will found no room, and is tried again each second: not for ever, as nobody
/// may wait for CONNACK for ever.
void session::will_found_no_room() {
  if (++connack_->refusals < refusals_max)
    return;
  log.info("connection refused", {{"peer", connection_->peer()},
                                  {"client", card_->client.str()},
                                  {"why", "the store cannot take the session with its will"}});
  connack_ = nullptr;
  machine_.turn_away(mqtt::reason_code::quota_exceeded, "the will cannot be stored", now());
}

void session::flush() {
  if (connection_ && !connack_)
    connection_->flush_later();
}

void session::send_payload(mqtt::message_ref m) {
  if (connack_)
    connack_->output += m->payload();
  else
    connection_->send_payload(std::move(m));
}

} // namespace mqttzoo::actors
