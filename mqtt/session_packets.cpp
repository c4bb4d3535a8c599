// Packets of a session other than PUBLISH and SUBSCRIBE.
#include "mqtt/encoder.hpp"
#include "mqtt/session.hpp"

namespace mqttzoo::mqtt {

namespace {

/// SUBSCRIBE and UNSUBSCRIBE under way on one connection before its input pauses.
constexpr std::size_t pending_requests_max = 256;

} // namespace

std::size_t session::on_input(std::string_view input, time_point now) {
  auto rest = input;
  while (connected_ && !rest.empty()) {
    if (under_pressure()) {
      check_pressure();
      break;
    }
    frame in;
    const auto status = next_frame(rest, limits_.packet_bytes_max, in);
    if (!status) {
      violate(status.error(), now);
      return input.size();
    }
    if (*status == frame_status::need_more) {
      note_partial(rest, now);
      break;
    }
    partial_since_ = time_point::max();
    rest.remove_prefix(in.wire_size_bytes);
    last_packet_ = now;
    counts_.packets_received.add();
    handle(in, now);
  }
  return connected_ ? input.size() - rest.size() : input.size();
}

void session::note_partial(std::string_view rest, time_point now) {
  // A large packet on a slow link makes progress: each further 64 KiB starts the clock again.
  constexpr std::size_t progress_bytes = 64 * 1024;
  if (partial_since_ == time_point::max() || rest.size() >= partial_bytes_ + progress_bytes) {
    partial_since_ = now;
    partial_bytes_ = rest.size();
  }
}

bool session::under_pressure() const noexcept {
  return requests_.size() >= pending_requests_max || give_up_at_ != time_point::max() ||
         (!is_v5() && inbound_.waiting() >= limits_.receive_maximum);
}

void session::check_pressure() {
  const bool pause = connected_ && under_pressure();
  if (pause == input_paused_)
    return;
  input_paused_ = pause;
  if (pause) {
    counts_.reads_paused.add();
    port_.pause_input();
  } else {
    port_.resume_input();
  }
}

void session::handle(const frame& in, time_point now) {
  if (in.type == packet_type::publish)
    return on_publish(in, now);
  if (in.type == packet_type::pingreq) { // [MQTT-3.12.4-1]
    encode(pingresp_packet{}, port_.out());
    counts_.packets_sent.add();
    return port_.flush();
  }
  auto decoded = decode(in, version_, peer::client, scratch_);
  if (!decoded)
    return violate(decoded.error(), now);
  if (const auto* ack = std::get_if<ack_packet>(&*decoded))
    return on_packet(*ack, now);
  if (const auto* subscribe = std::get_if<subscribe_packet>(&*decoded))
    return on_packet(*subscribe);
  if (const auto* unsubscribe = std::get_if<unsubscribe_packet>(&*decoded))
    return on_packet(*unsubscribe);
  if (const auto* bye = std::get_if<disconnect_packet>(&*decoded))
    return on_packet(*bye, now);
  if (const auto* auth = std::get_if<auth_packet>(&*decoded))
    return on_packet(*auth, now);
  violate({reason_code::protocol_error, "packet not allowed from a client, or a second CONNECT"}, now); // [MQTT-3.1.0-2]
}

void session::on_packet(const ack_packet& p, time_point now) {
  switch (p.type) {
  case packet_type::puback:
    outbound_.on_puback(p.id, now);
    break;
  case packet_type::pubrec:
    outbound_.on_pubrec(p.id, p.reason, now);
    break;
  case packet_type::pubcomp:
    outbound_.on_pubcomp(p.id, now);
    break;
  default:
    on_pubrel(p);
  }
}

void session::on_pubrel(const ack_packet& p) {
  if (!inbound_.release(p.id))
    return acknowledge(packet_type::pubcomp, p.id, reason_code::packet_identifier_not_found);
  if (persistent())
    return port_.forget_received(p.id); // PUBCOMP follows once a crash cannot bring the identifier back
  on_released(p.id);
}

void session::on_released(packet_id id) {
  inbound_.forget(id);
  if (connected_)
    acknowledge(packet_type::pubcomp, id, reason_code::success); // [MQTT-4.3.3-11]
}

void session::on_packet(const disconnect_packet& p, time_point now) {
  if (p.session_expiry_interval_s) {
    if (connect_expiry_s_ == 0 && *p.session_expiry_interval_s != 0) // [MQTT-3.14.2-2]
      return violate({reason_code::protocol_error, "a session without expiry cannot be prolonged"}, now);
    expiry_interval_s_ = std::min(*p.session_expiry_interval_s, limits_.session_expiry_s_max);
  }
  if (p.reason != reason_code::disconnect_with_will_message && !is_failure(p.reason))
    will_.reset(); // [MQTT-3.14.4-3] a normal end discards the will
  port_.close(close_mode::after_flush);
  end_connection(close_mode::after_flush, now);
  settle_will(false, now);
  if (!persistent())
    end();
}

void session::on_packet(const auth_packet& p, time_point now) {
  // [MQTT-4.12.1-1] re-authentication, with the method of the CONNECT only
  if (authentication_method_.empty() || p.authentication_method != authentication_method_ || !exchange_)
    return violate({reason_code::protocol_error, "AUTH without the method of CONNECT"}, now);
  const auto step = exchange_->on_data(p.authentication_data);
  if (is_failure(step.outcome)) // [MQTT-4.12.1-2]
    return disconnect(step.outcome, "re-authentication failed", now);
  auth_packet answer;
  answer.reason = step.outcome;
  answer.authentication_method = authentication_method_;
  answer.authentication_data = step.data;
  encode(answer, packet_size_bytes_max_, port_.out());
  port_.flush();
}

void session::acknowledge(packet_type type, packet_id id, reason_code reason) {
  append_ack(type, id, reason, version_, port_.out());
  counts_.packets_sent.add();
  port_.flush();
}

void session::violate(const decode_error& error, time_point now) {
  counts_.protocol_errors.add();
  disconnect(error.reason, error.what, now); // [MQTT-4.8.0-1 v3] [MQTT-4.13.1-1]
}

} // namespace mqttzoo::mqtt
