// One client's session: the protocol between CONNACK and the session's end, as a pure state
// machine.
//
// Inputs are bytes, receipts, messages and the passing of time; effects go to a session_port. Owns
// the subscriptions, the will, the keep-alive clock and the two halves of message flow (inbound,
// outbound). Lives from the first CONNECT of a client id until its session expires, across
// connections; on its actor's thread. Standard: sections 3.3 to 3.14, 4.
#pragma once

#include "core/ids.hpp"
#include "core/name_map.hpp"
#include "mqtt/authentication.hpp"
#include "mqtt/connection_epoch.hpp"
#include "mqtt/counters.hpp"
#include "mqtt/decoder.hpp"
#include "mqtt/handshake.hpp"
#include "mqtt/inbound.hpp"
#include "mqtt/input_meter.hpp"
#include "mqtt/outbound.hpp"
#include "mqtt/patience.hpp"
#include "mqtt/permissions.hpp"
#include "mqtt/publish_id.hpp"
#include "mqtt/server_limits.hpp"
#include "mqtt/session_port.hpp"
#include "mqtt/topic_alias.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::mqtt {

class session {
public:
  static constexpr std::uint32_t never_expires = 0xFFFF'FFFF;

  session(session_port& port, counters& counts, const server_limits& limits, client_id id,
          session_number number);
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  const client_id& id() const noexcept { return id_; }
  session_number number() const noexcept { return number_; }
  bool connected() const noexcept { return connected_; }
  bool persistent() const noexcept { return expiry_interval_s_ > 0; }
  std::uint32_t expiry_interval_s() const noexcept { return expiry_interval_s_; }
  protocol_version version() const noexcept { return version_; }
  const core::name_map<subscription>& subscriptions() const noexcept { return subscriptions_; }
  /// The will that has not fired yet; null if there is none.
  const will* pending_will() const noexcept { return will_.get(); }
  outbound& sender() noexcept { return outbound_; }
  inbound& receiver() noexcept { return inbound_; }

  // --- for people ---

  const outbound& sender() const noexcept { return outbound_; }
  const inbound& receiver() const noexcept { return inbound_; }
  /// What its 3.x client published and has no promise for.
  const patience& waiting_publishes() const noexcept { return patience_; }
  /// When the last of its publishes was promised, or the first came since none waits; only while
  /// receiver().waiting() says that some wait.
  time_point promises_since() const noexcept { return promises_since_; }
  std::chrono::milliseconds keep_alive() const noexcept { return keep_alive_; }
  time_point last_packet() const noexcept { return last_packet_; }
  time_point expires_at() const noexcept { return expires_at_; }

  /// The store has all there is of it, and no QoS 2 publish of its client waits for a receipt.
  bool at_rest() const { return inbound_.at_rest() && outbound_.at_rest(); }

  // --- connections ---

  /// A new connection, its CONNECT accepted: sends CONNACK and resumes. `epoch` rises from one
  /// connection of the client to the next. A fresh session was reset() before.
  void open(accepted_connect connect, presence state, connection_epoch epoch, time_point now);
  /// A new connection of the same client id is here: tells the old one, if there is one.
  /// [MQTT-3.1.4-3]
  void taken_over(presence next, time_point now);
  /// What open() said of the connection did not leave and is void: refused after all. It ends, its
  /// will is none.
  void turn_away(reason_code why, std::string_view what, time_point now);
  /// The server wants the connection gone: `why` is told to a 5.0 client.
  void disconnect(reason_code why, std::string_view what, time_point now,
                  std::string_view server_reference = {});
  /// The network connection is gone, whoever closed it.
  void on_closed(time_point now);
  /// Drops all state, as a clean start asks for; the will was dealt with before. [MQTT-3.1.4-4]
  void reset();

  /// What it still has counts no more: another pod has that, or it is lost. Last call.
  void leave_counts() noexcept;

  /// From now on; null: everything is permitted. They stay when the client goes, for what comes
  /// while it is away.
  void set_permissions(std::unique_ptr<permissions> to);

