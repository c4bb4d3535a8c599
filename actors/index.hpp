// The pod's index: which session subscribes to what, which topics are live, what is retained.
//
// One per pod, pinned to the first unit, for as long as the pod. Topics get their routes from it
// when they come to life and keep them current by its messages, so that a publish never asks it
// anything. It decides which topics retire: it probes the one that was not probed for longest, and
// an unused one goes when it is old or when too many are live (topics.idle.*); one that very many
// filters match counts as several. Order: a session hears `changed` after every live topic was
// told, so a publish after SUBACK finds the new route. What concerns many topics is done in pages,
// a turn each.
//
// In a cluster it tells the directory what this pod wants and which topics live, and a SUBSCRIBE is
// answered by way of the directory, when other pods can know of it. Groups may have members in
// other pods, of which the directory tells it.
#pragma once

#include "actors/change_queue.hpp"
#include "actors/dense_map.hpp"
#include "actors/pinned.hpp"
#include "core/name_map.hpp"
#include "mqtt/filter_trie.hpp"
#include "mqtt/topic_filter.hpp"
#include "mqtt/topic_tree.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace mqttzoo::actors {

class index final : public pinned_base<index_actor>, private net::timer_client {
public:
  index(caf::actor_config& config, unit_services& services);

  behavior_type make_behavior() override;
  const char* name() const override { return "index"; }
  void describe(facts& to) const override; // descriptions.cpp

  /// For an operator, on the unit's thread: adds the topics whose retained message `filter` stands
  /// for, behind `after` (empty: from the start), but for the pod's own. Looks at `looks` names at
  /// most; returns what to go on behind, or nothing when there is no more.
  std::optional<std::string> find_retained(std::string_view filter, std::string_view after,
                                           std::size_t looks, std::vector<std::string>& found);
  void on_exit() override;

private:
  enum class life : std::uint8_t { dormant, live, retiring, draining };
  /// Which queue a live topic is in; in none while it is probed.
  enum class place : std::uint8_t { none, wanted, lonely };

  /// So many filters that match a topic count as another idle one: 2 KiB for each session.
  static constexpr std::uint32_t filters_of_weight = 64;

  /// What is known of one topic name; gone when dormant and without a retained message.
  struct topic_state {
    mqtt::topic_ref name;
    topic_actor handle;
    mqtt::message_ref retained;
    std::vector<unit_index> waiting; ///< asked for it while it was retiring
    std::uint16_t units_to_forget = 0;
    life is = life::dormant;
    place in = place::none;
    std::uint32_t filters = 0; ///< that match it since it woke, gone ones too until it is probed

    /// Its route holds each of them, perhaps for every session.
    std::size_t weight() const noexcept { return 1 + filters / filters_of_weight; }
  };

  /// Live topics, the next to be probed first.
  struct live_queue {
    std::deque<mqtt::topic_ref> names;
    std::size_t due = 0;    ///< how many are yet to be probed
    std::size_t weight = 0; ///< of all of them
  };

  struct session_of {
    session_number operator()(const card_ref& c) const noexcept { return c->number; }
    session_number operator()(const subscriber& s) const noexcept { return s->session->number; }
  };

  struct group_state {
    std::string share_name;
    group_actor handle;
    mqtt::group_number number{};
    dense_map<card_ref, session_of> members;
    std::vector<member_ref> pods; ///< others that have members
    bool routed = false;          ///< every live topic was told

    bool empty() const noexcept { return members.empty() && pods.empty(); }
  };

  using subscriber_list = dense_map<subscriber, session_of>;

  // topics
  void activate(const mqtt::topic_ref& name, unit_index on);
  void awaken(topic_state& t, unit_index on);
  void forgotten(const mqtt::topic_ref& name);
  void drain(topic_state& t);
  void tell_to_forget(topic_state& t);
  void end_life(topic_state& t);
  void revive(topic_state& t);
  void on_due(net::time_point now) override;
  /// Probes the oldest of both queues until what is due was asked.
  void sweep();
  std::size_t probe(live_queue& from);
  void line_up(topic_state& t, place in);
  live_queue& queue_at(place p) noexcept { return p == place::lonely ? lonely_ : wanted_; }
  void make_room(live_queue& in, std::size_t weight);
  void add_filters(topic_state& t, std::size_t n);
  void count_filters(topic_state& t) const;
  void probed(const mqtt::topic_ref& name, topic_use use);
  void retire(topic_state& t);
  void erase_if_unused(const mqtt::topic_ref& name);

  // subscriptions, on their way into what topics come to life with
  void enter_next(pending_change& c);
  void subscribe(pending_change& c, const mqtt::subscription& s);
  void join_group(pending_change& c, const subscriber& made, const mqtt::topic_filter& parsed);
  void unsubscribe(pending_change& c, const std::string& filter);
  void leave_group(pending_change& c, const mqtt::topic_filter& parsed);
  group_state* find_group(std::string_view filter, mqtt::group_number number);
  group_state* find_group(const mqtt::topic_filter& parsed);
  group_state& group_of(const mqtt::topic_filter& parsed);
  void remove_group(route_change& in, std::string_view filter, mqtt::group_number number);

  // other pods: index_far.cpp
  void want(const std::string& filter);
  void unwant(const std::string& filter);
  std::unique_ptr<pending_change> far_change(pending_change::answer to) const;
  void join(const std::string& filter, const member_ref& pod);
  void leave(const std::string& filter, const member_ref& pod);
  void take_in(const group_mail& mail);
  void take_back(const group_mail& mail);
  void heard(const mqtt::topic_ref& name, const mqtt::message_ref& m);
  void retain_ended(const mqtt::message_ref& m, retain_outcome how);
  bool has_far(const topic_state& t) const;

  // and to those that live
  void change(const std::shared_ptr<const subscription_change>& c);
  void forget(const card_ref& session);
  void begin(std::unique_ptr<pending_change> c);
  void go_on();
  bool advance(pending_change& c);
  void tell_topics(pending_change& c, std::size_t& looks);
  void tell_topic(const pending_change& c, topic_state& t, std::size_t& looks);
  void finish(pending_change& c);
  bool by_directory(const pending_change& c);
  void give_back(const card_ref& from, const mqtt::delivery& d);

  // retained messages
  void retain(const mqtt::topic_ref& name, const mqtt::message_ref& m);
  void walk(const std::shared_ptr<const retained_cursor>& c);

  struct holdings {
    mqtt::topic_tree<topic_state> topics;
    mqtt::filter_trie<subscriber_list> subscribers;
    mqtt::filter_trie<std::vector<group_state>> groups; ///< by filter without `$share/<name>/`
    std::unordered_map<mqtt::group_number, group_actor> groups_by_number;
    std::unordered_map<session_number, core::name_set> filters; ///< of each session, in full
    change_queue changes;                                       ///< under way
  };

  std::unique_ptr<holdings> holdings_ = std::make_unique<holdings>();
  live_queue wanted_;       ///< somebody subscribes, as far as we know
  live_queue lonely_;       ///< nobody does; each is swept when it exceeds topics.idle.max
  std::size_t probing_ = 0; ///< probes under way
  std::uint64_t last_group_ = 0;
  /// Stands for other pods among the sessions whose changes are under way.
  const card_ref other_pods_ =
      make_ref<session_card>(session_number::none, client_id{}, unit_index{});
};

} // namespace mqttzoo::actors
