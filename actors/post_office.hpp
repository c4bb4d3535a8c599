// The post office: the only writer of sessions, mail and retained messages to the store.
//
// One per pod, on the first unit, for as long as the pod. Sessions and topics hand it what must be
// safe and hear when it is. One stored copy of a message serves all its addressees: each has a
// pointer of its own, the copy goes with the last pointer. A message of QoS 2 is stored in one
// transaction with the pointers of all addressees and the publisher's packet id, so that a crash
// leaves all of it or nothing. Bounded by the store's queue, whose "overloaded" becomes the
// publisher's 0x97.
#pragma once

#include "actors/pinned.hpp"
#include "actors/publish_ticket.hpp"
#include "zk/paths.hpp"
#include "zk/records.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace mqttzoo::actors {

/// What the post office must know of a store that was written by an earlier process.
struct recovered_mail {
  struct pointer {
    card_ref session;
    mqtt::stored_number number{};
    mqtt::message_ref message; ///< shared by all pointers to one mail drop
    std::string mail_path;
    zk::pointer_record record;
  };
  std::vector<pointer> pointers;
  std::vector<std::pair<card_ref, std::vector<mqtt::packet_id>>> received;
};

class post_office final : public pinned_base<post_office_actor>, private net::timer_client {
public:
  post_office(caf::actor_config& config, unit_services& services, zk::paths paths,
              recovered_mail found);

  behavior_type make_behavior() override;
  const char* name() const override { return "post_office"; }
  void on_exit() override;

private:
  /// A stored message; gone with its last pointer.
  struct mail {
    mqtt::message_ref message; ///< keeps the key of mails_ valid
    std::string path;
    std::size_t pointers = 0;
  };

  struct pointer_key {
    session_number session{};
    mqtt::stored_number number{};
    bool operator==(const pointer_key&) const = default;
  };
  struct pointer_hash {
    std::size_t operator()(const pointer_key& k) const noexcept {
      return static_cast<std::size_t>(static_cast<std::uint64_t>(k.session) * 0x9E3779B97F4A7C15u ^
                                      static_cast<std::uint64_t>(k.number));
    }
  };
  struct pointer {
    const mqtt::message* mail = nullptr;
    zk::pointer_record record;
  };

  /// A store-first message whose addressees have not all spoken yet.
  struct gathering {
    ref<publish_ticket> ticket;
    mqtt::message_ref message;
    std::size_t missing = 0;
    bool publisher_erased = false; ///< the session that would have remembered the packet id
    std::vector<deposit> deposits;
  };

  /// What the store is still to learn of a topic's retained message; gone once it has.
  struct retained_write {
    mqtt::message_ref newest; ///< null: there is none any more
    ticket_list waiting;      ///< promises that the next write keeps
    bool under_way = false;
    bool exists = false; ///< whether the store has a node of it, as far as known
  };

  using ops = std::vector<zk::op>;

  void deposit_mail(const deposit& d);
  void decline(const ref<publish_ticket>& t, const mqtt::message_ref& m);
  gathering* gather(const ref<publish_ticket>& t, const mqtt::message_ref& m);
  void word_given(gathering& g);
  void store(const mqtt::message_ref& m, std::vector<deposit> deposits,
             const ref<publish_ticket>& t, const session_card* remembers);
  mail& mail_of(const mqtt::message_ref& m, ops& into);
  void add_pointer(const deposit& d, mail& of, ops& into);
  void resolve(std::string witness, std::vector<deposit> deposits, const ref<publish_ticket>& t);
  void stored_or_not(const std::vector<deposit>& deposits, const ref<publish_ticket>& t,
                     std::optional<zk::error> failed);
  void drop_pointer(const pointer_key& key, ops& into);

  void record_state(const card_ref& session, mqtt::stored_pointer p);
  void forget(const card_ref& session, mqtt::stored_number number);
  void forget_received(const card_ref& session, mqtt::packet_id id);
  void save(const session_state_record& s);
  void write_session(const card_ref& session, std::uint64_t revision, std::string data,
                     bool create);
  void erase(const card_ref& session);
  void leave_gatherings(const card_ref& session);
  void retain(const mqtt::topic_ref& topic, const mqtt::message_ref& m, const ticket_list& tickets);
  void write_retained(const std::string& topic, retained_write& w);
  void retained_written(const std::string& topic, const mqtt::message_ref& m, ticket_list tickets,
                        std::optional<zk::error> e);
  void retain_again();

  /// Makes the two bucket levels above `path`, once.
  void ensure_bucket(std::string_view path);
  /// One transaction; `then` runs as this actor.
  void write(ops what, std::function<void(zk::multi_result)> then);
  /// Removals that may not get lost: tried again while the store is full.
  void remove(ops what);
  void try_again(ops what, const zk::multi_error& after);
  void revive(std::string_view path);
  void await_room();
  void on_due(net::time_point now) override;

  std::string pointer_path(const session_card& session, mqtt::stored_number number) const;
  zk::message_record to_record(const mqtt::message& m) const;

  zk::paths paths_;
  std::unordered_map<const mqtt::message*, mail> mails_;
  std::unordered_map<pointer_key, pointer, pointer_hash> pointers_;
  std::unordered_map<const publish_ticket*, gathering> gatherings_;
  std::unordered_map<session_number, std::unordered_set<mqtt::packet_id>> received_;
  std::unordered_set<session_number> known_sessions_;
  std::unordered_set<std::string> buckets_; ///< at most 65,536 + 256 of each tree
  std::vector<ops> unremoved_;
  std::unordered_map<std::string, retained_write> retained_writes_; ///< by topic
  std::uint64_t last_mail_ = 0;
};

/// What a publisher or subscriber is told when the store said `e`.
mqtt::reason_code to_reason(zk::error e) noexcept;

} // namespace mqttzoo::actors
