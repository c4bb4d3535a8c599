// The description has all that is answered, and nothing else.
#define CAF_SUITE admin.openapi
#include "admin/api.hpp"
#include "admin/static_files.hpp"

#include <caf/test/dsl.hpp>

#include <set>

using namespace mqttzoo;

CAF_TEST(every route is described and every description is a route) {
  core::manual_clock clock;
  boost::asio::io_context io;
  zk::inline_executor here;
  const actors::inspector in{{}};
  admin::pod_state::start self;
  self.clock = &clock;
  admin::pod_state pod{self, {}};
  const admin::watchdog dog{io, in, clock, std::chrono::seconds{1}};
  const admin::metrics numbers{{in, pod, dog, {}, {}, nullptr}};
  const admin::history past{io, in, clock};
  const admin::api api{{io, in, pod, dog, numbers, past, here}};
  std::set<std::string> answered{"GET /api/v1/openapi.json"};
  for (const auto& r : api.routes())
    answered.insert(r);
  std::set<std::string> described;
  const auto document = admin::json::parse(admin::openapi_document());
  for (const auto& [path, operations] : document["paths"].items())
    for (const auto& [verb, operation] : operations.items()) {
      std::string upper;
      for (const char c : verb)
        upper += static_cast<char>(c - 'a' + 'A');
      described.insert(upper + ' ' + path);
    }
  CAF_CHECK_EQUAL(answered, described);
}

CAF_TEST(static files have a type) {
  const auto file = admin::find_static_file("/api/v1/openapi.json");
  CAF_REQUIRE(file.has_value());
  CAF_CHECK_EQUAL(file->type, "application/json");
  CAF_CHECK(!admin::find_static_file("/../etc/passwd").has_value());
}