  /// Takes packets off `input`, as far as `budget` goes; returns how many bytes were consumed.
  std::size_t on_input(std::string_view input, time_point now, input_budget* budget = nullptr);
  /// Nobody waits for SUBACK and UNSUBACK on this connection any more, nor for those of requests
  /// that are still to come: what follows them in its input need not either.
  void give_up_answers() noexcept;
  /// The outbox has room again.
  void on_drained(time_point now) { outbound_.pump(now); }
  /// Input is not read for a while for reasons of the port's: the client's clocks stand still.
  enum class reading : std::uint8_t { held, goes_on };
  void on_reading(reading now_is, time_point now) noexcept;

  // --- answers ---

  /// Of a publish made while `epoch` was the connection's; those that matter to nobody any more are
  /// ignored. `received_at`: when it came; max() if that is not known.
  void on_receipt(connection_epoch epoch, publish_id of, const settlement& outcome, time_point now,
                  time_point received_at = time_point::max());
  /// The receipt comes later, because of `why`: to publishers that wait.
  void on_delayed(connection_epoch epoch, publish_id of, const settlement& why, time_point now);
  void on_subscribed(packet_id id, reason_code outcome, time_point now);
  void on_unsubscribed(packet_id id, time_point now);
  void on_released(packet_id id, reason_code outcome, time_point now);

  // --- time ---

  /// When on_due() wants to be called; time_point::max() if never.
  time_point next_due() const noexcept;
  void on_due(time_point now);

  // --- at start ---

  /// `last_will` fires at `will_due` unless the client is back by then; null if there is none.
  void restore(std::uint32_t expiry_interval_s, std::vector<subscription> subscriptions,
               time_point expires_at, std::unique_ptr<will> last_will = nullptr,
               time_point will_due = time_point::max());

private:
  /// A SUBSCRIBE or UNSUBSCRIBE whose effects are under way.
  struct pending_request {
    enum class kind : std::uint8_t { subscribe, unsubscribe };
    /// What a subscription replaced, to be undone if it cannot be stored.
    struct change {
      std::string filter;
      std::optional<subscription> before;
    };
    packet_id id = packet_id::none;
    kind is = kind::subscribe;
    bool silent = false;     ///< nobody is there to hear the answer
    std::size_t filters = 0; ///< as its packet has them
    std::vector<reason_code> reasons;
    std::vector<change> changes; ///< of a SUBSCRIBE
  };

  /// What CONNACK said about PUBLISH: it holds for the connection, whatever a reload changes.
  struct announced_limits {
    std::uint16_t receive_maximum = 0;
    qos qos_max = qos::exactly_once;
    bool retain_available = true;
  };

