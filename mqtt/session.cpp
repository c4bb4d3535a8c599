#include "mqtt/session.hpp"

#include "core/log.hpp"
#include "mqtt/encoder.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace mqttzoo::mqtt {

using std::chrono::seconds;

namespace {

constexpr core::logger log{core::log_folder::mqtt};

} // namespace

session::session(session_port& port, counters& counts, const server_limits& limits, client_id id,
                 session_number number)
    : port_(port), counts_(counts), limits_(limits), id_(std::move(id)), number_(number),
      outbound_(port, counts, limits.queue) {}

void session::open(accepted_connect connect, presence state, connection_epoch epoch,
                   time_point now) {
  assert(!connected_);
  auto& p = connect.packet;
  version_ = p.version;
  connected_ = true;
  input_paused_ = input_held_ = publish_waits_ = answers_given_up_ = false;
  explains_ = p.request_problem_information;
  if (is_v5())
    patience_.clear(); // it can be told
  else
    patience_.connected(now);
  epoch_ = epoch;
  if (state == presence::fresh)
    first_epoch_ = epoch;
  packet_size_bytes_max_ = p.maximum_packet_size.value_or(0);
  input_packet_bytes_max_ =
      packet_bytes_max(connect, limits_); // what CONNACK says, whatever a reload changes
  announced_ = {limits_.receive_maximum, limits_.qos_max, limits_.retain_available};
  connect_expiry_s_ = p.session_expiry_interval_s;
  expiry_interval_s_ = connect.session_expiry_interval_s;
  keep_alive_ = seconds{connect.keep_alive_s};
  last_packet_ = now;
  expires_at_ = time_point::max();
  will_due_ = time_point::max(); // [MQTT-3.1.3-9] the client is back in time
  // [MQTT-3.1.2-12 v3] without one none is published
  will_ = p.will ? std::make_unique<will>(std::move(*p.will)) : nullptr; // [MQTT-3.1.2-7]
  aliases_ = limits_.topic_alias_maximum > 0 && is_v5()
                 ? std::make_unique<topic_alias_receiver>(limits_.topic_alias_maximum)
                 : nullptr;
  authentication_method_ = p.authentication_method;
  exchange_ = std::move(connect.exchange);
  authenticating_ = false;
  counts_.clients_connected.add();
  counts_.packets_received.add(); // CONNECT

  // [MQTT-3.2.0-1] CONNACK is the first packet; [MQTT-3.2.2-2] [MQTT-3.2.2-3] says what was kept
  // Once: [MQTT-3.2.0-2]. The same of 3.1.1: [MQTT-3.2.0-1 v3] [MQTT-3.2.2-1 v3] [MQTT-3.2.2-2 v3]
  // [MQTT-3.2.2-3 v3] [MQTT-3.1.4-4 v3]. [MQTT-3.1.4-5]
  encode(make_connack(connect, state, limits_), version_, packet_size_bytes_max_, port_.out());
  counts_.packets_sent.add();
  port_.flush();

  sender_limits sender;
  sender.version = version_;
  // [MQTT-3.3.4-9] the client's Receive Maximum bounds the window
  sender.window =
      is_v5() ? std::min(p.receive_maximum, limits_.inflight_max) : limits_.inflight_max;
  sender.packet_size_bytes_max = packet_size_bytes_max_;
  sender.topic_aliases = std::min(p.topic_alias_maximum, limits_.topic_alias_maximum);
  outbound_.set_lifetime(persistent() ? outbound::lifetime::store : outbound::lifetime::connection);
  outbound_.connected(sender, now);
}

void session::taken_over(presence next, time_point now) {
  if (next == presence::fresh)
    expiry_interval_s_ = 0; // it ends here, and nothing of it need be stored any more
  // [MQTT-3.1.4-2 v3] the existing client goes
  if (connected_) {
    if (is_v5()) {
      disconnect_packet p;
      p.reason = reason_code::session_taken_over;
      encode(p, version_, packet_size_bytes_max_, port_.out());
      counts_.packets_sent.add();
    }
    port_.note_end("taken over by a later connection");
    port_.close(close_mode::after_flush);
    end_connection(now);
  }
  // A will without a delay fires at once; a delayed one waits, unless the session ends here.
  if (will_ && (next == presence::fresh || will_->delay_interval_s == 0))
    publish_will(now);
}

