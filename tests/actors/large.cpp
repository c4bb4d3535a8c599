// Messages that do not fit into one node: they come whole, are paid for once, and leave nothing
// behind when they cannot be completed. Through clients of a pod that is alone.
#define CAF_SUITE large
#include "tests/actors/books.hpp"
#include "tests/actors/fixture.hpp"
#include "zk/message_parts.hpp"

#include <utility>

using namespace mqttzoo;
using mqtt::packet_type;
using mqtt::qos;
using mqtt::reason_code;
using test::client;
using test::strings;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t kept_s = 3600;
constexpr std::size_t large_bytes = 2 * zk::part_bytes_max + 1; // three parts

std::string large(char first) {
  std::string made(large_bytes, 'x');
  made.front() = first;
  made.back() = first;
  return made;
}

struct large_fixture : test::pod_fixture {
  client publisher{*this, "p"};
  client subscriber{*this, "s"};

  explicit large_fixture(test::pod_options options = {}) : pod_fixture(std::move(options)) {
    services.settings.mqtt.packet_bytes_max = 4 << 20;
    services.limits = actors::make_limits(services.settings);
    publisher.connect(true, kept_s);
    subscriber.connect(true, kept_s);
    subscriber.subscribe("t", qos::exactly_once);
    subscriber.lose_connection();
    publisher.publish("t", "before", qos::at_least_once, 1); // makes the bucket and opens the books
    publisher.received();
  }

  static bool is_part(const zk::scanned_node& node) {
    return zk::parse_mail_name(zk::last_level_of(zk::parent_of(node.path))).has_value();
  }

  std::size_t parts() {
    std::size_t found = 0;
    for_each_node_below(zk::paths{}.topics(),
                        [&](const zk::scanned_node& node) { found += is_part(node); });
    return found;
  }

  void check_books() {
    const auto b = test::read_books(*store, zk::paths{});
    CAF_CHECK_EQUAL(b.sum(), b.total);
    CAF_CHECK(!b.negative);
  }

  reason_code ack() {
    const auto acks = publisher.received_of<mqtt::ack_packet>();
    CAF_REQUIRE_EQUAL(acks.size(), 1u);
    return acks[0].reason;
  }

  /// What the subscriber gets when it comes back, acknowledged.
  strings resume() {
    strings got;
    subscriber.connect(false, kept_s);
    auto packets = subscriber.early;
    while (!packets.empty()) {
      for (const auto& p : packets)
        if (const auto* m = std::get_if<mqtt::publish_packet>(&p)) {
          got.emplace_back(m->payload);
          subscriber.acknowledge(
              m->qos == qos::exactly_once ? packet_type::pubrec : packet_type::puback, m->id);
        } else if (const auto* a = std::get_if<mqtt::ack_packet>(&p);
                   a && a->type == packet_type::pubrel) {
          subscriber.acknowledge(packet_type::pubcomp, a->id);
        }
      packets = subscriber.received();
    }
    return got;
  }

  strings retained() {
    client reader{*this, "r"};
    reader.connect();
    reader.subscribe("kept", qos::at_least_once);
    return reader.payloads();
  }

  /// Lets `steps` things happen in the store, and no more than these.
  void pass_steps(unsigned steps) {
    for (unsigned n = 0; n < steps; ++n) {
      run();
      store->run_turn();
      faults->step();
    }
    run();
  }

  void check_nothing_left() {
    CAF_CHECK_EQUAL(mails(), 0u);
    CAF_CHECK_EQUAL(parts(), 0u);
    CAF_CHECK_EQUAL(pointers(), 0u);
    check_books();
  }
};

/// Enough to meet every one of a large message's transactions.
constexpr unsigned steps_max = 14;

/// Room for less than a large message.
struct small_bank_fixture : large_fixture {
  static test::pod_options options() {
    test::pod_options o;
    o.bank.capacity_bytes = large_bytes / 2;
    o.bank.ttl_min = o.bank.ttl_max = 30s;
    return o;
  }
  small_bank_fixture() : large_fixture(options()) {}
};

