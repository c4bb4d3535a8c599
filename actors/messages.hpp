// What actors send each other, besides the signatures of interfaces.hpp.
//
// All of it is immutable once sent and shared by reference inside the process; nothing here is ever
// serialized (pods talk in MQTT's own encodings over net's links), which CAF is told in
// message_types.hpp.
#pragma once

#include "core/ids.hpp"
#include "core/ref.hpp"
#include "mqtt/connection_epoch.hpp"
#include "mqtt/delivery.hpp"
#include "mqtt/handshake.hpp"
#include "mqtt/publish_id.hpp"
#include "mqtt/session_port.hpp"
#include "net/link_frame.hpp"
#include "zk/store.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mqttzoo::actors {

class cluster_member;
class cluster_view;
class session_card;
class made_subscription;
class publish_ticket;
class route_change;
using card_ref = ref<session_card>;
using member_ref = ref<const cluster_member>;
using view_ref = ref<const cluster_view>;

/// One message of a batch and its packet identifier in the publisher's space (none: nobody waits
/// for a receipt).
struct publication {
  mqtt::message_ref message;
  mqtt::packet_id id = mqtt::packet_id::none;
};

/// A pod that departed before it said what became of messages that it was given.
struct departed_pod {
  pod_life life;
  /// Members when it was given them, and departed since. What it adopted of theirs is not meant:
  /// they were given the messages themselves.
  std::vector<pod_life> beside;
  bool operator==(const departed_pod&) const = default;
};

/// Consecutive messages of one publisher to one topic: the unit of work of a topic. Immutable once
/// sent; the bytes count as "in transit" against the publisher until the last reference goes.
class batch final : public ref_counted {
public:
  /// `from` is null for the pod's own messages.
  batch(mqtt::topic_ref to, card_ref from, mqtt::connection_epoch from_epoch);
  ~batch() override;

  void add(publication p);
  /// Its bytes count against the pod that it came from. Once all are added and `origin` is set.
  void count_for_pod();
  /// A trace follows some of its messages.
  bool followed() const noexcept { return followed_; }

  const mqtt::topic_ref topic;
  const card_ref publisher;
  const mqtt::connection_epoch epoch; ///< the publisher's connection
  std::vector<publication> publications;
  mqtt::time_point received_at = mqtt::time_point::max(); ///< if their publisher is a client

  /// Set before it is sent, if it came from another pod: for this pod's sessions only.
  struct from_peer {
    member_ref pod;                 ///< null: of this pod's own clients
    std::uint64_t first_number = 0; ///< of the first publication at that pod; the others follow on
    /// Not empty: pods that have departed did not say that they have them, so they are for the
    /// sessions that were adopted from all of these and for nobody else. More than one, if another
    /// pod died while it was given what the first one had.
    std::vector<departed_pod> orphans_of;
    std::shared_ptr<const client_id> client; ///< who published them, where somebody may have to pay
  } origin;
  /// Its promises, made by the sender; parallel to publications or empty. Of what is passed on
  /// again, see peer.hpp.
  std::vector<ref<publish_ticket>> promised;

private:
  std::size_t bytes_ = 0;
  bool followed_ = false;
  bool counts_for_pod_ = false;
};

using batch_ref = ref<batch>;

/// Parallel to a batch's publications; empty when no message needs a ticket.
using ticket_list = std::vector<ref<publish_ticket>>;

/// One session in a topic's route.
struct route_target {
  card_ref session;
  mqtt::terms_ref terms;
  bool no_local = false; ///< every matching subscription says so [MQTT-3.8.3-3]
};

/// The sessions of one unit in a topic's route, one after the other. Immutable once shared.
class target_list final : public ref_counted {
public:
  std::vector<route_target> targets;
};

/// From a topic to the courier of another unit.
struct fan_out {
  batch_ref messages;
  ticket_list tickets;
  ref<const target_list> targets;
};

/// What became of messages that another pod sent: those with these numbers ended with `outcome`.
struct far_receipt {
  mqtt::settlement outcome;
  std::vector<std::uint64_t> numbers;
  bool delayed = false; ///< as in receipt
};

/// The same of one, left in that pod's pigeonhole.
struct far_slip {
  mqtt::settlement outcome;
  std::uint64_t number = 0;
  bool delayed = false;
};

/// What one actor says to its like in another pod: see frame_kinds.hpp.
struct pod_frame {
  net::link_kind kind{};
  std::string body;
  mqtt::message_ref payload; ///< its payload stands behind the body; often null
  /// From then on nobody waits for it, and it had better not come. What has such a time may be left
  /// out before, too: its sender gives up by itself.
  mqtt::time_point until = mqtt::time_point::max();
};

/// A message of a shared subscription's group on its way between pods.
struct group_mail {
  std::string filter; ///< in full, `$share/<name>/` included: names the group
  mqtt::message_ref message;
  ref<publish_ticket> promise;
  /// Where it comes from, once it has come, or who could not deliver it, when it is returned.
  member_ref pod;
  std::uint64_t number = 0;                  ///< at the pod that sent it
  std::shared_ptr<const client_id> client{}; ///< who published it, when it has come; or null
};

