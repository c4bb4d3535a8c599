// Who a session's client is: after a reload of the accounts, and when its proof is over.
#include "actors/session.hpp"
#include "auth/policy.hpp"
#include "core/log.hpp"

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

} // namespace

/// The policy was read anew. What the client may do counts from here on, what it has subscribed to
/// stays: what it may not read is left out.
void session::judge_again() {
  if (!card_)
    return;
  permit();
  expel_if_unwelcome();
  finish_turn();
}

void session::permit() {
  machine_.set_permissions(
      services().policy->permissions_of(who_ ? *who_ : mqtt::identity{}, card_->client.str()));
}

void session::expel_if_unwelcome() {
  if (!connection_)
    return; // it is judged when it comes back
  const auto outcome =
      services().policy->judge_again(who_ ? *who_ : mqtt::identity{}, connection_->peer());
  if (mqtt::is_admission(outcome))
    return;
  log.warn("a client is sent away: it would not be let in any more",
           {{"why", mqtt::to_string(outcome)},
            {"user", who_ ? who_->user.value_or("") : ""},
            {"client", card_->client.str()}});
  send_away("the accounts were changed");
}

void session::require_proof(net::time_point at) {
  if (!who_ || !connection_ || who_->valid_until > at)
    return;
  log.info("a client is sent away: what shows who it is is over",
           {{"user", who_->user.value_or("")}, {"client", card_->client.str()}});
  send_away("what shows who this is is over");
}

void session::send_away(const char* what) {
  services().counters.clients_judged_out.add();
  machine_.disconnect(mqtt::reason_code::not_authorized, what, now());
}

} // namespace mqttzoo::actors
