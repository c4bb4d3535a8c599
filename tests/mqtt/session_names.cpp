// Filters that a client made to collide lie apart in its session's table.
#define CAF_SUITE session_names
#include "session_fixture.hpp"
#include "tests/core/colliding_names.hpp"

using namespace mqttzoo;
using namespace mqttzoo::mqtt::testing;

CAF_TEST_FIXTURE_SCOPE(session_names_tests, session_fixture)

CAF_TEST(a SUBSCRIBE of filters that collide crowds no bucket) {
  const auto filters = test::colliding_names(1000);
  connect(mqtt::protocol_version::v5);
  send(subscribe(id(1), filters));
  const auto& table = machine->subscriptions();
  CAF_REQUIRE_EQUAL(table.size(), filters.size());
  CAF_CHECK_LESS(test::fullest_bucket(table), test::crowd);
}

CAF_TEST_FIXTURE_SCOPE_END()
