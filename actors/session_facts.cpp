// What a session says of itself to people, and what they may have it do.
#include "actors/session.hpp"

#include <chrono>

namespace mqttzoo::actors {

namespace {

using namespace std::chrono;

constexpr std::size_t filters_told_max = 1'000;

const char* to_text(mqtt::protocol_version v) {
  switch (v) {
  case mqtt::protocol_version::v3_1:
    return "3.1";
  case mqtt::protocol_version::v3_1_1:
    return "3.1.1";
  case mqtt::protocol_version::v5:
    return "5.0";
  default:
    return "unknown";
  }
}

const char* to_text(mqtt::outbound::awaited a) {
  switch (a) {
  case mqtt::outbound::awaited::puback:
    return "PUBACK";
  case mqtt::outbound::awaited::pubrec:
    return "PUBREC";
  case mqtt::outbound::awaited::pubcomp:
    return "PUBCOMP";
  case mqtt::outbound::awaited::record:
    return "record of PUBREC";
  }
  return "unknown";
}

bool is_credit(mqtt::limit l) {
  return l == mqtt::limit::bank || l == mqtt::limit::client_share;
}

facts describe_sender(const mqtt::outbound& o, net::time_point now) {
  facts f;
  f.add("unacknowledged", o.unacknowledged()).add("window", o.window());
  if (o.unacknowledged() > 0) {
    const auto oldest = o.oldest();
    f.add("oldest_sent_ms_ago", ms(now - oldest.sent_at));
    f.add("oldest_waits_for", to_text(oldest.answer));
    f.add("oldest_packet_id", static_cast<std::uint16_t>(oldest.id));
    if (oldest.topic)
      f.add("oldest_topic", oldest.topic->name());
  }
  f.add("usual_acknowledge_ms", duration<double, std::milli>(o.acknowledge_time()).count());
  f.add("queued_messages", o.waiting()).add("queued_bytes", o.waiting_bytes());
  return f;
}

facts describe_publisher(const mqtt::session& m, const session_card& card, net::time_point now) {
  facts f;
  f.add("without_promise", m.receiver().waiting());
  if (m.receiver().waiting() > 0)
    f.add("last_promise_ms_ago", ms(now - m.promises_since()));
  f.add("transit_bytes", card.transit_bytes.load(std::memory_order_relaxed));
  const auto& p = m.waiting_publishes();
  f.add("delayed", p.size());
  if (!p.empty()) {
    f.add("delayed_for_ms", ms(now - p.since()));
    f.add("delayed_because", mqtt::describe(p.why().hit));
    f.add("delayed_reason", mqtt::to_string(p.why().reason));
  }
  return f;
}

} // namespace

void session::disconnect_by_operator() {
  run_inline([&] {
    machine_.disconnect(mqtt::reason_code::administrative_action, "an operator asked for it",
                        now());
    finish_turn();
  });
}

bool session::drop_by_operator() {
  if (move_ != move::none)
    return false;
  run_inline([&] {
    machine_.disconnect(mqtt::reason_code::administrative_action, "an operator asked for it",
                        now());
    yield(epoch_);
  });
  return true;
}

std::string session::subject() const {
  return card_ ? card_->client.str() : std::string{};
}

/// What stops its client's publishes comes before what stops its deliveries.
wait_state session::waits() const {
  const auto& p = machine_.waiting_publishes();
  if (!p.empty())
    return {is_credit(p.why().hit) ? wait_kind::credit : wait_kind::store, p.since(),
            "a promise for what its client published"};
  if (connack_)
    return {wait_kind::store, paused_since_, "its will to be stored, before CONNACK"};
  if (!subscribes_.empty())
    return {wait_kind::store, subscribes_since_, "its subscriptions to be in force and stored"};
  const bool held_back = machine_.receiver().waiting() > 0;
  const bool unacknowledged = machine_.connected() && machine_.sender().unacknowledged() > 0;
  const auto promises_since = held_back ? machine_.promises_since() : net::time_point::max();
  if (unacknowledged) {
    const auto oldest = machine_.sender().oldest();
    if (oldest.sent_at <= promises_since) {
      const bool store = oldest.answer == mqtt::outbound::awaited::record;
      return {store ? wait_kind::store : wait_kind::client, oldest.sent_at, to_text(oldest.answer)};
    }
  }
  if (held_back)
    return {wait_kind::actor, promises_since, "a promise for what its client published"};
  if ((paused_ & by_outbox) != 0)
    return {wait_kind::socket, paused_since_, "its client to read"};
  if ((paused_ & by_transit) != 0)
    return {wait_kind::actor, paused_since_, "topics to take what its client published"};
  if ((paused_ & by_rate) != 0) // nothing is stuck, however long that is
    return {wait_kind::client, net::time_point::max(), "its client's turn, by limits.client"};
  return {};
}

void session::glance(facts& to) const {
  to.add("connected", machine_.connected());
  to.add("protocol", to_text(machine_.version()));
  to.add("persistent", machine_.persistent());
  to.add("subscription_count", machine_.subscriptions().size());
  to.add("unacknowledged", machine_.sender().unacknowledged());
  to.add("queued_messages", machine_.sender().waiting());
}

void session::describe(facts& to) const {
  if (!card_)
    return;
  const auto at = now();
  to.add("client", card_->client.str());
  to.add("connected", machine_.connected());
  to.add("protocol", to_text(machine_.version()));
  if (connection_) {
    to.add("peer", connection_->peer());
    if (auto listener = connection_->listener(); !listener.empty())
      to.add("listener", std::move(listener));
  }
  if (who_ && who_->user)
    to.add("user", *who_->user);
  to.add("persistent", machine_.persistent());
  if (machine_.expiry_interval_s() == mqtt::session::never_expires)
    to.add("expiry_interval", "never");
  else
    to.add("expiry_interval_s", machine_.expiry_interval_s());
  if (!machine_.connected() && machine_.expires_at() != net::time_point::max())
    to.add("expires_in_ms", ms(machine_.expires_at() - at));
  if (machine_.connected()) {
    to.add("keep_alive_s", duration_cast<seconds>(machine_.keep_alive()).count());
    to.add("last_packet_ms_ago", ms(at - machine_.last_packet()));
    to.add("has_will", machine_.pending_will() != nullptr);
  }
  to.add("sending", describe_sender(machine_.sender(), at));
  to.add("publishing", describe_publisher(machine_, *card_, at));
  if (connection_)
    to.add("outbox_bytes", outbox_bytes());
  facts::text_list paused;
  for (const auto& [why, name] :
       {std::pair{by_protocol, "protocol"}, std::pair{by_transit, "transit"},
        std::pair{by_outbox, "outbox"}, std::pair{by_store, "store"}, std::pair{by_rate, "rate"}})
    if ((paused_ & why) != 0)
      paused.emplace_back(name);
  to.add("not_read_because", std::move(paused));
  to.add("times_throttled", throttle_ ? throttle_->meter.stops() : 0);
  to.add("credit_bytes", reserved_bytes_);
  to.add("stored", stored_);
  to.add("state_saved", revision_ == saved_revision_);
  to.add("subscribes_waiting", subscribes_.size());
  to.add("subscription_count", machine_.subscriptions().size());
  std::vector<facts> subscriptions;
  for (const auto& [filter, s] : machine_.subscriptions()) {
    if (subscriptions.size() == filters_told_max)
      break;
    subscriptions.emplace_back()
        .add("filter", filter)
        .add("qos", static_cast<std::uint8_t>(s.options.qos));
  }
  to.add("subscriptions", std::move(subscriptions));
}

} // namespace mqttzoo::actors