  void handle(const frame& in, time_point now);
  void on_acknowledgement(const frame& in, time_point now);
  void on_packet(const subscribe_packet& p, time_point now);
  void on_packet(const unsubscribe_packet& p, time_point now);
  void on_packet(const disconnect_packet& p, time_point now);
  void on_packet(const auth_packet& p, time_point now);
  void on_publish(const frame& in, time_point now);
  std::optional<std::string_view> resolve_topic(const publish_packet& p, time_point now);
  topic_ref share_topic(const publish_packet& p);
  void keep_alias(const publish_packet& p);
  bool keeps_to_connack(const publish_packet& p, time_point now);
  bool is_repetition(const publish_packet& p) const noexcept;
  void repeat(packet_id id, time_point now);
  bool may_remember_another() const noexcept;
  reason_code judge(const publish_packet& p, std::string_view topic);
  void refuse_publish(const publish_packet& p, reason_code why, trace_mark mark, time_point now);
  bool may_publish(std::string_view topic);
  void route(const publish_packet& p, topic_ref topic, trace_mark mark, time_point now);
  trace_mark follow(const publish_packet& p, std::string_view topic);
  bool expects_receipt(connection_epoch epoch, publish_id of) const noexcept;
  void note(packet_id id, trace_event what, const settlement& outcome);
  void on_pubrel(packet_id id, time_point now);
  reason_code judge(const subscribe_packet& p, const subscribe_packet::entry& e) const;
  subscription subscribe(const subscribe_packet& p, const subscribe_packet::entry& e, qos granted,
                         pending_request& by);
  bool has_room_for(const std::string& filter) const noexcept;
  void count_in(const std::string& filter) noexcept;
  void count_out(const std::string& filter) noexcept;
  void undo(std::size_t request);
  pending_request::change* find_change(std::size_t begin, const std::string& filter);
  void expect_silently(packet_id id, pending_request::kind is, std::size_t filters);
  std::size_t find_request(packet_id id, pending_request::kind is) const noexcept;
  void finish_request(std::size_t index, time_point now);
  void answer(const pending_request& r, time_point now);
  void acknowledge(packet_type type, packet_id id, const settlement& how);
  bool explain(packet_type type, packet_id id, const settlement& how);
  void violate(const decode_error& error, time_point now);
  void check_pressure(time_point now);
  bool under_pressure() const noexcept;
  bool owes_answers() const noexcept;
  bool too_much_requested() const noexcept;
  void note_partial(std::string_view rest, time_point now);
  void restart_clocks(time_point now) noexcept;
  time_point silent_until() const noexcept;
  time_point gives_up_at() const noexcept;
  void give_up(time_point now);
  void close(std::string_view why, time_point now);
  void end_connection(time_point now);
  void settle_will(time_point now);
  void publish_will(time_point now);
  void end(time_point now);
  bool is_v5() const noexcept { return version_ == protocol_version::v5; }

  session_port& port_;
  counters& counts_;
  const server_limits& limits_;
  client_id id_;
  session_number number_;

  // the session
  std::uint32_t expiry_interval_s_ = 0;
  connection_epoch first_epoch_{}; ///< of the connection that the session's state began with
  core::name_map<subscription> subscriptions_;
  std::size_t filter_bytes_ = 0; ///< of subscriptions_
  inbound inbound_;
  patience patience_; ///< 3.x only
  outbound outbound_;
  std::unique_ptr<permissions> permissions_; ///< null: for everything
  std::unique_ptr<will> will_;
  time_point will_due_ = time_point::max();   ///< set while a delayed will waits
  time_point expires_at_ = time_point::max(); ///< set while away
  time_point forget_at_ = time_point::max();  ///< when to ask the store again
  std::vector<pending_request> requests_;     ///< oldest first; bounded in session_packets.cpp

  // the connection
  protocol_version version_ = protocol_version::unknown;
  bool connected_ = false;
  bool input_paused_ = false;     ///< by this session
  bool answers_first_ = false;    ///< a packet waits until requests_ are answered
  bool answers_given_up_ = false; ///< nobody will hear what this connection still asks for
  bool publish_waits_ = false;    ///< a PUBLISH waits for patience_
  bool explains_ = true;          ///< the client wants to know why [MQTT-3.1.2-29]
  bool input_held_ = false;       ///< by the port
  bool authenticating_ = false;   ///< re-authentication is under way
  connection_epoch epoch_{};
  std::uint32_t packet_size_bytes_max_ = 0; ///< the client's, 0: none
  std::size_t input_packet_bytes_max_ = 0;  ///< ours, as CONNACK said
  announced_limits announced_;
  std::uint32_t connect_expiry_s_ = 0; ///< as CONNECT said, for DISCONNECT's check
  std::chrono::milliseconds keep_alive_{0};
  time_point last_packet_{};
  time_point promises_since_{};
  time_point partial_since_ = time_point::max();
  std::size_t partial_bytes_ = 0;
  std::unique_ptr<topic_alias_receiver> aliases_;
  std::unique_ptr<authentication> exchange_;
  std::string authentication_method_;
  std::string scratch_;
};

} // namespace mqttzoo::mqtt