void session::set_permissions(std::unique_ptr<permissions> to) {
  outbound_.set_permissions(to.get());
  permissions_ = std::move(to);
}

// [MQTT-3.1.4-2] [MQTT-3.1.4-6] [MQTT-3.2.2-6 v3]
void session::turn_away(reason_code why, std::string_view what, time_point now) {
  counts_.connects_refused.add();
  connack_packet refusal;
  refusal.reason = why;
  refusal.reason_string = what;
  encode(refusal, version_, packet_size_bytes_max_, port_.out());
  will_.reset();
  close(what, now);
}

void session::disconnect(reason_code why, std::string_view what, time_point now,
                         std::string_view server_reference) {
  if (!connected_)
    return;
  if (is_v5()) { // [MQTT-3.14.0-1] after CONNACK only; 3.x servers never send DISCONNECT
    disconnect_packet p;
    p.reason = why;
    p.reason_string = what; // [MQTT-3.1.2-29] allowed here whatever the client asked for
    p.server_reference = server_reference;
    encode(p, version_, packet_size_bytes_max_, port_.out());
    counts_.packets_sent.add();
  }
  close(what, now);
}

/// Ends the connection from our side; also the session, if it does not outlast it.
// [MQTT-3.14.4-1] [MQTT-3.14.4-2] [MQTT-4.13.2-1] nothing is sent after a DISCONNECT
void session::close(std::string_view why, time_point now) {
  port_.note_end(why);
  port_.close(close_mode::after_flush);
  on_closed(now);
}

void session::on_closed(time_point now) {
  if (!connected_)
    return;
  end_connection(now);
  settle_will(now); // [MQTT-3.1.2-8] [MQTT-3.1.2-8 v3] closed without the client's DISCONNECT
  if (!persistent())
    end(now);
}

void session::end_connection(time_point now) {
  connected_ = false;
  counts_.clients_connected.sub();
  aliases_.reset();
  exchange_.reset();
  // [MQTT-4.1.0-1] [MQTT-4.1.0-1 v3] [MQTT-3.1.2-4 v3] [MQTT-3.1.2-5 v3] subscriptions and
  // messages stay
  give_up_answers();
  partial_since_ = time_point::max();
  patience_.disconnected();
  inbound_.disconnected();
  if (!persistent()) // reset() follows: what is stored stays until others have what they shall have
    return outbound_.disconnected(outbound::afterwards::ends);
  outbound_.set_lifetime(outbound::lifetime::store);
  outbound_.disconnected(outbound::afterwards::goes_on);
  // [MQTT-3.1.2-23] kept for the expiry interval
  if (expiry_interval_s_ != never_expires)
    expires_at_ = now + seconds{expiry_interval_s_};
  port_.session_changed();
}

void session::settle_will(time_point now) {
  if (!will_)
    return;
  if (will_->delay_interval_s == 0 || !persistent())
    return publish_will(now);
  // [MQTT-3.1.3-9] after the delay or with the session, whichever comes first
  will_due_ = std::min<time_point>(now + seconds{will_->delay_interval_s}, expires_at_);
}

void session::publish_will(time_point now) {
  // It fires once. [MQTT-3.1.2-10] [MQTT-3.1.2-10 v3]
  const auto w = std::exchange(will_, nullptr);
  will_due_ = time_point::max();
  if (permissions_ && !permissions_->may_publish(w->topic)) { // since it was accepted
    counts_.publishes_denied.add();
    if (persistent())
      port_.session_changed();
    return;
  }
  message_head head;
  head.topic = port_.intern(w->topic);
  head.qos = w->qos;
  head.retain = w->retain; // [MQTT-3.1.2-14] [MQTT-3.1.2-15] [MQTT-3.1.2-16 v3] [MQTT-3.1.2-17 v3]
  head.payload_is_utf8 = w->payload_is_utf8;
  head.publisher = number_;
  if (counts_.traces.get() != 0)
    head.trace = port_.follow(
        {w->topic, w->forwarded, w->payload.size(), packet_id::none, w->qos, w->retain});
  if (w->message_expiry_interval_s)
    head.expires_at = now + seconds{*w->message_expiry_interval_s};
  port_.publish(message::make(std::move(head), w->forwarded, w->payload), packet_id::none);
  if (persistent())
    port_.session_changed(); // it must not fire again after a restart
}

