#include "mqtt/session.hpp"

#include "mqtt/encoder.hpp"
#include "mqtt/utf8.hpp"

#include <algorithm>
#include <cassert>

namespace mqttzoo::mqtt {

using std::chrono::seconds;

session::session(session_port& port, counters& counts, const server_limits& limits, client_id id,
                 session_number number)
    : port_(port), counts_(counts), limits_(limits), id_(std::move(id)), number_(number),
      outbound_(port, counts, limits.queue) {}

void session::open(accepted_connect connect, bool session_present, time_point now) {
  assert(!connected_);
  auto& p = connect.packet;
  version_ = p.version;
  connected_ = true;
  input_paused_ = false;
  problem_information_ = p.request_problem_information;
  packet_size_bytes_max_ = p.maximum_packet_size.value_or(0);
  connect_expiry_s_ = p.session_expiry_interval_s;
  expiry_interval_s_ = connect.session_expiry_interval_s;
  keep_alive_ = seconds{connect.keep_alive_s};
  last_packet_ = now;
  expires_at_ = time_point::max();
  will_due_ = time_point::max(); // [MQTT-3.1.3-9] the client is back in time
  will_ = p.will ? std::make_unique<will>(std::move(*p.will)) : nullptr;
  aliases_ = limits_.topic_alias_maximum > 0 && is_v5()
                 ? std::make_unique<topic_alias_receiver>(limits_.topic_alias_maximum)
                 : nullptr;
  authentication_method_ = p.authentication_method;
  counts_.clients_connected.add();

  // [MQTT-3.2.0-1] CONNACK is the first packet; [MQTT-3.2.2-2] [MQTT-3.2.2-3] says what was kept
  encode(make_connack(connect, session_present, limits_), version_, packet_size_bytes_max_, port_.out());
  counts_.packets_sent.add();
  port_.flush();

  sender_limits sender;
  sender.version = version_;
  // [MQTT-3.3.4-9] the client's Receive Maximum bounds the window
  sender.window = is_v5() ? std::min(p.receive_maximum, limits_.inflight_max) : limits_.inflight_max;
  sender.packet_size_bytes_max = packet_size_bytes_max_;
  sender.topic_aliases = std::min(p.topic_alias_maximum, limits_.topic_alias_maximum);
  outbound_.set_persistent(persistent());
  outbound_.connected(sender, now);
}

void session::taken_over(bool session_goes_on, time_point now) {
  if (connected_) {
    if (is_v5()) {
      disconnect_packet p;
      p.reason = reason_code::session_taken_over;
      encode(p, version_, packet_size_bytes_max_, port_.out());
      counts_.packets_sent.add();
    }
    port_.close(close_mode::after_flush);
    end_connection(close_mode::after_flush, now);
  }
  // A will without a delay fires at once; a delayed one waits, unless the session ends here.
  if (will_ && (!session_goes_on || will_->delay_interval_s == 0))
    publish_will(now); // [MQTT-3.1.2-8] [MQTT-3.1.2-10]
}

void session::disconnect(reason_code why, std::string_view what, time_point now) {
  if (!connected_)
    return;
  if (is_v5()) { // [MQTT-3.14.0-1] after CONNACK only; 3.x servers never send DISCONNECT
    disconnect_packet p;
    p.reason = why;
    if (problem_information_) // [MQTT-3.1.2-29]
      p.reason_string = what;
    encode(p, version_, packet_size_bytes_max_, port_.out());
    counts_.packets_sent.add();
  }
  port_.close(close_mode::after_flush);
  end_connection(close_mode::after_flush, now);
  settle_will(false, now);
  if (!persistent())
    end();
}

void session::on_closed(time_point now) {
  if (!connected_)
    return;
  end_connection(close_mode::at_once, now);
  settle_will(false, now); // [MQTT-3.1.2-5 v3] closed without DISCONNECT
  if (!persistent())
    end();
}

void session::end_connection(close_mode, time_point now) {
  connected_ = false;
  counts_.clients_connected.sub();
  aliases_.reset();
  exchange_.reset();
  requests_.clear();
  partial_since_ = time_point::max();
  give_up_at_ = time_point::max();
  inbound_.disconnected();
  outbound_.disconnected();
  if (!persistent())
    return;
  // [MQTT-3.1.2-23] kept for the expiry interval
  if (expiry_interval_s_ != never_expires)
    expires_at_ = now + seconds{expiry_interval_s_};
  port_.session_changed();
}

void session::settle_will(bool publish_now, time_point now) {
  if (!will_)
    return;
  if (publish_now || will_->delay_interval_s == 0 || !persistent()) {
    publish_will(now);
    return;
  }
  // [MQTT-3.1.3-9] after the delay or with the session, whichever comes first
  will_due_ = std::min(now + seconds{will_->delay_interval_s}, expires_at_);
}

void session::publish_will(time_point now) {
  auto w = std::exchange(will_, nullptr); // [MQTT-3.1.2-10] [MQTT-3.1.2-14 v3] it fires once
  will_due_ = time_point::max();
  if (w->payload_is_utf8 && !is_utf8(w->payload))
    return;
  message_head head;
  head.topic = port_.intern(w->topic);
  head.qos = w->qos;
  head.retain = w->retain; // [MQTT-3.1.2-14] [MQTT-3.1.2-15]
  head.payload_is_utf8 = w->payload_is_utf8;
  head.publisher = number_;
  if (w->message_expiry_interval_s)
    head.expires_at = now + seconds{*w->message_expiry_interval_s};
  port_.publish(message::make(std::move(head), w->forwarded, w->payload), packet_id::none);
}

void session::reset() {
  outbound_.discard();
  outbound_.set_persistent(false);
  inbound_ = inbound{};
  subscriptions_.clear();
  expires_at_ = time_point::max();
}

void session::end() {
  if (will_)
    publish_will(expires_at_ == time_point::max() ? last_packet_ : expires_at_);
  outbound_.discard();
  port_.end();
}

time_point session::next_due() const noexcept {
  auto due = std::min({will_due_, expires_at_, give_up_at_, outbound_.next_due()});
  if (!connected_)
    return due;
  if (keep_alive_.count() > 0)
    due = std::min(due, last_packet_ + keep_alive_ * 3 / 2);
  if (partial_since_ != time_point::max())
    due = std::min(due, partial_since_ + limits_.packet_timeout);
  return due;
}

void session::on_due(time_point now) {
  if (outbound_.next_due() <= now)
    outbound_.on_due(now);
  if (connected_ && keep_alive_.count() > 0 && now >= last_packet_ + keep_alive_ * 3 / 2) {
    counts_.keep_alive_timeouts.add();
    return disconnect(reason_code::keep_alive_timeout, "no packet for 1.5 times the keep alive", now); // [MQTT-3.1.2-22]
  }
  if (connected_ && partial_since_ != time_point::max() && now >= partial_since_ + limits_.packet_timeout) {
    counts_.packet_timeouts.add();
    return disconnect(reason_code::maximum_connect_time, "a packet was begun and not completed in time", now);
  }
  if (connected_ && now >= give_up_at_)
    return disconnect(reason_code::quota_exceeded, "no promise can be made for a message", now);
  if (will_ && now >= will_due_)
    publish_will(now);
  if (!connected_ && now >= expires_at_) { // [MQTT-4.1.0-2]
    counts_.clients_expired.add();
    end();
  }
}

void session::restore(std::uint32_t expiry_interval_s, std::vector<subscription> subscriptions,
                      time_point expires_at) {
  expiry_interval_s_ = expiry_interval_s;
  expires_at_ = expires_at;
  outbound_.set_persistent(true);
  for (auto& s : subscriptions) {
    auto filter = s.filter;
    subscriptions_.emplace(std::move(filter), std::move(s));
  }
}

} // namespace mqttzoo::mqtt
