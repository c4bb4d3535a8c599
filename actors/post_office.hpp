// The post office: the only writer of sessions, mail and retained messages to the store.
//
// One per pod, on the first unit, for as long as the pod. Sessions and topics hand it what must be
// safe and hear when it is. One stored copy of a message serves all its addressees: each has a
// pointer of its own, the copy goes with the last pointer. A message of QoS 2 is stored in one
// transaction with the pointers of all addressees and the publisher's packet id, so that a crash
// leaves all of it or nothing. Everything it writes goes through the bank (bank.hpp), which pays
// for it: a refusal becomes the publisher's 0x97.
//
// What it stores has its time: each mail a random TTL, in its name with what it cost. When that is
// over the mail goes with all pointers, and their sessions hear of it. Retained messages that this
// pod wrote last are renewed when theirs is over.
//
// A message too large for one node, or for one transaction with all that goes with it, is stored in
// parts (parts_writer.hpp): a retained one below a mail drop of its own, which its node names.
//
// In a cluster every pod has one. A QoS 2 message that came from another pod is stored by that
// one: this post office gives it its word, the operations it would have carried out, and hears of
// the outcome. (A copy in parts it writes itself before.) Each word checks the owner nodes of its
// sessions, so that nothing is stored for a session that another pod has adopted meanwhile. (What a
// pod writes itself needs no such check: a pod whose sessions may be adopted has lost its session
// with the store.) Retained messages are told to all other pods; which of two is the newer, the
// store's order of their writes decides.
#pragma once

#include "actors/bank_commit.hpp"
#include "actors/parts_writer.hpp"
#include "actors/pinned.hpp"
#include "actors/publish_ticket.hpp"
#include "actors/recovered_mail.hpp"
#include "actors/retained_frames.hpp"
#include "actors/retained_history.hpp"
#include "actors/store_refusal.hpp"
#include "core/name_map.hpp"
#include "core/random.hpp"
#include "zk/paths.hpp"
#include "zk/records.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace mqttzoo::actors {

class post_office final : public pinned_base<post_office_actor>, private net::timer_client {
public:
  /// Removals of pointers in one transaction, when a mail's time is over.
  static constexpr std::size_t removed_at_once_max = 100;
  /// Retained messages that are read for the index at a time.
  static constexpr std::size_t retained_reads_max = 128;

  post_office(caf::actor_config& config, unit_services& services, zk::paths paths,
              recovered_mail found);

  behavior_type make_behavior() override;
  const char* name() const override { return "post_office"; }
  void describe(facts& to) const override; // descriptions.cpp
  void on_exit() override;

private:
  /// A message of another pod, by that pod and its number there.
  using far_message = std::pair<const cluster_member*, std::uint64_t>;

  /// How long something is held, and what for.
  struct holding {
    std::int64_t until_unix_ms = 0; ///< by the store's clock
    std::int64_t credits = 0;
    client_id client;        ///< its publisher, where known
    bool shortened = false;  ///< by the message's expiry
    std::uint32_t parts = 0; ///< that it is to have
  };

  /// A stored message; gone with its last pointer, or when its time is over.
  struct mail {
    mqtt::message_ref message; ///< keeps the key of mails_ valid
    std::string path;
    std::uint32_t parts = 0; ///< that stand below it
    bool standing = false;   ///< the copy is there, or on its way to the store
    holding held;
    std::int64_t due_unix_ms = 0; ///< its place in expiring_
    std::vector<std::pair<card_ref, mqtt::stored_number>> pointers;
    std::optional<far_message> word; ///< whose outcome decides whether it is stored
    bool accounted = false;          ///< the bank has it in the accounts
    mqtt::message_ref begun;         ///< its twin, if there is one; see outlive_expiry()
    bool foreign = false; ///< another pod's: that or the leader removes it when its time is over
    bool shared = false;  ///< a session that moved may count on it: it stays until its time is over
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
    const mqtt::message* mail = nullptr; ///< null: its time is over, but for PUBREL
    zk::pointer_record record;
    std::size_t place = 0; ///< in the mail's pointers
  };

  using ops = std::vector<zk::op>;

  /// What a transaction changes besides its mail, whose names say what it costs.
  struct payment {
    std::vector<held_change> held;
    std::int64_t retained = 0; ///< credits
    attempt tried = attempt::first;
  };

  /// Nodes that must go, or say that something is gone; of mail one at most.
  struct removal {
    ops what;
    std::optional<held_change> held; ///< of that mail
    card_ref erases{};               ///< a session, which waits to hear that it is gone
  };

