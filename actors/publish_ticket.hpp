// A publish's ticket as the actors see it: when its last holder lets go, the publisher gets its
// receipt.
//
// Made by the topic for a message that a persistent session should get (see mqtt/ticket.hpp); any
// thread.
#pragma once

#include "actors/cluster_view.hpp"
#include "actors/session_card.hpp"
#include "mqtt/connection_epoch.hpp"
#include "mqtt/publish_id.hpp"
#include "mqtt/ticket.hpp"

#include <caf/send.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace mqttzoo::actors {

class publish_ticket : public mqtt::ticket {
public:
  publish_ticket(policy storage, card_ref publisher, mqtt::connection_epoch epoch,
                 mqtt::packet_id id)
      : ticket(storage), publisher_(std::move(publisher)), epoch_(epoch), id_(id) {}

  ~publish_ticket() override {
    if (publisher_ && id_ != mqtt::packet_id::none)
      leave(outcome(), word::end);
  }

  /// Of its publisher's PUBLISH. Set before anybody else has it.
  mqtt::qos qos = mqtt::qos::at_least_once;

  /// Its publisher waits where another one would hear "no". Set before anybody else has it.
  bool patient = false;

  /// When its publisher's PUBLISH came, for the time until it is answered; max() if that is at
  /// another pod. Set before anybody else has it.
  mqtt::time_point received_at = mqtt::time_point::max();

  /// The promise cannot be made now and is tried again: its publisher, which waits, is told.
  virtual void delay(const mqtt::settlement& why) const {
    if (publisher_ && id_ != mqtt::packet_id::none)
      leave(why, word::delay);
  }

  /// How many sessions and groups will say whether they need the message stored. Set before the
  /// first of them has it.
  std::size_t addressees = 0;

  /// The publisher whose packet id must be stored with the message: a persistent session's QoS 2,
  /// and no will, which has none. Null otherwise.
  const session_card* remembers() const noexcept {
    const bool does = store_first() && publisher_ && id_ != mqtt::packet_id::none &&
                      publisher_->persistent.load(std::memory_order_relaxed) &&
                      epoch_ >= publisher_->first_epoch.load(std::memory_order_relaxed);
    return does ? publisher_.get() : nullptr;
  }
  mqtt::packet_id id() const noexcept { return id_; }
  /// Null if another pod has it.
  const card_ref& publisher() const noexcept { return publisher_; }
  /// Who published it, on whichever pod; null if that is not known.
  virtual const client_id* client() const noexcept {
    return publisher_ ? &publisher_->client : nullptr;
  }

  /// All addressees have spoken. Post office only.
  bool gathered() const noexcept { return gathered_; }
  void set_gathered() noexcept { gathered_ = true; }

protected:
  /// What its publisher hears of it.
  enum class word : std::uint8_t { end, delay };

private:
  /// Where its end is left too, so that it cannot be overtaken by that.
  void leave(const mqtt::settlement& outcome, word w) const {
    const bool delayed = w == word::delay;
    if (publisher_->settlements.put({epoch_, outcome, {id_, qos}, delayed, received_at}))
      caf::anon_send(publisher_->handle, settled_atom::value);
  }

  card_ref publisher_;
  mqtt::connection_epoch epoch_;
  mqtt::packet_id id_;
  bool gathered_ = false;
};

/// Of a message that another pod sent: that pod hears when the last holder lets go. Made by the
/// topic or the peer.
class far_ticket final : public publish_ticket {
public:
  /// `client`: shared by the tickets of a batch, or null.
  far_ticket(policy storage, member_ref from, std::uint64_t number,
             std::shared_ptr<const client_id> client = nullptr)
      : publish_ticket(storage, nullptr, mqtt::connection_epoch::none, mqtt::packet_id::none),
        from_(std::move(from)), number_(number), client_(std::move(client)) {}
  ~far_ticket() override { leave(outcome(), word::end); }

  void delay(const mqtt::settlement& why) const override { leave(why, word::delay); }

  const member_ref& from() const noexcept { return from_; }
  std::uint64_t number() const noexcept { return number_; }
  const client_id* client() const noexcept override { return client_.get(); }

private:
  void leave(const mqtt::settlement& outcome, word w) const {
    if (from_->settlements.put({outcome, number_, w == word::delay}))
      caf::anon_send(from_->peer, settled_atom::value);
  }

  member_ref from_;
  std::uint64_t number_;
  std::shared_ptr<const client_id> client_;
};

/// Held by the messages that an ending session gives back to its groups: when each is safe with
/// another member, the session may be erased from the store. Made by the session.
class hand_over_ticket final : public publish_ticket {
public:
  explicit hand_over_ticket(session_actor from)
      : publish_ticket(policy::store_if_needed, nullptr, mqtt::connection_epoch::none,
                       mqtt::packet_id::none),
        from_(std::move(from)) {
    patient = true; // whoever was promised one of them cannot be told any more
  }
  ~hand_over_ticket() override { caf::anon_send(from_, handed_over_atom::value, outcome().reason); }

private:
  session_actor from_;
};

} // namespace mqttzoo::actors