/// Time passes.
struct lease_fixture : large_fixture {
  static test::pod_options options() {
    test::pod_options o;
    o.bank.ttl_min = 30s;
    o.bank.ttl_max = 40s;
    return o;
  }
  lease_fixture() : large_fixture(options()) {}
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(large_tests, large_fixture)

CAF_TEST(mail in parts comes whole and in its place) {
  publisher.publish("t", large('1'), qos::at_least_once, 2);
  CAF_CHECK(ack() == reason_code::success);
  publisher.publish("t", "behind", qos::at_least_once, 3);
  CAF_CHECK_EQUAL(mails(), 3u);
  CAF_CHECK_EQUAL(parts(), 3u);
  check_books();
  CAF_CHECK(resume() == (strings{"before", large('1'), "behind"}));
  check_nothing_left();
}

CAF_TEST(exactly once in parts) {
  publisher.publish("t", large('1'), qos::exactly_once, 2);
  CAF_CHECK(ack() == reason_code::success);
  CAF_CHECK_EQUAL(parts(), 3u);
  CAF_CHECK_EQUAL(received_ids(), 1u);
  CAF_CHECK(resume() == (strings{"before", large('1')}));
  check_nothing_left();
}

CAF_TEST(one copy in parts serves all and the last one removes it) {
  client other{*this, "o"};
  other.connect(true, kept_s);
  other.subscribe("t", qos::at_least_once);
  other.lose_connection();
  publisher.publish("t", large('1'), qos::at_least_once, 2);
  CAF_CHECK_EQUAL(parts(), 3u);
  resume();
  CAF_CHECK_EQUAL(parts(), 3u);
  other.connect(true, 0); // its session ends
  CAF_CHECK_EQUAL(parts(), 0u);
  check_books();
}

CAF_TEST(small messages go on while parts are written) {
  client fast{*this, "f"};
  fast.connect();
  fast.write(client::publish_bytes("t", large('1'), qos::at_least_once, 2));
  pass_steps(3);
  CAF_CHECK_LESS(parts(), 3u);
  publisher.publish("t", "meanwhile", qos::at_least_once, 3);
  CAF_CHECK(ack() == reason_code::success);
  CAF_CHECK(resume() == (strings{"before", large('1'), "meanwhile"}));
}

CAF_TEST(wherever the store is full nothing stays of it and its publisher hears) {
  unsigned refused = 0;
  for (unsigned steps = 0; steps < steps_max; ++steps) {
    publisher.write(
        client::publish_bytes("t", large('1'), qos::at_least_once, static_cast<std::uint16_t>(10)));
    pass_steps(steps);
    faults->set_full(true);
    settle();
    const auto reason = ack();
    faults->set_full(false);
    advance(2s); // what could not be removed is removed
    if (reason == reason_code::success) {
      CAF_CHECK_EQUAL(parts(), 3u);
      resume();
      subscriber.lose_connection();
    } else {
      CAF_CHECK(reason == reason_code::quota_exceeded);
      CAF_CHECK_EQUAL(parts(), 0u);
      ++refused;
    }
    check_books();
  }
  CAF_CHECK_GREATER(refused, 4u);
  CAF_CHECK_LESS(refused, steps_max);
}

CAF_TEST(whatever answer is lost it comes whole and once) {
  resume();
  for (const auto loss : {zk::fault::loss_applied, zk::fault::loss_not_applied})
    for (unsigned steps = 0; steps < steps_max; ++steps) {
      subscriber.lose_connection();
      publisher.write(client::publish_bytes("t", large('1'), qos::at_least_once, 10));
      pass_steps(steps);
      faults->next_meets(loss);
      settle();
      CAF_CHECK(ack() == reason_code::success);
      CAF_CHECK(resume() == strings{large('1')});
      check_nothing_left();
    }
}

CAF_TEST(a session that ends while parts are written leaves nothing) {
  for (unsigned steps = 0; steps < steps_max; ++steps) {
    subscriber.connect(true, kept_s);
    subscriber.subscribe("t", qos::at_least_once);
    subscriber.lose_connection();
    publisher.write(client::publish_bytes("t", large('1'), qos::at_least_once, 10));
    pass_steps(steps);
    subscriber.connect(true, 0);
    CAF_CHECK(ack() == reason_code::success);
    check_nothing_left();
  }
}

CAF_TEST(a retained message in parts is replaced and removed with them) {
  publisher.publish("kept", large('1'), qos::at_least_once, 2, true);
  CAF_CHECK(ack() == reason_code::success);
  CAF_CHECK(retained() == strings{large('1')});
  CAF_CHECK_EQUAL(parts(), 3u);
  check_books();
  publisher.publish("kept", large('2'), qos::at_least_once, 3, true);
  CAF_CHECK(retained() == strings{large('2')});
  CAF_CHECK_EQUAL(parts(), 3u);
  check_books();
  publisher.publish("kept", "small", qos::at_least_once, 4, true);
  CAF_CHECK(retained() == strings{"small"});
  CAF_CHECK_EQUAL(parts(), 0u);
  publisher.publish("kept", large('3'), qos::at_least_once, 5, true);
  CAF_CHECK_EQUAL(parts(), 3u);
  publisher.publish("kept", "", qos::at_least_once, 6, true);
  CAF_CHECK(retained().empty());
  resume();
  check_nothing_left();
}

CAF_TEST(the newest of many retained in parts is what stays) {
  for (std::uint16_t id = 2; id < 8; ++id) {
    publisher.write(client::publish_bytes("kept", large(static_cast<char>('0' + id)),
                                          qos::at_least_once, id, true));
    pass_steps(2);
  }
  settle();
  CAF_CHECK_EQUAL(publisher.received_of<mqtt::ack_packet>().size(), 6u);
  CAF_CHECK(retained() == strings{large('7')});
  CAF_CHECK_EQUAL(parts(), 3u);
  check_books();
}

CAF_TEST(wherever the store is full a retained message is whole) {
  auto before = large('1');
  publisher.publish("kept", before, qos::at_least_once, 2, true);
  CAF_CHECK(ack() == reason_code::success);
  unsigned stored_later = 0;
  for (unsigned steps = 0; steps < steps_max; ++steps) {
    const auto next = large(static_cast<char>('a' + steps));
    publisher.write(client::publish_bytes("kept", next, qos::at_least_once, 10, true));
    pass_steps(steps);
    faults->set_full(true);
    settle();
    const bool refused = ack() != reason_code::success;
    CAF_CHECK_GREATER_OR_EQUAL(parts(), 3u); // of one that is whole
    check_books();
    faults->set_full(false);
    advance(2s); // it is tried again unless the bank said no, and what is left over goes
    const auto got = retained();
    CAF_CHECK(got == strings{next} || (refused && got == strings{before}));
    CAF_CHECK_EQUAL(parts(), 3u);
    check_books();
    stored_later += refused && got == strings{next};
    before = got.at(0);
  }
  CAF_CHECK_GREATER(stored_later, 0u);
}

CAF_TEST_FIXTURE_SCOPE_END()

CAF_TEST_FIXTURE_SCOPE(large_in_a_small_bank_tests, small_bank_fixture)

CAF_TEST(what cannot be paid for is not begun) {
  publisher.publish("t", large('1'), qos::at_least_once, 2);
  CAF_CHECK(ack() == reason_code::quota_exceeded);
  publisher.publish("kept", large('1'), qos::at_least_once, 3, true);
  CAF_CHECK(ack() == reason_code::quota_exceeded);
  CAF_CHECK(retained().empty());
  CAF_CHECK(resume() == strings{"before"});
  check_nothing_left();
}

CAF_TEST_FIXTURE_SCOPE_END()

CAF_TEST_FIXTURE_SCOPE(large_and_time_tests, lease_fixture)

CAF_TEST(mail in parts goes when its time is over and retained messages stay) {
  publisher.publish("t", large('1'), qos::at_least_once, 2);
  publisher.publish("kept", large('2'), qos::at_least_once, 3, true);
  CAF_CHECK_EQUAL(parts(), 6u);
  for (int n = 0; n < 100; ++n) {
    advance(1s);
    check_books();
  }
  CAF_CHECK_EQUAL(parts(), 3u);
  CAF_CHECK_EQUAL(pointers(), 0u);
  CAF_CHECK_GREATER(pod.bank_counts.renewals.get(), 1u);
  CAF_CHECK(retained() == strings{large('2')});
  publisher.publish("kept", "", qos::at_least_once, 4, true);
  check_nothing_left();
}

CAF_TEST_FIXTURE_SCOPE_END()