  /// A store-first message whose addressees have not all spoken yet, or whose transaction is under
  /// way and has words of other pods, which may turn out void.
  struct gathering {
    ref<publish_ticket> ticket;
    mqtt::message_ref message;
    std::ptrdiff_t missing = 0;    ///< negative: more spoke than were expected so far
    bool storing = false;          ///< what is below came since and waits
    bool publisher_erased = false; ///< the session that would have remembered the packet id
    std::vector<deposit> deposits;
    std::vector<far_word> words;
  };

  /// What is stored of one message at once.
  struct transaction {
    ref<publish_ticket> ticket;
    mqtt::message_ref message;
    std::vector<deposit> deposits;
    std::vector<far_word> words;
    const session_card* remembers = nullptr; ///< the ticket's
    std::vector<std::size_t> word_ends{};    ///< parallel to words: behind its last operation
    std::uint64_t place = 0;                 ///< in waiting_; 0: it has not waited
    std::string creates{};                   ///< the copy's path; empty: it counts on it
    bool without_ground = false;             ///< that, or its bucket, was not there, once
    /// Another pod stores it with this word: here only the copy is made that the word counts on.
    std::optional<far_message> word{};
  };

  /// What another pod was asked to store, until it says what became of it.
  struct given_word {
    /// What is not on its way to the other pod yet, and can still be left out.
    void leave_out(const std::function<bool(const deposit&)>& leaves);

    ref<publish_ticket> ticket;
    mqtt::message_ref message;
    std::vector<deposit> deposits;
    bool sent = false; ///< not as long as nodes it needs are being made
    bool looked_up = false;
    std::string witness;
    std::vector<std::pair<card_ref, mqtt::stored_number>> forgotten; ///< meanwhile
    std::vector<deposit> later;                                      ///< of the same message
  };

  /// A transaction that found no room and whose publisher waits; see post_office_waiting.cpp.
  struct waiting {
    transaction what; ///< empty while it is tried
    std::size_t bytes = 0;
    mqtt::settlement why;
    net::time_point give_up_at;
    bool tried = false; ///< now
  };

  /// A session that the store has, or is about to have.
  struct known_session {
    zk::version owner = 0;  ///< of its owner node
    bool owner_set = false; ///< that one stands there
  };

  /// Where a retained message stands that does not fit into its node.
  struct retained_body {
    std::string path; ///< of a mail drop; empty: it fits
    std::uint32_t parts = 0;
  };

  /// Another pod's node, as it was read.
  struct others_retained {
    zk::version version = 0;
    std::int64_t credits = 0; ///< without its body's
    retained_body body;
  };

  /// A body that is complete, and that no node names yet.
  struct written_body {
    mqtt::message_ref message;
    retained_body body;
    holding held;
  };

  /// What the store is still to learn of a topic's retained message; gone once it has.
  struct retained_write {
    mqtt::message_ref newest; ///< null: there is none any more
    ticket_list waiting;      ///< promises that the next write keeps
    bool under_way = false;
    bool told = false; ///< other pods have the newest one
    /// A removal of what this pod has the lease of, and of nothing that came after it.
    bool only_own = false;
    /// When those of `waiting` that wait for room are refused; max: none was refused room yet.
    net::time_point give_up_at = net::time_point::max();
    /// Nothing: there is none, or this pod has the lease.
    std::optional<others_retained> others;
    std::optional<written_body> body;
    bool was_read = false; ///< `others` is no guess
    /// Newer than anything this pod has written so far, from another one: what the index has when
    /// nothing newer comes of this.
    std::optional<mqtt::message_ref> heard;
    /// A departed pod's that this was to replace: it is adopted when nothing comes of this.
    std::optional<found_retained> found;
  };

  /// A retained message that this pod wrote last: it renews it.
  struct retained_lease {
    mqtt::message_ref message;
    zk::version version = 0;
    std::int64_t zxid = 0; ///< of the transaction that wrote that version
    holding held;
    retained_body body{};
    std::int64_t due_unix_ms = 0; ///< its place in renewals_
    bool cheap = false;           ///< the bank could not pay for a longer time
    bool denied = false;          ///< nor for the least
    bool under_way = false;
  };

  /// Calls when something's time is over.
  class hourglass final : public net::timer_client {
  public:
    explicit hourglass(post_office& of) : of_(of) {}
    void on_due(net::time_point) override {
      of_.run_inline([this] { of_.time_passed(); });
    }