void session::reset() {
  // [MQTT-3.1.4-3 v3]; [MQTT-3.1.2-6] what follows is a new session
  assert(!connected_);
  outbound_.discard();
  outbound_.set_lifetime(outbound::lifetime::connection);
  inbound_ = inbound{};
  patience_.clear();
  counts_.subscriptions.sub(subscriptions_.size());
  subscriptions_.clear();
  filter_bytes_ = 0;
  for (auto& r : requests_)
    r.changes.clear(); // nothing is left to undo
  expiry_interval_s_ = 0;
  expires_at_ = will_due_ = forget_at_ = time_point::max();
}

void session::leave_counts() noexcept {
  if (connected_)
    counts_.clients_connected.sub();
  counts_.subscriptions.sub(subscriptions_.size());
  outbound_.leave_counts();
}

void session::end(time_point now) {
  if (will_)
    publish_will(now);
  reset(); // [MQTT-4.1.0-2] [MQTT-4.1.0-2 v3]
  port_.end();
}

time_point session::next_due() const noexcept {
  return std::min({will_due_, expires_at_, forget_at_, gives_up_at(), silent_until(),
                   partial_since_ == time_point::max() ? partial_since_
                                                       : partial_since_ + limits_.packet_timeout,
                   outbound_.next_due()});
}

time_point session::gives_up_at() const noexcept {
  return connected_ && !patience_.empty() ? patience_.since() + limits_.patience
                                          : time_point::max();
}

void session::give_up(time_point now) {
  counts_.publishers_given_up.add();
  const auto why = describe(patience_.why().hit);
  log.warn("a publisher is disconnected: it has waited for bank.patience, and its protocol has no "
           "word for a refusal",
           {{"client", id_.str()}, {"why", why}});
  disconnect(reason_code::quota_exceeded, why, now);
}

/// Until when the client need not be heard; max for ever.
time_point session::silent_until() const noexcept {
  const bool counts = connected_ && keep_alive_.count() > 0 && !input_held_ && !input_paused_;
  return counts ? last_packet_ + keep_alive_ * 3 / 2 : time_point::max();
}

void session::on_due(time_point now) {
  if (outbound_.next_due() <= now)
    outbound_.on_due(now);
  if (now >= forget_at_) {
    forget_at_ = time_point::max();
    for (auto id = inbound_.next_kept(); id != packet_id::none; id = inbound_.next_kept())
      port_.forget_received(id);
  }
  if (now >= silent_until()) { // [MQTT-3.1.2-22] [MQTT-3.1.2-24 v3]
    counts_.keep_alive_timeouts.add();
    return disconnect(reason_code::keep_alive_timeout, "no packet for 1.5 times the keep alive",
                      now);
  }
  if (partial_since_ != time_point::max() && now >= partial_since_ + limits_.packet_timeout) {
    counts_.packet_timeouts.add();
    return disconnect(reason_code::unspecified_error,
                      "a packet was begun and not completed in time", now);
  }
  if (now >= gives_up_at())
    return give_up(now);
  if (will_ && now >= will_due_)
    publish_will(now);
  if (now >= expires_at_) {
    counts_.clients_expired.add();
    end(now);
  }
}

void session::restore(std::uint32_t expiry_interval_s, std::vector<subscription> subscriptions,
                      time_point expires_at, std::unique_ptr<will> last_will, time_point will_due) {
  will_ = std::move(last_will);
  will_due_ = will_due;
  expiry_interval_s_ = expiry_interval_s;
  expires_at_ = expires_at;
  outbound_.set_lifetime(outbound::lifetime::store);
  for (auto& s : subscriptions) {
    auto filter = s.filter;
    if (const auto [at, is_new] = subscriptions_.emplace(std::move(filter), std::move(s)); is_new)
      count_in(at->first);
  }
}

} // namespace mqttzoo::mqtt
