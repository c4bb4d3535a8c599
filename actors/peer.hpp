// Another pod, as this one deals with it: what goes there and what comes from there.
//
// Spawned by the membership actor with the view that brings the other pod, on the first unit; says
// so to the membership when that pod has departed and all it had not confirmed is passed on, which
// ends it. When this pod stops it refuses what is still to be promised, until nobody sends to it
// any more. Owns the channel to it, and every message that it has not settled. While the backlog is
// above links.queue.bytes.max what needs no promise is dropped and counted; what does waits with
// its batch, which holds its publisher back; of news of retained messages only the topic goes: the
// other pod reads the store. Questions whose askers give up by themselves have as much room of
// their own, and are not sent beyond it. While too much of what came from there waits for topics
// here, its links are not read.
#pragma once

#include "actors/pinned.hpp"
#include "actors/unsettled.hpp"
#include "net/link_channel.hpp"

#include <deque>
#include <string_view>

namespace mqttzoo::actors {

class peer final : public pinned_base<peer_actor>, private net::channel_events {
public:
  /// `before`: the view before the one that brought the other pod, null if there was none.
  peer(caf::actor_config& config, unit_services& services, member_ref member, view_ref before);

  behavior_type make_behavior() override;
  const char* name() const override { return "peer"; }

  // actor_record: descriptions_cluster.cpp
  std::string subject() const override;
  wait_state waits() const override;
  void glance(facts& to) const override { describe(to); }
  void describe(facts& to) const override;
  void on_exit() override;

private:
  enum class life : std::uint8_t { member, departed, handing_over, closed };

  struct waiting {
    batch_ref messages;
    ticket_list tickets;
  };

  // to the other pod
  void forward(const batch_ref& b, const ticket_list& tickets);
  static std::string_view client_of(const ticket_list& tickets);
  void send_messages(const batch& b, const ticket_list& tickets);
  void send_group(const group_mail& mail);
  void tell(const pod_frame& f);
  void write(pod_frame f);
  void empty_pigeonhole();
  void send_waiting();
  bool full();
  bool fits(const mqtt::message& m, std::size_t names_bytes) const noexcept;
  void leave_out(const mqtt::message& m, std::uint64_t number, std::string_view group = {});
  void enter_promised(const batch& b, const ticket_list& tickets);
  void trace(const mqtt::message& m, mqtt::trace_event what,
             mqtt::trace_cause why = mqtt::trace_cause::none, std::string_view group = {});
  void trace(const batch& b, mqtt::trace_event what,
             mqtt::trace_cause why = mqtt::trace_cause::none);

  // from it
  void on_frame(net::link_kind kind, std::string_view body) override;
  void on_confirmed() override;
  void on_link_lost(const net::link_end& why) override;
  void take(net::link_kind kind, std::string_view body);
  void take_messages(std::string_view body);
  void take_settled(std::string_view body);
  void take_word(std::string_view body);
  void take_outcome(std::string_view body);
  void take_group(std::string_view body);
  void take_returned(std::string_view body);
  void pass_to_actor(net::link_kind kind, std::string_view body);
  void watch_transit();
  void settle(unsettled::entry& e, const mqtt::settlement& outcome);
  void misbehaved(std::string_view what);

  // the end
  void outcome(std::uint64_t number, mqtt::reason_code result);
  void tell_if_drained();
  void depart();
  void hand_over(const view_ref& view);
  void close();
  void end_without_it();
  void pass_on_unspoken();
  void refuse_unspoken();
  void pass_on(unsettled::entry e);
  std::vector<pod_life> departed_since(const view_ref& view) const;

  member_ref member_;
  net::link_channel channel_;
  unsettled unsettled_;
  std::deque<waiting> waiting_; ///< batches that wait for room
  life is_ = life::member;
  net::time_point unlinked_since_{}; ///< while there is no link
  view_ref view_;                    ///< no topic sends to pods any more that are not in it
  view_ref drains_in_;               ///< who waits until all that was sent is confirmed; or null
  view_ref heirs_;                   ///< who gets what it had, once it has departed
};

} // namespace mqttzoo::actors