  private:
    post_office& of_;
  };

  enum class written_by : std::uint8_t { this_pod, departed_pods };
  void take_over(recovered_mail found, written_by whom);
  void begin(recovered_mail found);

  void deposit_mail(const deposit& d);
  /// `pay` null: another pod does.
  mail& mail_of(const mqtt::message_ref& m, const ref<publish_ticket>& t,
                const std::vector<deposit>& addressees, ops& into, payment* pay,
                const zk::stored_parts& parts = {});
  void add_pointer(const deposit& d, mail& of, ops& into);
  void attach(const card_ref& session, mqtt::stored_number number, zk::pointer_record r, mail* to);
  void drop_pointer(const pointer_key& key, removal& into);
  /// Its pointer is gone from the books; what is left of the mail is up to the caller.
  void take_from(mail& m, std::size_t place);

  // post_office_expiry.cpp
  std::int64_t store_now() { return pod().store_time.unix_ms(*pod().clock); }
  holding draw_holding(const mqtt::message& m, const ref<publish_ticket>& t, std::uint32_t parts,
                       bool begun = false);
  holding draw_holding(const mqtt::message& m, std::chrono::milliseconds most, std::uint32_t parts,
                       bool begun = false);
  void outlive_expiry(transaction& t);
  held_change withdrawn(const mqtt::message& m, const holding& h) const;
  held_change returned(const mqtt::message& m, const holding& h) const;
  /// Only the accounts change.
  void book(held_change change);
  void account(mail& m);
  net::time_point held_until(const mail& m);
  void watch_expiry(mail& m, std::int64_t due_unix_ms);
  void drop_mail(std::unordered_map<const mqtt::message*, mail>::iterator m, removal& into);
  void expire(mail& m);
  void time_passed();
  void turn_hourglass();

  // post_office_gathering.cpp
  void decline(const ref<publish_ticket>& t, const mqtt::message_ref& m);
  void word_came(const ref<publish_ticket>& t, const mqtt::message_ref& m, const far_word& w);
  void expect_words(const ref<publish_ticket>& t, const mqtt::message_ref& m, int more);
  gathering* gather(const ref<publish_ticket>& t, const mqtt::message_ref& m);
  void complete(gathering& g);
  const session_card* remembering(const publish_ticket& t) const;
  void store(transaction t);
  ops to_ops(transaction& t, payment& pay);
  void refused(transaction t, const bank_commit& answer);
  static bool lacks_ground(const transaction& t, const zk::multi_error& e) noexcept;
  void undo(transaction& t);
  bool is_void(const transaction& t, const zk::multi_error& e, std::size_t& word) const noexcept;
  void store_without(transaction t, std::size_t word);
  std::ptrdiff_t drop_departed_words(transaction& t);
  void gather_again(transaction t, std::ptrdiff_t missing);
  void ended(const transaction& t, const mqtt::settlement& outcome);
  void stored_or_not(const std::vector<deposit>& deposits, const ref<publish_ticket>& t,
                     const mqtt::settlement& outcome);

  // post_office_parts.cpp
  bool needs_parts(const transaction& t) const;
  static bool fits_a_request(const transaction& t) noexcept;
  bool fits_a_word(const mqtt::message& m) const noexcept;
  void store_parts_first(transaction t);
  void write_head(const mqtt::message_ref& m);
  void head_refused(const mqtt::message_ref& m, const bank_commit& answer);
  void write_parts(const mqtt::message_ref& m);
  void parts_written(const mqtt::message_ref& m);
  void parts_failed(const mqtt::message_ref& m, const mqtt::settlement& why);
  void drop_unpointed(const mqtt::message_ref& m);
  void leave_parts(const std::function<bool(const deposit&)>& leaves, const session_card* gone);

  // post_office_waiting.cpp
  bool wait(transaction& t, const mqtt::settlement& why);
  bool take_place(transaction& t, const mqtt::settlement& why);
  void try_waiting(); ///< also when credit returns
  void wait_without_departed();
  void give_up_waiting();
  void stop_waiting(std::uint64_t place);
  void end_waiting(const std::vector<std::uint64_t>& places);
  void take_from_waiting(const card_ref& session, mqtt::stored_number number);
  void leave_waiting(const card_ref& session);

