// One client's session as an actor: the protocol's state machine with hands and feet.
//
// Spawned by the home on the unit where its client first connected; found in the store, by the
// adopter or the pod that starts, on each unit in turn. It stays there: a later connection moves to
// it. Lives until the session ends. Talks to its connection (inline), the unit's courier (inline),
// the index and the post office. All protocol decisions are in mqtt::session; this class carries
// out its effects.
#pragma once

#include "actors/attachment.hpp"
#include "actors/courier.hpp"
#include "actors/pinned.hpp"
#include "actors/publish_ticket.hpp"
#include "actors/retained_walks.hpp"
#include "mqtt/session.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mqttzoo::actors {

/// A session as the store has it.
struct restored_session {
  std::uint32_t expiry_interval_s = 0;
  std::vector<mqtt::subscription> subscriptions;
  net::time_point expires_at = net::time_point::max();
  std::unique_ptr<mqtt::will> will;
  net::time_point will_due = net::time_point::max();
  std::vector<mqtt::packet_id> received;
  struct mail {
    mqtt::delivery delivery;
    mqtt::stored_pointer pointer;
    net::time_point held_until = net::time_point::max();
  };
  std::vector<mail> messages; ///< by rising number
};

class session final : public pinned_base<session_actor>,
                      public local_session,
                      private net::connection_events,
                      private net::timer_client,
                      private mqtt::session_port {
public:
  session(caf::actor_config& config, unit_services& services, card_ref card,
          std::shared_ptr<restored_session> restored);

  behavior_type make_behavior() override;
  const char* name() const override { return "session"; }
  void on_exit() override;
  void on_failure() noexcept override { failed_ = true; }

  // For an operator; on the unit's thread, while no actor runs.
  void disconnect_by_operator();
  /// With all it has, as if its client had asked for a clean start. False: it is on its way to
  /// another pod, and goes there with all it has.
  [[nodiscard]] bool drop_by_operator();

  // actor_record: session_facts.cpp
  std::string subject() const override;
  wait_state waits() const override;
  void glance(facts& to) const override;
  void describe(facts& to) const override;

  // local_session
  void deliver_inline(const batch& messages, const ticket_list& tickets,
                      const route_target& on) override;
  void deliver_inline(const parcel& p) override;
  void receipt_inline(const receipt& r) override;
  void seal_inline() override;

private:
  /// Whether it is to move to another pod, and how far that has come.
  enum class move : std::uint8_t {
    none,
    parking, ///< until nothing of it is under way
    parked,
    sealing, ///< until nothing that came meanwhile is
    sealed,  ///< it takes nothing more
    done     ///< another pod has it
  };

  /// Why input is not read; any of them stops it.
  enum pause : std::uint8_t {
    by_protocol = 1,
    by_transit = 2,
    by_outbox = 4,
    by_store = 8,
    by_rate = 16,
  };
  /// Those that the machine is told of; its own reason it knows.
  static constexpr std::uint8_t ours = by_transit | by_outbox | by_store | by_rate;

  /// What limits.client leaves of input, and until when the rest waits.
  struct throttle {
    mqtt::input_meter meter;
    net::time_point read_again_at = net::time_point::max();
  };

  /// CONNACK and what follows it, until the store has the will: then it goes to the connection.
  struct held_connack {
    std::uint64_t revision = 0; ///< must be saved
    unsigned refusals = 0;      ///< of the store's, one a second
    std::string output;
  };

  /// A SUBSCRIBE or UNSUBSCRIBE that waits for the index, the store, or both.
  struct waiting_subscribe {
    mqtt::packet_id id = mqtt::packet_id::none;
    bool unsubscribes = false;
    bool routed = false;
    std::uint64_t revision = 0; ///< must be saved; 0: nothing to save
    std::vector<subscriber> made;
  };

  // net::connection_events
  std::size_t on_input(std::string_view input) override;
  void on_drained() override;
  void on_closed(net::close_cause cause) override;
  // net::timer_client
  void on_due(net::time_point now) override;
  // mqtt::session_port
  std::string& out() override { return connack_ ? connack_->output : connection_->out(); }
  void send_payload(mqtt::message_ref m) override;
  void flush() override;
  bool congested() override;
  void close(mqtt::close_mode mode) override;
  void note_end(std::string_view why) override;
  void pause_input() override { hold_input(by_protocol); }
  void resume_input() override { release_input(by_protocol); }
  bool reserve(std::size_t bytes) override;
  void release(std::size_t bytes) override;
  mqtt::topic_ref intern(std::string_view topic) override;
  void publish(mqtt::message_ref m, mqtt::packet_id id) override;
  void subscribe(std::vector<mqtt::subscription> accepted, mqtt::packet_id id) override;
  void unsubscribe(std::vector<std::string> filters, mqtt::packet_id id) override;
  void return_to_group(mqtt::delivery d) override;
  void session_changed() override;
  void end() override;
  void deposit(const mqtt::delivery& d, mqtt::stored_pointer pointer) override;
  void record(mqtt::stored_pointer pointer) override;
  void forget(mqtt::stored_number number) override;
  void forget_received(mqtt::packet_id id) override;
  mqtt::trace_mark follow(const mqtt::trace_candidate& p) override;
  void note(const mqtt::message& m, const mqtt::trace_note& what) override;
  void note_refusal(mqtt::trace_mark mark, const mqtt::trace_note& what) override;
  void note_answer(mqtt::packet_id id, const mqtt::trace_note& what) override;

  // messages
  void take_over(std::shared_ptr<attachment> a);
  void hear_out();
  void yield(mqtt::connection_epoch epoch);
  void given_back(mqtt::reason_code outcome);
  void erase();
  void erased();
  void release_if_over();
  void open(attachment& a, mqtt::presence state);
  static void abort(attachment& a);
  void open_if_clear();
  void let_in();
  void say_what_waited();
  void will_found_no_room();
  void leave_behind_nothing();
  void deliver(const parcel& p);
  void deliver_one(mqtt::delivery d, net::time_point at);
  void turn_away(const batch& messages, const ticket_list& tickets);
  void turn_away(const parcel& p);
  void receive(const receipt& r);
  void empty_pigeonhole();
  void hear(const slip& s, net::time_point at);
  void end_receipts();
  void routes_changed(const change_done& done);
  void left_all_routes();
  void state_saved(std::uint64_t revision, mqtt::reason_code outcome);
  void page_came(const retained_page& p);
  bool would_lose(const retained_page& p) const noexcept;
  void shut_down();
  void judge_again();
  void permit();
  void expel_if_unwelcome();
  void require_proof(net::time_point at);
  void send_away(const char* what);

  // session_log.cpp
  std::string_view user() const noexcept;
  void note_begin(mqtt::presence state) const;
  void note_end(net::close_cause cause);
  void note_take_over(const std::string& new_peer);

  // session_moves.cpp
  void dismiss(const dismissal& d);
  bool at_rest();
  void note_rest();
  void go_back();
  void moved();

  /// What follows every event: batches leave, changes are saved, timers are set.
  void finish_turn();
  void submit();
  void submit_last();
  void save_if_changed();
  void begin_walk(const subscriber& made);
  void drop_walks(const std::vector<std::string>& filters);
  void go_on_walking();
  void wait_for(const subscription_change& c);
  void complete_subscribes();
  void watch_pressure();
  std::size_t take_input(std::string_view input, net::time_point at);
  void hold_input(pause by);
  void release_input(pause by);
  std::size_t outbox_bytes() const noexcept;
  void pay_back_outbox();
  void client_came();
  void client_left();
  void rearm();
  bool is_sealed() const noexcept { return move_ >= move::sealed; }
  void purge();
  void restore(restored_session& from);

  card_ref card_;
  std::unique_ptr<throttle> throttle_; ///< null: nothing has been limited yet
  mqtt::session machine_;
  net::connection_ptr connection_;
  std::unique_ptr<mqtt::identity> who_; ///< its client's; null: anonymous
  mqtt::connection_epoch epoch_{};
  courier::entry* named_ = nullptr;    ///< the topic named last, during a turn
  courier::entry* open_for_ = nullptr; ///< where open_ will go
  batch_ref open_;                     ///< consecutive publishes to one topic
  std::vector<waiting_subscribe> subscribes_;
  net::time_point subscribes_since_{};    ///< while there are any
  net::time_point paused_since_{};        ///< while paused_ has a reason
  std::unique_ptr<retained_walks> walks_; ///< null: no retained message is due
  net::time_point armed_for_ = net::time_point::max();
  net::time_point save_again_at_ = net::time_point::max(); ///< what the store did not take
  std::uint64_t revision_ = 0;                             ///< of the session's state
  std::uint64_t saved_revision_ = 0;
  std::unique_ptr<held_connack> connack_;      ///< null: it waits for nothing
  std::shared_ptr<restored_session> restored_; ///< until the first turn
  std::shared_ptr<attachment> arriving_; ///< waits until all have forgotten the session before it
  std::uint32_t erasing_ = 0; ///< questions to the post office to erase us that it has not answered
  std::uint32_t forgetting_ = 0; ///< questions to the index to forget us that it has not answered
  ref<hand_over_ticket> give_back_ticket_; ///< until purge(): goes with what is given back
  std::vector<mqtt::stored_number> forget_after_give_back_; ///< others have it then
  std::size_t reserved_bytes_ = 0;                          ///< of the unit's allowance
  std::size_t outbox_bytes_ = 0; ///< of those: for what a slow socket leaves in the outbox
  std::uint8_t paused_ = 0;
  move move_ = move::none;
  bool saving_ = false;
  bool stored_ = false;         ///< the store may know this session
  bool routed_ = false;         ///< routes may have this session
  bool leaving_routes_ = false; ///< the index is asked to take it out of them
  bool counted_ = false;
  bool failed_ = false; ///< an exception ends it
  bool ending_ = false;
  bool awaits_give_back_ = false; ///< purged, and others do not have yet what was given back
  bool deposited_ = false;        ///< the machine asked for a deposit during the current delivery
};

} // namespace mqttzoo::actors
