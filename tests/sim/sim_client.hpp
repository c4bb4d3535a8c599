// A client of a simulated cluster, with what it was promised and what it got.
//
// Owned by the run. Speaks MQTT over a connection that records; behaves as the standard wants a
// good client to: resends what is unacknowledged when its session resumes, acknowledges what it
// gets.
#pragma once

#include "mqtt/encoder.hpp"
#include "tests/actors/fake_connection.hpp"
#include "tests/sim/sim_cluster.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mqttzoo::sim {

class sim_client {
public:
  explicit sim_client(std::string id, mqtt::protocol_version v = mqtt::protocol_version::v5)
      : id_(std::move(id)), version_(v) {}

  const std::string& id() const noexcept { return id_; }
  bool connected() const noexcept { return wire_ && greeted_ && !wire_->closed; }
  bool connecting() const noexcept { return wire_ && !greeted_ && !wire_->closed; }
  sim_pod* at() const noexcept { return wire_ ? at_ : nullptr; }

  /// To that pod, with a session that is kept.
  void connect(sim_pod& to) {
    crash();
    at_ = &to;
    wire_ = std::make_shared<test::fake_connection>();
    greeted_ = false;
    auto a = std::make_shared<actors::attachment>();
    a->connect.packet.version = version_;
    a->connect.packet.client_id = id_;
    a->connect.packet.clean_start = false;
    a->connect.packet.session_expiry_interval_s = 3600;
    a->connect.session_expiry_interval_s = 3600;
    a->connection = wire_;
    a->unit = to.unit.index;
    caf::anon_send(to.pod.home, actors::claim_atom::value, std::move(a));
  }

  /// Its connection is gone, and what was on its way with it.
  void crash() {
    if (!wire_)
      return;
    if (auto* events = wire_->events()) {
      wire_->detach_events();
      events->on_closed(net::close_cause::by_peer);
    }
    wire_ = nullptr;
    unread_.clear();
  }

  void subscribe(const std::string& filter, mqtt::qos q) {
    mqtt::subscribe_packet p;
    p.id = mqtt::packet_id{++last_id_};
    p.entries.push_back({filter, {q}});
    std::string bytes;
    encode(p, version_, bytes);
    write(bytes);
  }

  /// Publishes the next number to `topic`: its payload is `id:number`.
  void publish(const std::string& topic, mqtt::qos q) {
    const auto id = ++last_id_;
    auto& f = flights_[id];
    f = {topic, id_ + ':' + std::to_string(++last_number_), q, false};
    send(id, f, false);
  }
  int last_number() const noexcept { return last_number_; }
  std::size_t in_flight() const noexcept { return flights_.size(); }

  /// Reads what has come, and answers.
  void turn() {
    if (!wire_)
      return;
    if (wire_->closed || !at_->alive())
      return crash();
    offer();
    const auto wire = wire_;
    for (auto& p : wire->take(version_)) {
      if (wire_ != wire)
        return;
      std::visit([&](auto& packet) { on(packet); }, p);
    }
  }

  struct acknowledged {
    std::string topic;
    std::string payload;
    mqtt::qos qos;
  };
  /// What it was promised, in the order of the promises.
  const std::vector<acknowledged>& promised() const noexcept { return promised_; }
  /// Whether it had to publish that payload more than once.
  bool sent_again(const std::string& payload) const { return sent_again_.contains(payload); }
  /// What it got, topic and payload, repetitions too.
  struct arrived {
    std::string topic;
    std::string payload;
    mqtt::qos qos;
    bool dup;
  };
  const std::vector<arrived>& got() const noexcept { return got_; }
  /// The last SUBSCRIBE was accepted.
  bool subscribed() const noexcept { return subscribed_; }
  int fresh_sessions() const noexcept { return fresh_; }

private:
  struct flight {
    std::string topic;
    std::string payload;
    mqtt::qos qos;
    bool received = false; ///< PUBREC came
  };

  void write(const std::string& bytes) {
    unread_ += bytes;
    offer();
  }

  /// As a socket does: what the pod did not take comes again.
  void offer() {
    if (unread_.empty() || !wire_ || !wire_->events() || wire_->paused)
      return;
    const auto all = std::exchange(unread_, {}); // stays while it is read
    unread_ = all.substr(wire_->events()->on_input(all)) + unread_;
  }

