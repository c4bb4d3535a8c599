// Packets of a session other than PUBLISH and SUBSCRIBE.
#include "core/log.hpp"
#include "mqtt/encoder.hpp"
#include "mqtt/session.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::mqtt {

namespace {

constexpr core::logger log{core::log_folder::mqtt};

/// SUBSCRIBE and UNSUBSCRIBE under way before input pauses.
constexpr std::size_t pending_requests_max = 256;

/// And the filters in them: the packet that exceeds it is the last one taken.
constexpr std::size_t pending_filters_max = 1024;

/// After the store could not forget an identifier, it is asked again this much later.
constexpr std::chrono::seconds forget_retry_interval{1};

/// A large packet on a slow link makes progress: each further part of this size starts the clock
/// again.
constexpr std::size_t progress_bytes = std::size_t{64} * 1024;

/// What a client publishes after SUBSCRIBE finds the subscription made, so it waits for the SUBACK,
/// and PINGRESP says that all before it is done. Requests for subscriptions may share one wait.
/// Acknowledgements have nothing to do with them, and may not be lost with the connection.
constexpr bool may_overtake_answers(packet_type t) noexcept {
  switch (t) {
  case packet_type::subscribe:
  case packet_type::unsubscribe:
  case packet_type::puback:
  case packet_type::pubrec:
  case packet_type::pubrel:
  case packet_type::pubcomp:
  case packet_type::disconnect:
    return true;
  default:
    return false;
  }
}

} // namespace

std::size_t session::on_input(std::string_view input, time_point now, input_budget* budget) {
  auto rest = input;
  while (connected_ && !rest.empty()) {
    if (under_pressure()) {
      check_pressure(now);
      break;
    }
    frame in;
    const auto status = next_frame(rest, input_packet_bytes_max_, in);
    if (!status) {
      violate(status.error(), now);
      break;
    }
    if (*status == frame_status::need_more) {
      note_partial(rest, now);
      break;
    }
    if (in.type == packet_type::publish && !patience_.empty()) {
      publish_waits_ = true; // what stands before it was taken: acknowledgements, PINGREQ
      check_pressure(now);
      break;
    }
    if (owes_answers() && !may_overtake_answers(in.type)) {
      answers_first_ = true;
      check_pressure(now);
      break;
    }
    if (budget && !budget->spend(in.type, in.wire_size_bytes))
      break; // the port pauses
    partial_since_ = time_point::max();
    rest.remove_prefix(in.wire_size_bytes);
    last_packet_ = now;
    counts_.packets_received.add();
    handle(in, now);
  }
  return connected_ ? input.size() - rest.size() : input.size();
}

void session::note_partial(std::string_view rest, time_point now) {
  if (partial_since_ != time_point::max() && rest.size() < partial_bytes_ + progress_bytes)
    return;
  partial_since_ = now;
  partial_bytes_ = rest.size();
}

bool session::under_pressure() const noexcept {
  return too_much_requested() || (answers_first_ && owes_answers()) ||
         (publish_waits_ && !patience_.empty()) ||
         (!is_v5() && inbound_.waiting() >= announced_.receive_maximum);
}

bool session::too_much_requested() const noexcept {
  std::size_t filters = 0;
  for (const auto& r : requests_)
    filters += r.filters;
  return requests_.size() >= pending_requests_max || filters >= pending_filters_max;
}

bool session::owes_answers() const noexcept {
  return std::any_of(requests_.begin(), requests_.end(),
                     [](const pending_request& r) { return !r.silent; });
}

void session::check_pressure(time_point now) {
  const bool pause = connected_ && under_pressure();
  if (pause == input_paused_)
    return;
  input_paused_ = pause;
  restart_clocks(now);
  if (pause) {
    if (!answers_first_)
      counts_.reads_paused.add();
    port_.pause_input();
  } else {
    answers_first_ = publish_waits_ = false;
    port_.resume_input();
  }
}

void session::on_reading(reading now_is, time_point now) noexcept {
  input_held_ = now_is == reading::held;
  restart_clocks(now);
}

void session::restart_clocks(time_point now) noexcept {
  partial_since_ = time_point::max(); // what is there of a packet is looked at again
  last_packet_ = now;
}

void session::handle(const frame& in, time_point now) {
  switch (in.type) {
  case packet_type::publish:
    return on_publish(in, now);
  case packet_type::puback:
  case packet_type::pubrec:
  case packet_type::pubrel:
  case packet_type::pubcomp:
    return on_acknowledgement(in, now);
  case packet_type::connect: // [MQTT-3.1.0-2] [MQTT-3.1.0-2 v3] whatever is in it
    return violate({reason_code::protocol_error, "a second CONNECT"}, now);
  default:
    break;
  }
  auto decoded = decode(in, version_, peer::client, scratch_);
  if (!decoded)
    return violate(decoded.error(), now);
  if (std::holds_alternative<pingreq_packet>(*decoded)) { // [MQTT-3.12.4-1] [MQTT-3.12.4-1 v3]
    encode(pingresp_packet{}, port_.out());
    counts_.packets_sent.add();
    return port_.flush();
  }
  if (const auto* subscribe = std::get_if<subscribe_packet>(&*decoded))
    return on_packet(*subscribe, now);
  if (const auto* unsubscribe = std::get_if<unsubscribe_packet>(&*decoded))
    return on_packet(*unsubscribe, now);
  if (const auto* bye = std::get_if<disconnect_packet>(&*decoded))
    return on_packet(*bye, now);
  on_packet(std::get<auth_packet>(*decoded), now);
}

