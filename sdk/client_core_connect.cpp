// How a client gets its connection, keeps it, and ends it.
#include "sdk/client_core.hpp"
#include "sdk/include/mqttzoo/error.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::sdk {
namespace {

/// How long the last packets of a connection may take.
constexpr std::chrono::seconds closing_time_max{2};

time_point now() {
  return std::chrono::steady_clock::now();
}

/// What no retry cures.
bool is_final(std::error_code why) {
  if (why.category() != reason_category())
    return false;
  switch (static_cast<reason>(why.value())) {
  case reason::unsupported_protocol_version:
  case reason::client_identifier_not_valid:
  case reason::bad_user_name_or_password:
  case reason::not_authorized:
  case reason::banned:
  case reason::bad_authentication_method:
  case reason::session_taken_over: // or two clients of one name would throw each other out for ever
  case reason::retain_not_supported: // these two: of the will
  case reason::qos_not_supported:
    return true;
  default:
    return false;
  }
}

} // namespace

void client_core::connect(std::uint64_t number, timeout limit, done finished) {
  if (stopped_)
    return finished(std::make_error_code(std::errc::operation_canceled));
  if (mistake_)
    return finished(mistake_);
  if (const auto error = machine_.load(now()))
    return finished(error);
  if (machine_.now_is() == machine::phase::up && !closing_)
    return finished({});
  connecting_.push_back(wait_for(number, limit, std::move(finished)));
  if (!wanted_) {
    wanted_ = true;
    was_connected_ = false;
    plan_->succeeded();
    if (!transport_) // else when that has ended
      dial();
  }
  arm();
}

void client_core::dial() {
  alarms_.cancel(dial_alarm_);
  std::error_code error;
  transport_ =
      make_transport({strand_, shared_from_this(), plan_->current(), options_.local_address,
                      options_.tls, proxy_, nullptr, now() + options_.attempt_timeout},
                     error);
  if (error) { // told later: the handler may be the one that wants to connect
    dial_alarm_ = alarms_.set(now(), [this, error] { give_up(error); });
    return arm();
  }
  end_attempt_after(options_.attempt_timeout, std::make_error_code(std::errc::timed_out));
  transport_->open(plan_->turn());
  arm();
}

void client_core::dial_after(std::chrono::milliseconds wait) {
  alarms_.cancel(dial_alarm_);
  dial_alarm_ = alarms_.set(now() + wait, [this] { dial(); });
  arm();
}

/// In place of the limit that it had.
void client_core::end_attempt_after(std::chrono::milliseconds limit, std::error_code why) {
  alarms_.cancel(attempt_alarm_);
  attempt_alarm_ = alarms_.set(now() + limit, [this, why] { connection_ended(why); });
}

void client_core::on_opened(std::error_code error) {
  if (error)
    return connection_ended(error);
  open_ = true;
  machine_.begin(now());
  transport_->start_reading();
  flush();
}

void client_core::on_bytes(std::string_view bytes) {
  if (closing_)
    return;
  if (const auto error = machine_.received(bytes, now()))
    close_after_writing(error);
  flush();
  arm();
}

void client_core::on_lost(std::error_code error) {
  connection_ended(closing_.value_or(error));
}

void client_core::on_connected(const mqtt::connack_packet& p) {
  alarms_.cancel(attempt_alarm_);
  settle_untaken(p.session_present);
  plan_->succeeded();
  was_connected_ = true;
  ++figures_.connections;
  for (const auto number : std::exchange(connecting_, {}))
    resolve(number, {});
  tell(connection_state::connected, {});
}

/// The handler may call anything of the client, so whoever tells does it last, or looks at
/// everything anew.
void client_core::tell(connection_state state, std::error_code why) {
  if (const auto handler = on_state_) // a copy: it may set another one
    handler(state, why);
}

/// Lets the machine's last words out, and closes.
void client_core::close_after_writing(std::error_code why) {
  closing_ = why;
  end_attempt_after(closing_time_max, why);
}

void client_core::close_transport() {
  alarms_.cancel(attempt_alarm_);
  alarms_.cancel(dial_alarm_);
  if (const auto gone = std::exchange(transport_, nullptr))
    gone->close();
  open_ = false;
  closing_.reset();
}

/// The connection, or the attempt, is over; what next?
void client_core::connection_ended(std::error_code why) {
  const bool had_session = machine_.has_session();
  close_transport();
  machine_.end();
  writing_.clear();
  if (!wanted_ || !disconnecting_.empty())
    return ended_as_asked();
  if (follow_reference(why))
    return dial();
  if (is_final(why) || (had_session && options_.reconnect == reconnecting::never))
    return give_up(why);
  const auto wait = plan_->failed();
  const bool may_retry = options_.reconnect == reconnecting::always ||
                         (options_.reconnect == reconnecting::later && was_connected_);
  if (!may_retry && plan_->exhausted())
    return give_up(why);
  dial_after(wait);
  if (had_session)
    tell(connection_state::away, why);
}

/// disconnect() is done. connect() may have been called since, and may be while this is told.
void client_core::ended_as_asked() {
  finish_disconnect();
  tell(connection_state::ended, {});
  const bool dials = transport_ || dial_alarm_.number != 0;
  if (wanted_ && !dials)
    dial();
  arm();
}

/// A server named another one (section 4.13).
bool client_core::follow_reference(std::error_code why) {
  const bool for_now = why == reason::use_another_server;
  if (!for_now && why != reason::server_moved)
    return false;
  return plan_->redirected(parse_reference(machine_.server_reference(), plan_->current()),
                           for_now ? dial_plan::reference::for_now
                                   : dial_plan::reference::for_good);
}

void client_core::give_up(std::error_code why) {
  wanted_ = false;
  close_transport();
  end_all(why);
  arm(); // or the alarm of the attempt would keep the application's loop busy
  tell(connection_state::ended, why);
}

void client_core::disconnect(const disconnect_options& how, done finished) {
  const bool was_wanted = std::exchange(wanted_, false);
  for (const auto number : std::exchange(connecting_, {}))
    resolve(number, std::make_error_code(std::errc::operation_canceled));
  if (!was_wanted && !transport_)
    return finished({}); // it has ended before
  disconnecting_.push_back(std::move(finished));
  if (closing_)
    return; // it ends soon, which completes all of these
  if (machine_.now_is() != machine::phase::up) {
    connection_ended({});
    return;
  }
  machine_.pump(now());
  machine_.disconnect(how);
  close_after_writing({});
  changed();
}

void client_core::finish_disconnect() {
  for (auto& each : std::exchange(disconnecting_, {}))
    each({});
}

} // namespace mqttzoo::sdk
