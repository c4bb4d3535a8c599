// A machine on a leash: what it says is decoded, and a server's packets are put into it.
#pragma once

#include "mqtt/encoder.hpp"
#include "sdk/include/mqttzoo/error.hpp"
#include "sdk/machine.hpp"

#include <deque>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace mqttzoo::sdk::test {

using namespace std::chrono_literals;

/// Of a client whose session outlives its connections.
inline client_options lasting() {
  client_options o;
  o.client_id = "c";
  o.clean_start = false;
  o.session_expiry_s = 100;
  return o;
}

/// What a promise said; nothing while it is open.
using answer = std::optional<std::error_code>;

class scripted final : public machine_port {
public:
  struct delivered {
    std::string topic, payload;
    receipt_number number;
  };

  explicit scripted(client_options options = {}, std::unique_ptr<outbox_store> store = nullptr)
      : options_(std::move(options)), m(options_, *this, std::move(store)) {}

  /// A connection as far as CONNACK.
  void connect() {
    connect([](auto&) {});
  }
  /// The same; `change` may change the CONNACK.
  template<class Change>
  void connect(Change change) {
    mqtt::connack_packet p;
    change(p);
    m.begin(now);
    take<mqtt::connect_packet>();
    say(p);
  }
  /// The server's packet; what the machine makes of it.
  template<class Packet>
  std::error_code say(const Packet& p) {
    std::string bytes;
    if constexpr (std::is_same_v<Packet, mqtt::pingresp_packet>)
      mqtt::encode(p, bytes);
    else
      mqtt::encode(p, version(), 0, bytes);
    return m.received(bytes, now);
  }
  std::error_code say_ack(mqtt::packet_type type, mqtt::packet_id id,
                          mqtt::reason_code reason = mqtt::reason_code::success,
                          mqtt::user_properties users = {}) {
    return say(mqtt::ack_packet{type, id, reason, {}, std::move(users)});
  }
  /// What it says next; its views live until the next call.
  template<class Packet>
  Packet take() {
    pull();
    if (said_.empty())
      throw std::runtime_error{"the machine says nothing"};
    current_ = std::move(said_.front());
    said_.pop_front();
    mqtt::frame f;
    const auto status = mqtt::next_frame(current_, 0, f);
    if (!status || *status != mqtt::frame_status::complete)
      throw std::runtime_error{"no whole packet"};
    auto decoded = mqtt::decode(f, version(), mqtt::peer::client, scratch_);
    if (!decoded)
      throw std::runtime_error{decoded.error().what};
    if (!std::holds_alternative<Packet>(*decoded))
      throw std::runtime_error{"another packet: type " + std::to_string(static_cast<int>(f.type))};
    return std::get<Packet>(*decoded);
  }
  bool silent() {
    pull();
    return said_.empty();
  }
  /// The transport took all.
  void written() { m.written(now); }

  /// Publishes; the answer comes into what is returned, which must not move.
  void publish(answer& into, const std::string& topic, const std::string& payload, qos level,
               const publish_options& how = {}) {
    m.outbox().publish({topic, payload, level}, how, publish_number{++numbers}, now,
                       [&into](std::error_code e) { into = e; });
    m.pump(now);
    m.commit();
  }
  void subscribe(answer& into, const std::string& filter) {
    m.filters().subscribe(filter, {}, {}, 1, [&into](std::error_code e, mqtt::qos) { into = e; });
    m.pump(now);
  }

  mqtt::protocol_version version() const {
    return static_cast<mqtt::protocol_version>(options_.version);
  }

private:
  client_options options_;
  std::string current_, scratch_;
  std::deque<std::string> said_;

  void pull() {
    std::string out;
    m.take_output(out);
    std::string_view rest = out;
    mqtt::frame f;
    while (!rest.empty()) {
      const auto status = mqtt::next_frame(rest, 0, f);
      if (!status || *status != mqtt::frame_status::complete)
        throw std::runtime_error{"no whole packet"};
      said_.emplace_back(rest.substr(0, f.wire_size_bytes));
      rest.remove_prefix(f.wire_size_bytes);
    }
  }
  void on_connected(const mqtt::connack_packet&) override { ++connections; }
  void on_message(const mqtt::publish_packet& p, receipt_number number) override {
    got.push_back({std::string{p.topic}, std::string{p.payload}, number});
  }

public:
  machine m;
  time_point now = time_point{} + 1h;
  std::uint64_t numbers = 0;
  int connections = 0;
  std::vector<delivered> got;
};

} // namespace mqttzoo::sdk::test