void session::on_acknowledgement(const frame& in, time_point now) {
  ack_packet p;
  if (auto decoded = decode_ack(in, version_, peer::client, p); !decoded)
    return violate(decoded.error(), now);
  switch (p.type) { // an identifier that is not known is no error: it may be of an older connection
  case packet_type::puback:
    return void(outbound_.on_puback(p.id, now));
  case packet_type::pubrec:
    return void(outbound_.on_pubrec(p.id, p.reason, now));
  case packet_type::pubcomp:
    return void(outbound_.on_pubcomp(p.id, now));
  default:
    return on_pubrel(p.id, now);
  }
}

void session::on_pubrel(packet_id id, time_point now) {
  switch (inbound_.release(id)) {
  case inbound::release_verdict::forget:
    if (persistent())
      return port_.forget_received(id); // PUBCOMP follows once a crash cannot bring it back
    return on_released(id, reason_code::success, now);
  case inbound::release_verdict::wait:
    return;
  case inbound::release_verdict::unknown: // was forgotten before its PUBCOMP arrived
    return acknowledge(packet_type::pubcomp, id, reason_code::packet_identifier_not_found);
  case inbound::release_verdict::premature:
    return violate({reason_code::protocol_error, "PUBREL before PUBREC"}, now);
  }
}

void session::on_released(packet_id id, reason_code outcome, time_point now) {
  if (is_failure(outcome)) {
    inbound_.keep(id);
    forget_at_ = std::min(forget_at_, now + forget_retry_interval);
  } else if (inbound_.forget(id) && connected_) {
    acknowledge(packet_type::pubcomp, id, reason_code::success); // [MQTT-4.3.3-11] [MQTT-4.3.3-12]
  }
}

void session::on_packet(const disconnect_packet& p, time_point now) {
  if (p.session_expiry_interval_s) {
    if (connect_expiry_s_ == 0 && *p.session_expiry_interval_s != 0) // [MQTT-3.14.2-2]
      return violate({reason_code::protocol_error, "a session without expiry cannot be prolonged"},
                     now);
    expiry_interval_s_ = std::min(*p.session_expiry_interval_s, limits_.session_expiry_s_max);
  }
  if (p.reason == reason_code::normal_disconnection)
    will_.reset(); // [MQTT-3.14.4-3] [MQTT-3.14.4-3 v3]
  close("DISCONNECT", now);
}

void session::on_packet(const auth_packet& p, time_point now) {
  // [MQTT-4.12.0-6] [MQTT-4.12.0-7] [MQTT-4.12.1-1] re-authentication, with the method of the
  // CONNECT only
  const auto expected =
      authenticating_ ? reason_code::continue_authentication : reason_code::re_authenticate;
  if (!exchange_ || p.authentication_method != authentication_method_ || p.reason != expected)
    return violate(
        {reason_code::protocol_error, "AUTH without the method of CONNECT, or out of turn"}, now);
  auto step = exchange_->on_data(p.authentication_data);
  if (is_failure(step.outcome)) { // [MQTT-4.12.1-2]
    const bool sayable = may_carry(packet_type::disconnect, peer::server, step.outcome);
    return disconnect(sayable ? step.outcome : reason_code::not_authorized,
                      "re-authentication failed", now);
  }
  authenticating_ = step.outcome == reason_code::continue_authentication;
  auth_packet answer;
  answer.reason = step.outcome;
  answer.authentication_method = authentication_method_; // [MQTT-4.12.0-5]
  answer.authentication_data = std::move(step.data);
  if (encode(answer, packet_size_bytes_max_, port_.out()) == 0)
    return disconnect(reason_code::packet_too_large,
                      "AUTH exceeds the client's maximum packet size", now);
  counts_.packets_sent.add();
  port_.flush();
}

void session::acknowledge(packet_type type, packet_id id, const settlement& how) {
  // [MQTT-3.1.2-29] not to clients that did not ask for it
  const bool explained = how.hit != limit::none && is_v5() && explains_ && explain(type, id, how);
  if (!explained)
    append_ack(type, id, how.reason, version_, port_.out());
  counts_.packets_sent.add();
  port_.flush();
}

/// What does not fit into the client's maximum is left out. [MQTT-3.4.2-2] [MQTT-3.4.2-3]
/// [MQTT-3.5.2-2] [MQTT-3.5.2-3]
bool session::explain(packet_type type, packet_id id, const settlement& how) {
  ack_packet p;
  p.type = type;
  p.id = id;
  p.reason = how.reason;
  p.reason_string = describe(how.hit);
  if (how.retry_after_s > 0)
    p.users.emplace_back("retry-after", std::to_string(how.retry_after_s));
  return encode(p, version_, packet_size_bytes_max_, port_.out()) != 0;
}

void session::violate(const decode_error& error, time_point now) {
  counts_.protocol_errors.add();
  log.debug("a client breaks the protocol", {{"client", id_.str()}, {"what", error.what}});
  disconnect(error.reason, error.what, now); // [MQTT-4.8.0-1 v3] [MQTT-4.8.0-2 v3] [MQTT-4.13.1-1]
}

} // namespace mqttzoo::mqtt
