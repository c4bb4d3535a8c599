// Stored sessions and messages, turned from records into what actors start with.
//
// A value with the time it was made at, since what is stored by the calendar is kept by the steady
// clock; used by recovery when an embedded pod starts and by the adopter when another pod has
// departed. Pure; any thread.
#pragma once

#include "actors/bank_services.hpp"
#include "actors/recovered_mail.hpp"
#include "actors/session.hpp"
#include "core/clock.hpp"
#include "zk/records.hpp"
#include "zk/store.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::actors {

struct recovered_session {
  client_id client;
  std::shared_ptr<restored_session> state;
  /// Parallel to state->messages until that is sorted: what the post office needs, once the session
  /// has a card.
  std::vector<recovered_mail::pointer> pointers;
};

class session_reader {
public:
  explicit session_reader(const core::clock& clock)
      : now_(clock.now()), unix_now_ms_(clock.unix_ms()), store_now_ms_(unix_now_ms_) {}
  /// Once it is known what time it is for the store.
  session_reader(const core::clock& clock, const store_clock& store)
      : now_(clock.now()), unix_now_ms_(clock.unix_ms()), store_now_ms_(store.unix_ms(clock)) {}

  /// What stands in the session's own node.
  zk::decoded<recovered_session> session(std::string_view data) const;

  /// One node below it that points to mail. `number` is the session's own for the message.
  struct pointer {
    mqtt::stored_number number{};
    zk::pointer_record record;
  };
  /// `level` is the node's name.
  static zk::decoded<pointer> read_pointer(std::string_view level, std::string_view data);

  /// Gives `to` the message that a pointer of it points to; null if only PUBREL is left to send.
  void add(recovered_session& to, pointer p, mqtt::message_ref message, client_id publisher) const;

  /// The same for a pointer whose mail is not there. That is so when the mail's time is over: then
  /// only PUBREL may be left to send, or the pointer is to be removed. False if it is not over.
  bool add_without_mail(recovered_session& to, const pointer& p) const;

  /// A received packet id below it, given to `to`. An error if it is none.
  static std::optional<zk::record_error> add_received(recovered_session& to, std::string_view data);

  /// After the last message: in their order.
  static void finish(recovered_session& s);

  mqtt::message_ref message(const zk::message_record& r) const;
  bool expired(const zk::message_record& r) const noexcept {
    return r.expires_at_unix_ms != 0 && r.expires_at_unix_ms <= unix_now_ms_;
  }

private:
  net::time_point to_steady(std::int64_t unix_ms) const;
  net::time_point held_until(std::string_view mail_path) const;
  std::int64_t lost_at_ms(const zk::session_record& r) const;
  net::time_point expiry(const zk::session_record& r) const;

  net::time_point now_;
  std::int64_t unix_now_ms_;
  std::int64_t store_now_ms_;
};

/// Says in the log that a node was left as it is.
void report_damaged(const std::string& path, zk::record_error e);

} // namespace mqttzoo::actors
