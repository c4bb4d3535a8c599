// What a client may send a second: a session stops where its budget does, and goes on there.
#define CAF_SUITE mqtt.input_meter

#include "mqtt/input_meter.hpp"

#include "session_fixture.hpp"

using namespace mqttzoo;
using namespace mqttzoo::mqtt;
using namespace mqttzoo::mqtt::testing;

namespace {

struct fixture : session_fixture {
  fixture() { connect(protocol_version::v5); }

  /// Offers `input` within the budget; what stayed.
  std::string offer(const std::string& input) {
    auto budget = meter.open(rates, now);
    const auto consumed = machine->on_input(input, now, &budget);
    again_at = meter.close(budget, rates, now);
    return input.substr(consumed);
  }

  std::string publishes(int n) const {
    std::string all;
    for (int i = 0; i < n; ++i)
      all += encoded(publish("t", std::to_string(i)));
    return all;
  }

  std::uint64_t received_publishes() const { return counts.publishes_received.get(); }

  input_rates rates;
  input_meter meter;
  std::optional<time_point> again_at;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(input_meter_tests, fixture)

CAF_TEST(messages beyond the rate stay and come in their turn) {
  rates.messages = {10, 1s};
  auto rest = offer(publishes(25));
  CAF_CHECK_EQUAL(received_publishes(), 10u);
  CAF_CHECK(again_at == now + 100ms);
  CAF_CHECK_EQUAL(meter.stops(), 1u);
  now = *again_at;
  rest = offer(rest);
  CAF_CHECK_EQUAL(received_publishes(), 11u);
  now += 1s;
  rest = offer(rest);
  CAF_CHECK_EQUAL(received_publishes(), 21u);
  now += 1s;
  rest = offer(rest);
  CAF_CHECK_EQUAL(received_publishes(), 25u);
  CAF_CHECK_EQUAL(rest, "");
  CAF_CHECK(!again_at); // nothing had to stay
  CAF_CHECK_EQUAL(meter.stops(), 3u);
}

CAF_TEST(who keeps to the rate is never stopped) {
  rates = {{10, 1s}, {1000, 1s}};
  for (int i = 0; i < 100; ++i, now += 100ms)
    CAF_CHECK_EQUAL(offer(publishes(1)), "");
  CAF_CHECK_EQUAL(meter.stops(), 0u);
}

CAF_TEST(a packet larger than the bytes that are left is taken and waited for) {
  rates.bytes = {1000, 1s};
  const auto large = encoded(publish("t", std::string(2500, 'x')));
  CAF_CHECK_EQUAL(offer(large), "");
  CAF_CHECK_EQUAL(offer(large), large);
  CAF_REQUIRE(again_at.has_value());
  CAF_CHECK(*again_at > now + 1500ms);
  CAF_CHECK(*again_at < now + 1700ms);
  now = *again_at;
  CAF_CHECK_EQUAL(offer(large), "");
  CAF_CHECK_EQUAL(received_publishes(), 2u);
}

CAF_TEST(requests and pings count and acknowledgements do not ) {
  rates.messages = {2, 1s};
  deliver("m", qos::at_least_once);
  received();
  CAF_CHECK_EQUAL(offer(encoded(pingreq_packet{}) + encoded(pingreq_packet{})), "");
  CAF_CHECK_EQUAL(offer(encoded(ack(packet_type::puback, id(1)))), "");
  CAF_CHECK_EQUAL(offer(encoded(pingreq_packet{})), encoded(pingreq_packet{}));
  const auto request = encoded(subscribe(id(1), {"a"}));
  CAF_CHECK_EQUAL(offer(request), request);
  CAF_CHECK_EQUAL(offer(encoded(disconnect_packet{})), "");
  CAF_CHECK(!machine->connected());
}

CAF_TEST(acknowledgements count as bytes) {
  rates.bytes = {4, 1s};
  const auto one = encoded(ack(packet_type::puback, id(1)));
  CAF_CHECK_EQUAL(offer(one + one), one);
}

CAF_TEST_FIXTURE_SCOPE_END()
