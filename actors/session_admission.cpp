// CONNACK of a client whose will must be with the store before.
#include "actors/session.hpp"
#include "core/log.hpp"

#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

} // namespace

/// The store has the will.
void session::let_in() {
  if (!connack_ || connack_->revision > saved_revision_)
    return;
  say_what_waited();
  release_input(by_store);
  flush();
}

void session::say_what_waited() {
  if (const auto held = std::exchange(connack_, nullptr))
    connection_->out() += held->output;
}

/// Whatever is tried again, the store will not take the will, and nobody may wait for CONNACK for
/// ever.
void session::refuse_for_its_will() {
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