  void send(std::uint16_t id, const flight& f, bool dup) {
    std::string bytes;
    if (f.received) {
      append_ack(mqtt::packet_type::pubrel, mqtt::packet_id{id}, mqtt::reason_code::success,
                 version_, bytes);
      return write(bytes);
    }
    if (dup)
      sent_again_.insert(f.payload);
    mqtt::publish_packet p;
    p.topic = f.topic;
    p.payload = f.payload;
    p.qos = f.qos;
    p.dup = dup;
    p.id = mqtt::packet_id{id};
    encode(p, version_, 0, bytes);
    write(bytes);
  }

  void acknowledge(mqtt::packet_type type, mqtt::packet_id id) {
    std::string bytes;
    append_ack(type, id, mqtt::reason_code::success, version_, bytes);
    write(bytes);
  }

  void on(const mqtt::connack_packet& p) {
    if (mqtt::is_failure(p.reason))
      return;
    greeted_ = true;
    if (std::getenv("MQTTZOO_SIM_TRACE"))
      CAF_MESSAGE(id_ << " is connected to " << at_->pod.life.str()
                      << (p.session_present ? " again" : ", without a session"));
    if (p.session_present) {
      for (const auto& [id, f] : flights_)
        send(id, f, true);
      return;
    }
    ++fresh_;
    unreleased_.clear();
    for (auto& [id, f] : flights_)
      if (!f.received)
        send(id, f, true);
    std::erase_if(flights_, [](const auto& f) { return f.second.received; });
  }
  void on(const mqtt::suback_packet& p) { subscribed_ = !mqtt::is_failure(p.reasons.at(0)); }

  void on(const mqtt::ack_packet& p) {
    const auto id = static_cast<std::uint16_t>(p.id);
    if (p.type == mqtt::packet_type::pubrel) {
      unreleased_.erase(id);
      return acknowledge(mqtt::packet_type::pubcomp, p.id);
    }
    const auto found = flights_.find(id);
    if (found == flights_.end())
      return;
    auto& f = found->second;
    const bool refused = mqtt::is_failure(p.reason);
    if (p.type != mqtt::packet_type::pubcomp && !refused && !f.received) {
      if (std::getenv("MQTTZOO_SIM_TRACE"))
        CAF_MESSAGE(id_ << " is promised " << f.payload << " qos " << static_cast<int>(f.qos)
                        << " at " << at_->pod.life.str());
      promised_.push_back({f.topic, f.payload, f.qos});
    }
    if (p.type == mqtt::packet_type::pubrec && !refused) {
      f.received = true;
      return send(id, f, false);
    }
    flights_.erase(found);
  }

  void on(const mqtt::publish_packet& p) {
    const auto id = static_cast<std::uint16_t>(p.id);
    const bool repeated = p.qos == mqtt::qos::exactly_once && !unreleased_.insert(id).second;
    if (std::getenv("MQTTZOO_SIM_TRACE"))
      CAF_MESSAGE(id_ << " gets " << std::string{p.payload} << " qos " << static_cast<int>(p.qos)
                      << (p.dup ? " dup" : "") << (repeated ? " repeated" : "") << " id " << id
                      << " at " << at_->pod.life.str());
    if (!repeated)
      got_.push_back({std::string{p.topic}, std::string{p.payload}, p.qos, p.dup});
    if (p.qos == mqtt::qos::at_least_once)
      acknowledge(mqtt::packet_type::puback, p.id);
    else if (p.qos == mqtt::qos::exactly_once)
      acknowledge(mqtt::packet_type::pubrec, p.id);
  }

  template<class Other>
  void on(const Other&) {}

  const std::string id_;
  const mqtt::protocol_version version_;
  sim_pod* at_ = nullptr;
  std::shared_ptr<test::fake_connection> wire_;
  bool greeted_ = false;
  std::string unread_; ///< written, and not taken by the pod
  std::map<std::uint16_t, flight> flights_;
  std::set<std::uint16_t> unreleased_;
  std::vector<acknowledged> promised_;
  std::set<std::string> sent_again_;
  std::vector<arrived> got_;
  std::uint16_t last_id_ = 0;
  int last_number_ = 0;
  bool subscribed_ = false;
  int fresh_ = 0;
};

} // namespace mqttzoo::sim