  // post_office_words.cpp
  void give_word(gathering all);
  void make_copy(const far_message& of);
  void copy_ended(const far_message& of, const mqtt::settlement& outcome);
  void drop_copy(const mqtt::message_ref& m);
  void send_word(const far_message& of);
  bool check_owners(const given_word& w, ops& into) const;
  void send_empty_word(const far_ticket& t);
  void send_refusal(const far_ticket& t, const mqtt::settlement& why);
  void end_unsent(const far_message& of, const mqtt::settlement& outcome);
  void word_ended(const far_message& of, mqtt::reason_code outcome);
  void word_again(const far_message& of, given_word w);
  void look_up(const far_message& of, const std::string& witness);
  void looked_up(const far_message& of, const expected<std::optional<zk::stat>, zk::error>& there);
  void resolve_words();
  bool is_member(const member_ref& m) const { return !view_ || view_->contains(m->life); }
  void install(const view_ref& v);

  void record_state(const card_ref& session, mqtt::stored_pointer p);
  void forget(const card_ref& session, mqtt::stored_number number);
  void forget_received(const card_ref& session, mqtt::packet_id id);
  void save(const session_state_record& s);
  void create_session(const card_ref& session, std::uint64_t revision, std::string data,
                      attempt tried = attempt::first);
  void session_written(const card_ref& session, std::uint64_t revision,
                       std::optional<zk::error> failed);
  void take_owner(const card_ref& session, std::uint64_t revision, std::string data);
  void replace_session(const card_ref& session, std::uint64_t revision, std::string data,
                       std::optional<zk::version> owner);
  std::string owner_data(const session_card& session);
  void erase(const card_ref& session);
  void leave_gatherings(const card_ref& session);

  // post_office_moves.cpp
  struct giving;
  void give(const std::vector<card_ref>& sessions);
  void give_next(const std::shared_ptr<giving>& g);
  void let_go(const std::vector<card_ref>& sessions);

  // post_office_retained.cpp
  void retain(const mqtt::topic_ref& topic, const mqtt::message_ref& m, const ticket_list& tickets);
  void write_retained(const std::string& topic, retained_write& w);
  bool retained_op(const std::string& topic, retained_write& w, const holding& h, ops& into,
                   payment& pay);
  static others_retained node_of(const retained_lease& lease);
  void announce(const std::string& topic, retained_write& w);
  zk::encoded retained_data(const std::string& topic, const mqtt::message_ref& m, const holding& h,
                            const retained_body& body) const;
  void retained_written(const std::string& topic, const mqtt::message_ref& m, const holding& h,
                        ticket_list tickets, const bank_commit& answer);
  void wait_or_refuse(retained_write& w, ticket_list tickets, const mqtt::settlement& why);
  void read_before_write(const std::string& topic);
  void retained_refused(const std::string& topic);
  void retained_committed(const std::string& topic, retained_write& w, const mqtt::message_ref& m,
                          const holding& h, const zk::stat& stat);
  void finish_retained(const std::string& topic);
  void tell_topic(const mqtt::message_ref& m, retain_outcome how);
  void retain_again();

  // post_office_bodies.cpp
  void write_body(const std::string& topic, retained_write& w);
  void write_body_parts(const std::string& topic, written_body b, const ticket_list& tickets);
  void body_written(const std::string& topic, written_body b, const ticket_list& tickets);
  void body_failed(const std::string& topic, const written_body& b, ticket_list tickets,
                   zk::multi_error why);
  void drop_body(retained_write& w);
  void remove_body(const written_body& b);
  static void remove_nodes(const retained_body& b, ops& into);
  /// A retained message as it stands in the store by now; no record: it is damaged.
  struct whole_retained {
    zk::stat stat;
    std::optional<zk::retained_record> record; ///< its body put together
  };
  using whole_handler = std::function<void(const expected<whole_retained, zk::error>&)>;
  void read_whole(const std::string& topic, whole_handler then,
                  std::optional<zk::version> seen = std::nullopt);
  void adopt_in_parts(found_retained found);

  // post_office_leases.cpp
  void hold_retained(const std::string& topic, retained_lease lease);
  void drop_lease(const std::string& topic);
  void drop_older_lease(const std::string& topic, std::int64_t zxid);
  void forget_lease(const std::string& topic);
  void adopt_retained(const std::vector<found_retained>& found);
  void adopt_retained(const found_retained& found, mqtt::message_ref m);
  void adopt_later(found_retained found);
  void renew(const std::string& topic);
  void end_retained(const std::string& topic);
  void leave_to_others(const std::string& topic);
  void renewed(const std::string& topic, const holding& h, const bank_commit& answer);
  void renew_at(const std::string& topic, retained_lease& lease, std::int64_t due_unix_ms);

