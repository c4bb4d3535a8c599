// A pod that is alone and has a small bank, a client that publishes, and one that is away.
//
// Lives for one test, on its thread.
#pragma once

#include "tests/actors/books.hpp"
#include "tests/actors/fixture.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace mqttzoo::test {

using mqtt::packet_type;
using mqtt::qos;
using mqtt::reason_code;

inline constexpr std::uint32_t kept_s = 3600;

/// Room for ten small messages for the least TTL: 300 credits. Each costs 30 to 40.
inline pod_options small_bank() {
  pod_options o;
  o.bank.capacity_bytes = 10 * 1024;
  o.bank.ttl_min = std::chrono::seconds{30};
  o.bank.ttl_max = std::chrono::seconds{40};
  return o;
}

struct held_fixture : pod_fixture {
  client publisher{*this, "p"};
  client subscriber{*this, "s"};
  std::uint16_t last_id = 0;

  held_fixture() : pod_fixture(small_bank()) {
    publisher.connect();
    subscriber.connect(true, kept_s);
    subscriber.subscribe("t/#", qos::exactly_once);
    subscriber.lose_connection();
  }

  test::books books() { return read_books(*store, zk::paths{}); }

  void check_books() {
    const auto b = books();
    CAF_CHECK_EQUAL(b.sum(), b.total);
    CAF_CHECK(!b.negative);
  }

  /// What the publisher hears.
  reason_code publish(const std::string& topic, const std::string& payload,
                      qos q = qos::at_least_once, bool retain = false) {
    publisher.received();
    publisher.publish(topic, payload, q, ++last_id, retain);
    const auto acks = publisher.received_of<mqtt::ack_packet>();
    CAF_REQUIRE_EQUAL(acks.size(), 1u);
    if (q == qos::exactly_once && !mqtt::is_failure(acks[0].reason)) {
      publisher.acknowledge(packet_type::pubrel, mqtt::packet_id{last_id});
      publisher.received();
    }
    return acks[0].reason;
  }

  void publish_for_seconds(std::uint32_t expiry_s, qos q) {
    mqtt::publish_packet p;
    p.topic = "t/a";
    p.payload = "m";
    p.qos = q;
    p.id = mqtt::packet_id{77};
    p.properties.message_expiry_interval_s = expiry_s;
    std::string bytes;
    encode(p, mqtt::protocol_version::v5, 0, bytes);
    publisher.send(bytes);
  }

  void fill() {
    for (int i = 0; i < 20 && !mqtt::is_failure(publish("t/" + std::to_string(i), "m")); ++i) {
    }
  }

  zk::mail_name only_mail() {
    std::optional<zk::mail_name> found;
    for_each_node_below(zk::paths{}.topics(), [&](const zk::scanned_node& node) {
      if (const auto name = zk::parse_mail_name(zk::last_level_of(node.path)))
        found = name;
    });
    CAF_REQUIRE(found);
    return *found;
  }

  strings resume() {
    strings got;
    subscriber.connect(false, kept_s);
    for (const auto& p : subscriber.early)
      if (const auto* m = std::get_if<mqtt::publish_packet>(&p)) {
        got.emplace_back(m->payload);
        subscriber.acknowledge(packet_type::puback, m->id);
      }
    return got;
  }

  strings retained(const std::string& filter) {
    client reader{*this, "r"};
    reader.connect();
    reader.subscribe(filter, qos::at_least_once);
    return reader.payloads();
  }
};

} // namespace mqttzoo::test