/// What another pod wants stored with a store-first message of this one, in the same transaction.
struct far_word {
  member_ref pod;
  std::uint64_t number = 0;                       ///< of the message here
  std::shared_ptr<const std::vector<zk::op>> ops; ///< may be empty
};

/// Where a topic's messages go outside this pod.
struct far_route {
  std::vector<member_ref> pods; ///< those that want them
  /// A pod that has departed wanted them and its sessions are not adopted yet, or the store cannot
  /// be asked: messages that need a promise wait.
  bool promises_wait = false;
};

/// What became of publishes: all of `ids` ended with `outcome`.
struct receipt {
  mqtt::connection_epoch epoch{};
  mqtt::settlement outcome;
  std::vector<mqtt::publish_id> ids;
  bool delayed = false; ///< no end yet, because of `outcome`: the publisher waits for another one
  mqtt::time_point received_at = mqtt::time_point::max(); ///< when they came
};

/// The same of one, left in its session's pigeonhole.
struct slip {
  mqtt::connection_epoch epoch{};
  mqtt::settlement outcome;
  mqtt::publish_id id;
  bool delayed = false;
  mqtt::time_point received_at = mqtt::time_point::max();
};

/// A subscription in force; see session_card.hpp.
using subscriber = ref<const made_subscription>;

/// A topic's answer when it is asked whether it is still of use.
enum class topic_use : std::uint8_t {
  idle,    ///< no message since the last time
  lonely,  ///< messages, but nobody gets them
  wanted,  ///< messages, and somebody gets them
  keeping, ///< messages that it cannot send yet: it must not end
};

/// What became of a message that a topic was to retain.
enum class retain_outcome : std::uint8_t { stored, refused };

/// What it means to topics; see route_change.hpp.
using route_change_ref = ref<const route_change>;

/// SUBSCRIBE or UNSUBSCRIBE of one session, to the index.
struct subscription_change {
  card_ref session;
  mqtt::packet_id id = mqtt::packet_id::none; ///< the request to answer; none: nobody waits
  bool of_adopted = false;                    ///< the adopter waits
  std::vector<mqtt::subscription> add;
  std::vector<std::string> remove;
};

/// The index's word that a subscription_change is in force.
struct change_done {
  mqtt::packet_id id = mqtt::packet_id::none;
  bool unsubscribed = false;
  std::vector<subscriber> made; ///< what was subscribed, in the order of the request
};

/// Where a walk through retained messages stands: one subscription's filter and the last topic
/// visited.
struct retained_cursor {
  subscriber subscription;
  std::string after; ///< topic; empty at the start
};

/// Messages for one session: retained ones, or what a group chose it for.
struct parcel {
  std::vector<mqtt::delivery> deliveries;
  batch_ref of; ///< what a group shared out: in transit until the session has it; or null
};

/// A page of retained messages; `next` is null with the last one.
struct retained_page {
  std::shared_ptr<const retained_cursor> of; ///< as it was asked for
  parcel messages;
  std::shared_ptr<const retained_cursor> next;
};

/// A message for the store, from a session that holds it.
struct deposit {
  card_ref session;
  mqtt::delivery delivery;
  mqtt::stored_pointer pointer;
};

/// How a deposit or a record ended.
struct stored {
  mqtt::stored_number number = mqtt::stored_number::none;
  mqtt::settlement outcome;
  mqtt::time_point held_until = mqtt::time_point::max(); ///< the store has it no longer than that
};

/// Why sessions leave a pod.
enum class move_purpose : std::uint8_t {
  drain,     ///< it is to stop
  rebalance, ///< another one is to have its share
};

/// To a session: its client is to connect elsewhere.
struct dismissal {
  card_ref session;
  mqtt::reason_code reason{};
  std::string reference; ///< where to; empty: not known
  /// What of it outlasts the connection.
  enum class remains : std::uint8_t {
    here, ///< waits for its client
    rests ///< will go to another pod: it says `rested` when nothing of it is under way any more
  } then = remains::here;
};

/// To the home: these are to leave.
struct dismissal_round {
  std::uint64_t batch = 0; ///< of those that move
  std::vector<dismissal> whom;
};

/// To the home: the pod drains, and new clients are told to go to one of these.
struct drain_orders {
  mqtt::reason_code reason{};
  std::vector<std::string> references;
};

/// How far a session that moves has come.
enum class rest : std::uint8_t {
  parked, ///< it has no client, and what it has stands in the store
  sealed, ///< and it takes nothing more
};

/// A session as the store shall know it.
struct session_state_record {
  card_ref session;
  std::uint64_t revision = 0;
  std::uint32_t expiry_interval_s = 0;
  bool connected = false;
  std::vector<mqtt::subscription> subscriptions;
  std::optional<mqtt::will> will;
};

} // namespace mqttzoo::actors
