// What is said of a client in sentences.
#define CAF_SUITE admin.explain
#include "admin/explain.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo;
using strings = std::vector<std::string>;

namespace {

struct explain_fixture {
  core::manual_clock clock;
  admin::pod_state pod{start_of(clock), {}};

  explain_fixture() { pod.on_session({zk::session_state::connected}); }

  static admin::pod_state::start start_of(const core::clock& c) {
    admin::pod_state::start with;
    with.clock = &c;
    return with;
  }

  strings said_of(std::uint64_t times_throttled, strings not_read_because) const {
    actors::actor_details session;
    session.more.add("connected", true);
    session.more.add("not_read_because", std::move(not_read_because));
    session.more.add("times_throttled", times_throttled);
    return admin::explain(session, nullptr, pod);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(explain_tests, explain_fixture)

CAF_TEST(who was throttled once is not said to be throttled for ever) {
  CAF_CHECK_EQUAL(said_of(0, {}), strings{"it waits for nothing: its client is served"});
  CAF_CHECK_EQUAL(said_of(2, {"rate"}), strings{"its client sends faster than limits.client allows "
                                                "and waits its turn, 2 times so far"});
  CAF_CHECK_EQUAL(said_of(1, {"transit"}),
                  (strings{"it waits for nothing: its client is served",
                           "limits.client has had its client wait 1 time so far, and does not "
                           "now"}));
}

CAF_TEST_FIXTURE_SCOPE_END()
