// What a client has published and what is not promised yet: the queue, the window, the callers that
// wait for room.
//
// Part of a `machine`, on its client's strand; outlives connections. Bounded in messages, bytes and
// waiting callers. A message is in one of five lists: it waits for room, is queued, leaves or is
// being written (both QoS 0), or flies (sent and not acknowledged). Order is kept: what must be
// sent again goes back in front. A refusal with `retry-after` holds everything back for that long,
// because a server that is full gains nothing from the next message either.
#pragma once

#include "mqtt/packet.hpp"
#include "mqtt/packet_id_pool.hpp"
#include "mqtt/topic_alias.hpp"
#include "sdk/include/mqttzoo/detail/callback.hpp"
#include "sdk/include/mqttzoo/message.hpp"
#include "sdk/include/mqttzoo/options.hpp"
#include "sdk/outbox_store.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <unordered_map>
#include <vector>

namespace mqttzoo::sdk {

using time_point = std::chrono::steady_clock::time_point;

/// What the server of this connection allows.
struct server_grants {
  mqtt::protocol_version version = mqtt::protocol_version::v5;
  std::uint16_t receive_maximum = 65'535;
  std::size_t packet_bytes_max = 0; ///< 0: no limit
  mqtt::qos qos_max = mqtt::qos::exactly_once;
  bool retain = true;
  bool shared = true;
  bool subscription_identifiers = true;
  std::uint16_t topic_alias_maximum = 0;
};

/// Names a publish to cancel() it.
enum class publish_number : std::uint64_t { none = 0 };

class outbox {
public:
  using done = callback<void(std::error_code)>;

  /// `ids` is shared with the subscriptions. `store` is null for an outbox in memory.
  outbox(const outbox_options& bounds, mqtt::packet_id_pool& ids,
         std::unique_ptr<outbox_store> store);
  outbox(const outbox&) = delete;
  outbox& operator=(const outbox&) = delete;
  ~outbox();

  /// Takes over what a former life, or abandon(), left in the store, unless that is done.
  std::error_code load(time_point now);
  /// There is nothing to take over.
  bool is_loaded() const noexcept { return loaded_ || !store_; }

  /// `finished` is called exactly once. `number` is unique and rises; only with it can the publish
  /// be cancelled. `now` counts if there is a timeout or an expiry, or something to be loaded.
  void publish(message&& m, const publish_options& how, publish_number number, time_point now,
               done finished);
  /// Completes the publish with `why`; withdraws the message unless it has left.
  void cancel(publish_number number, std::error_code why);
  /// Completes and forgets everything. A store keeps what it has.
  void abandon(std::error_code why);

  /// A connection stands.
  void connected(const server_grants& grants, bool session_present, time_point now);
  /// It is gone: what has left and was not acknowledged will be sent again, QoS 0 fails.
  void disconnected();
  /// Appends what may be sent now, until `out` has `bytes_max`.
  void pump(std::string& out, std::size_t bytes_max, time_point now);
  /// What pump() appended so far is being written.
  void taken();
  /// What was taken has been written.
  void written();
  /// Saves what has to be safe before anything is written; completes publish_until::stored. If that
  /// fails, messages whose callers wait for it are gone, and the others are saved by the next one.
  std::error_code commit();

  void acknowledge(const mqtt::ack_packet& ack, std::string& out, time_point now);
  void tick(time_point now);
  /// When tick() has something to do; time_point::max() if never.
  time_point wakeup() const;

  /// True while a message waits to be sent, for an answer, or to be written.
  bool busy() const noexcept;
  void describe(client_figures& out) const;

private:
  enum class list : std::uint8_t { waiting, queued, leaving, writing, flying };
  struct entry {
    message what;
    std::string forwarded; ///< its properties, encoded
    mqtt::packet_id id = mqtt::packet_id::none;
    sent_as stage = sent_as::nothing;
    list where = list::waiting;
    publish_until until = publish_until::promised;
    publish_number number = publish_number::none;
    std::uint64_t order = 0;
    std::int64_t row = 0;         ///< in the store; 0: not there
    std::uint64_t put_in = 0;     ///< which commit() saved the row, or will
    std::uint64_t changed_in = 0; ///< likewise of its last change
    std::size_t cost_bytes = 0;
    time_point deadline = time_point::max();
    time_point expires = time_point::max();
    done finished;
  };
  using entries = std::list<entry>;
  using place = entries::iterator;

  bool has_room(std::size_t cost_bytes) const noexcept;
  void admit(place at);
  void admit_waiting();
  void watch(place at, publish_number number);
  void unwatch(const entry& e);
  void finish(entry& e, std::error_code how);
  void remove(place at, std::error_code how);
  void move(place at, list to);
  void back_in_queue(place at);
  void begin_again(place at);
  void forget_id(place at);
  bool may_send(const entry& e, time_point now) const noexcept;
  void send(place at, std::string& out, time_point now);
  std::error_code objection(const entry& e, time_point now) const;
  std::size_t encode(const entry& e, std::string& out, time_point now);
  void refused(place at, const mqtt::ack_packet& ack, time_point now);
  void received(place at, std::string& out);
  void note(entry& e);
  void save_anew(std::error_code why);

  outbox_options bounds_;
  mqtt::packet_id_pool& ids_;
  std::unique_ptr<outbox_store> store_;
  std::array<entries, 5> lists_;
  std::unordered_map<std::uint16_t, place> by_id_;     ///< of those that were sent
  std::unordered_map<std::uint64_t, place> by_number_; ///< of those that can be cancelled
  std::multimap<time_point, publish_number> deadlines_;
  std::vector<place> stored_;         ///< callers who wait for the next commit()
  std::vector<std::int64_t> removed_; ///< rows that the store keeps if that fails
  std::uint64_t next_commit_ = 1;
  std::int64_t last_row_ = 0;
  mqtt::topic_alias_sender aliases_{0};
  server_grants grants_;
  bool loaded_ = false; ///< what the store has
  bool resumed_ = false;
  bool paused_ = false;
  time_point paused_until_ = time_point::min();
  std::size_t messages_ = 0, bytes_ = 0;
  std::uint64_t next_order_ = 1;
  std::uint64_t published_ = 0, retried_ = 0;
};

} // namespace mqttzoo::sdk
