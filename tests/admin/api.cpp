// Which requests have an answer, before anybody is asked.
#define CAF_SUITE admin.api
#include "admin/api.hpp"

#include <caf/test/dsl.hpp>

#include <optional>

using namespace mqttzoo;
using admin::method;

namespace {

/// Of a pod without units: what would ask an actor is not answered.
struct api_fixture {
  core::manual_clock clock;
  boost::asio::io_context io;
  zk::inline_executor here;
  const actors::inspector in{{}};
  admin::pod_state pod{start_of(clock), {}};
  const admin::watchdog dog{io, in, clock, std::chrono::seconds{1}};
  const admin::metrics numbers{{in, pod, dog, {}, {}, nullptr}};
  const admin::history past{io, in, clock};
  const admin::api api{{io, in, pod, dog, numbers, past, here}};

  static admin::pod_state::start start_of(const core::clock& c) {
    admin::pod_state::start with;
    with.clock = &c;
    return with;
  }

  /// Its status; 0: somebody was asked.
  unsigned status_of(method m, std::string_view target) {
    auto r = admin::parse_target(target);
    CAF_REQUIRE(r.has_value());
    r->method = m;
    r->from = admin::standing::admitted;
    r->content_type = "application/json";
    unsigned status = 0;
    api.handle(*r, [&](const admin::response& got) { status = got.status; });
    return status;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(api_tests, api_fixture)

CAF_TEST(an empty name is nobody) {
  pod.settings.admin.actions_allowed = true;
  CAF_CHECK_EQUAL(status_of(method::post, "/api/v1/clients/a/disconnect"), 0u);
  CAF_CHECK_EQUAL(status_of(method::post, "/api/v1/clients//disconnect"), 404u);
  CAF_CHECK_EQUAL(status_of(method::remove, "/api/v1/clients/a"), 0u);
  CAF_CHECK_EQUAL(status_of(method::remove, "/api/v1/clients//"), 404u);
  CAF_CHECK_EQUAL(status_of(method::get, "/api/v1/topics//"), 404u);
  CAF_CHECK_EQUAL(status_of(method::get, "/api/v1/actors//"), 404u);
}

CAF_TEST_FIXTURE_SCOPE_END()
