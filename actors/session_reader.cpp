#include "actors/session_reader.hpp"

#include "actors/delivery_states.hpp"
#include "core/log.hpp"
#include "zk/paths.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

/// Between the clock of the store and what this pod knows of it.
constexpr std::int64_t clock_slack_ms = 60'000;

mqtt::subscription to_subscription(const zk::subscription_record& r) {
  mqtt::subscription s;
  s.filter = r.filter;
  s.options.qos = static_cast<mqtt::qos>(r.qos);
  s.options.no_local = r.no_local;
  s.options.retain_as_published = r.retain_as_published;
  s.options.retained = static_cast<mqtt::retain_handling>(r.retain_handling);
  s.identifier = r.subscription_identifier;
  return s;
}

mqtt::will to_will(const zk::will_record& r) {
  mqtt::will w;
  w.topic = r.message.topic;
  w.payload = r.message.payload;
  w.qos = static_cast<mqtt::qos>(r.message.qos);
  w.retain = r.message.retain;
  w.delay_interval_s = r.delay_s;
  if (r.message.expires_at_unix_ms != 0)
    w.message_expiry_interval_s = static_cast<std::uint32_t>(
        (r.message.expires_at_unix_ms - r.message.stored_at_unix_ms) / 1000);
  w.payload_is_utf8 = r.message.payload_is_utf8;
  w.forwarded = r.message.forwarded_properties;
  return w;
}

} // namespace

zk::decoded<recovered_session> session_reader::session(std::string_view data) const {
  auto record = zk::decode_session(data);
  if (!record)
    return unexpected{record.error()};
  auto state = std::make_shared<restored_session>();
  state->expiry_interval_s = record->session_expiry_interval_s;
  state->expires_at = expiry(*record);
  if (record->will) {
    state->will = std::make_unique<mqtt::will>(to_will(*record->will));
    state->will_due = std::min<net::time_point>(
        to_steady(lost_at_ms(*record) + std::int64_t{record->will->delay_s} * 1000),
        state->expires_at);
  }
  for (auto& s : record->subscriptions)
    state->subscriptions.push_back(to_subscription(s));
  return recovered_session{std::move(record->client_id), std::move(state), {}};
}

zk::decoded<session_reader::pointer> session_reader::read_pointer(std::string_view level,
                                                                  std::string_view data) {
  auto record = zk::decode_pointer(data);
  if (!record)
    return unexpected{record.error()};
  const auto digits = level.substr(std::min<std::size_t>(level.size(), 2)); // behind "p-"
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (number == 0)
    return unexpected{zk::record_error::bad_value};
  return pointer{mqtt::stored_number{number}, std::move(*record)};
}

void session_reader::add(recovered_session& to, pointer p, mqtt::message_ref message,
                         client_id publisher) const {
  const auto& r = p.record;
  auto terms = make_ref<mqtt::delivery_terms>();
  terms->maximum_qos = static_cast<mqtt::qos>(r.qos);
  terms->retain_as_published = r.retain;
  terms->retained = r.retain;
  terms->subscription_identifiers = r.subscription_identifiers;
  mqtt::stored_pointer stored;
  stored.number = p.number;
  stored.id = mqtt::packet_id{r.packet_id};
  stored.state = to_stored_state(r.state);
  stored.qos = static_cast<mqtt::qos>(r.qos);
  const auto until = message ? held_until(r.mail_path) : net::time_point::max();
  to.state->messages.push_back({{message, std::move(terms), nullptr}, stored, until});
  auto path = r.mail_path;
  to.pointers.push_back({nullptr, p.number, std::move(message), std::move(path),
                         std::move(p.record), std::move(publisher)});
}

bool session_reader::add_without_mail(recovered_session& to, const pointer& p) const {
  if (p.record.state == zk::delivery_state::released) {
    add(to, p, nullptr, {});
    return true;
  }
  const auto name = zk::parse_mail_name(zk::last_level_of(p.record.mail_path));
  if (!name || name->expires_at_unix_ms > store_now_ms_ + clock_slack_ms)
    return false;
  to.pointers.push_back({nullptr, p.number, nullptr, p.record.mail_path, p.record, {}});
  return true;
}

std::optional<zk::record_error> session_reader::add_received(recovered_session& to,
                                                             std::string_view data) {
  const auto record = zk::decode_received(data);
  if (!record)
    return record.error();
  to.state->received.push_back(mqtt::packet_id{record->packet_id});
  return std::nullopt;
}

void session_reader::finish(recovered_session& s) {
  std::sort(s.state->messages.begin(), s.state->messages.end(),
            [](const auto& a, const auto& b) { return a.pointer.number < b.pointer.number; });
}

mqtt::message_ref session_reader::message(const zk::message_record& r) const {
  mqtt::message_head head;
  head.topic = make_ref<const mqtt::shared_topic>(r.topic);
  head.qos = static_cast<mqtt::qos>(r.qos);
  head.retain = r.retain;
  head.payload_is_utf8 = r.payload_is_utf8;
  if (r.expires_at_unix_ms != 0)
    head.expires_at = to_steady(r.expires_at_unix_ms);
  return mqtt::message::make(std::move(head), r.forwarded_properties, r.payload);
}

/// When the time of mail is over, which its name says.
net::time_point session_reader::held_until(std::string_view mail_path) const {
  const auto name = zk::parse_mail_name(zk::last_level_of(mail_path));
  if (!name || name->expires_at_unix_ms == 0)
    return net::time_point::max();
  return now_ + std::chrono::milliseconds{name->expires_at_unix_ms - store_now_ms_};
}

net::time_point session_reader::expiry(const zk::session_record& r) const {
  if (r.session_expiry_interval_s == zk::session_never_expires)
    return net::time_point::max();
  return to_steady(lost_at_ms(r) + std::int64_t{r.session_expiry_interval_s} * 1000);
}

/// A session whose client was connected when the pod died lost it then; what is known is that it
/// was before now.
std::int64_t session_reader::lost_at_ms(const zk::session_record& r) const {
  return r.disconnected_at_unix_ms == 0 ? unix_now_ms_ : r.disconnected_at_unix_ms;
}

net::time_point session_reader::to_steady(std::int64_t unix_ms) const {
  return now_ + std::chrono::milliseconds{unix_ms - unix_now_ms_};
}

void report_damaged(const std::string& path, zk::record_error e) {
  log.error("a stored record is damaged and was left alone",
            {{"path", path}, {"error", zk::to_string(e)}});
}

} // namespace mqttzoo::actors
