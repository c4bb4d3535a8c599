// The receiver's half by itself: identifiers of QoS 2 and what counts against the Receive Maximum.
#define CAF_SUITE inbound
#include "mqtt/inbound.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo::mqtt;

namespace {

using verdict = inbound::verdict;
using release = inbound::release_verdict;
using result = inbound::result;

constexpr packet_id five{5};
constexpr packet_id six{6};

} // namespace

CAF_TEST(a message of QoS 2 counts from PUBLISH to PUBCOMP) { // [MQTT-3.3.4-7]
  inbound in;
  CAF_CHECK(in.begin_exactly_once(five) == verdict::route);
  CAF_CHECK_EQUAL(in.unacknowledged(), 1u);
  CAF_CHECK_EQUAL(in.waiting(), 1u);
  in.settle_exactly_once(five, result::accepted);
  CAF_CHECK_EQUAL(in.unacknowledged(), 1u);
  CAF_CHECK_EQUAL(in.waiting(), 0u);
  CAF_CHECK(in.release(five) == release::forget);
  CAF_CHECK_EQUAL(in.unacknowledged(), 1u);
  CAF_CHECK(in.forget(five));
  CAF_CHECK_EQUAL(in.unacknowledged(), 0u);
  CAF_CHECK(in.empty());
}

CAF_TEST(a refused message is as if it had never come) { // [MQTT-4.3.3-9]
  inbound in;
  in.begin_exactly_once(five);
  in.settle_exactly_once(five, result::refused);
  CAF_CHECK_EQUAL(in.unacknowledged(), 0u);
  CAF_CHECK(!in.knows(five));
  CAF_CHECK(in.release(five) == release::unknown);
  CAF_CHECK(in.begin_exactly_once(five) == verdict::route);
}

CAF_TEST(the same identifier is the same message until it is released) { // [MQTT-4.3.3-10]
  inbound in;
  in.begin_exactly_once(five);
  CAF_CHECK(in.begin_exactly_once(five) == verdict::already_under_way);
  CAF_CHECK(in.release(five) == release::premature);
  in.settle_exactly_once(five, result::accepted);
  CAF_CHECK(in.begin_exactly_once(five) == verdict::repeat_ack);
  CAF_CHECK_EQUAL(in.unacknowledged(), 1u);
  in.release(five);
  in.forget(five);
  CAF_CHECK(in.begin_exactly_once(five) == verdict::route); // [MQTT-4.3.3-12]
}

CAF_TEST(counts belong to a connection and identifiers to the session) { // [MQTT-4.1.0-1]
  inbound in;
  in.begin_at_least_once();
  in.begin_exactly_once(five);
  in.begin_exactly_once(six);
  in.settle_exactly_once(six, result::accepted);
  in.disconnected();
  CAF_CHECK_EQUAL(in.unacknowledged(), 0u);
  CAF_CHECK(in.waits_for(five));
  CAF_CHECK(in.knows(six));

  CAF_MESSAGE("what is sent again counts again, what is not does not");
  CAF_CHECK(in.begin_exactly_once(five) == verdict::already_under_way);
  CAF_CHECK_EQUAL(in.unacknowledged(), 1u);
  in.begin_at_least_once();
  in.release(six);
  in.forget(six);
  CAF_CHECK_EQUAL(in.unacknowledged(), 2u);
  in.settle_exactly_once(five, result::accepted);
  in.settle_at_least_once();
  CAF_CHECK_EQUAL(in.unacknowledged(), 1u);
  in.release(five);
  in.forget(five);
  CAF_CHECK_EQUAL(in.unacknowledged(), 0u);
}

CAF_TEST(an identifier is forgotten once for each release) {
  inbound in;
  in.begin_exactly_once(five);
  in.settle_exactly_once(five, result::accepted);
  CAF_CHECK(!in.forget(five)); // nobody released it
  CAF_CHECK(in.release(five) == release::forget);
  CAF_CHECK(in.release(five) == release::wait);
  CAF_CHECK(in.forget(five));
  CAF_CHECK(!in.forget(five));
}

CAF_TEST(identifiers come and go in any order) {
  inbound in;
  for (std::uint16_t n = 200; n > 0; --n)
    in.begin_exactly_once(packet_id{n});
  for (std::uint16_t n = 300; n > 200; --n)
    in.restore(packet_id{n});
  in.restore(packet_id{300});
  CAF_CHECK_EQUAL(in.unreleased(), 300u);
  for (std::uint16_t n = 2; n <= 200; n += 2)
    in.settle_exactly_once(packet_id{n}, result::refused);
  CAF_CHECK_EQUAL(in.unreleased(), 200u);
  for (std::uint16_t n = 1; n <= 300; ++n)
    CAF_CHECK_EQUAL(in.knows(packet_id{n}), n > 200 || n % 2 == 1);
  for (std::uint16_t n = 1; n <= 200; n += 2) {
    in.settle_exactly_once(packet_id{n}, result::accepted);
    in.release(packet_id{n});
    CAF_CHECK(in.forget(packet_id{n}));
  }
  CAF_CHECK_EQUAL(in.unreleased(), 100u);
  CAF_CHECK_EQUAL(in.unacknowledged(), 0u);
}

CAF_TEST(what the store could not forget is tried again) {
  inbound in;
  in.restore(five);
  in.restore(six);
  CAF_CHECK(in.begin_exactly_once(five) == verdict::repeat_ack);
  in.release(five);
  in.release(six);
  CAF_CHECK(in.next_kept() == packet_id::none);
  in.keep(five);
  CAF_CHECK(in.release(five) == release::wait);
  CAF_CHECK(!in.forget(five));
  CAF_CHECK(in.next_kept() == five);
  CAF_CHECK(in.next_kept() == packet_id::none);
  CAF_CHECK(in.forget(five));
  CAF_CHECK(in.knows(six));
}