  // post_office_heard.cpp
  void tell_others(const pod_frame& frame);
  void heard(const member_ref& from, const pod_frame& frame);
  void take_commit(const member_ref& from, const retained_commit& c);
  void take_retained(const std::string& topic, const mqtt::message_ref& m, std::int64_t zxid);
  void give_to_index(const std::string& topic, const mqtt::message_ref& m);
  void read_retained(const std::string& topic);
  void read_retained_node(const std::string& topic,
                          std::function<void(const expected<zk::node, zk::error>&)> then);
  void retained_read(const std::string& topic, const expected<whole_retained, zk::error>& found);
  void install_retained(const cluster_view* before);

  /// Makes the two bucket levels above `path`, once.
  void ensure_bucket(std::string_view path);
  /// A transaction that other pods' transactions may build on.
  void write_groundwork(ops what, std::function<void(zk::multi_result)> then);
  std::function<void(zk::multi_result)> groundwork(std::function<void(zk::multi_result)> then);
  /// Runs `f` as this actor when all groundwork that was begun has been written.
  void after_groundwork(std::function<void()> f);
  /// One transaction; `then` runs as this actor.
  void write(ops what, std::function<void(zk::multi_result)> then);
  void write(ops what, payment pay, std::function<void(const bank_commit&)> then);
  /// Removals that may not get lost: tried again while the store is full.
  void remove(removal r);
  void removed_or_not(removal r, const zk::multi_result& result);
  void try_again(removal r, const zk::multi_error& after);
  bool children_go(const zk::op& node) const;
  void tell_erased(removal& r);
  void revive(std::string_view path);
  void await_room();
  void on_due(net::time_point now) override;

  std::string pointer_path(const session_card& session, mqtt::stored_number number) const;
  zk::message_record to_record(const mqtt::message& m, const client_id& publisher,
                               const zk::stored_parts& parts) const;

  zk::paths paths_;
  std::unordered_map<const mqtt::message*, mail> mails_;
  std::unordered_map<pointer_key, pointer, pointer_hash> pointers_;
  std::unordered_map<const publish_ticket*, gathering> gatherings_;
  std::unordered_map<session_number, std::unordered_set<mqtt::packet_id>> received_;
  std::map<far_message, given_word> words_;
  std::unordered_map<session_number, known_session> known_sessions_;
  std::unordered_set<std::string> buckets_;   ///< at most 65,536 + 256 of each tree
  std::map<std::uint64_t, removal> removing_; ///< under way, by their order
  std::uint64_t last_removal_ = 0;
  std::vector<removal> unremoved_;           ///< to be tried again
  std::map<std::uint64_t, waiting> waiting_; ///< by place: in the order of their coming
  std::uint64_t last_place_ = 0;
  std::size_t waiting_bytes_ = 0;
  std::size_t tried_ = 0;                          ///< of waiting_, now
  std::size_t tried_at_once_ = 1;                  ///< more as long as there is room
  bool trying_ = false;                            ///< in the middle of try_waiting()
  core::name_map<retained_write> retained_writes_; ///< by topic
  std::uint64_t last_mail_ = 0;
  /// What counts on a message whose parts are on their way to the store.
  std::unordered_map<const mqtt::message*, std::vector<transaction>> being_written_;
  parts_writer parts_{[this](ops what, std::function<void(zk::multi_result)> then) {
    write(std::move(what), std::move(then));
  }};

  core::random_source random_;
  hourglass hourglass_{*this};
  std::set<std::pair<std::int64_t, const mqtt::message*>> expiring_; ///< mail by its time
  core::name_map<retained_lease> leases_;                            ///< by topic
  std::set<std::pair<std::int64_t, std::string>> renewals_;          ///< topics by their time
  recovered_mail found_;                                             ///< until it begins

  view_ref view_; ///< null: none yet, or alone
  // Groundwork is numbered; what is under way stands in the set.
  std::uint64_t groundwork_begun_ = 0;
  std::set<std::uint64_t> groundwork_open_;
  std::deque<std::pair<std::uint64_t, std::function<void()>>> behind_groundwork_;
  retained_history retained_history_;
  core::name_set unread_;                 ///< retained topics to be read again
  std::vector<found_retained> unadopted_; ///< to be adopted later
  std::size_t retained_reads_ = 0;
  core::name_set to_read_; ///< retained topics, while there are as many as may be
};

/// Its client may have the message already.
bool is_begun(const deposit& d) noexcept;

} // namespace mqttzoo::actors
