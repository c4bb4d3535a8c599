// A reload applies what can be applied and names the rest.
#define CAF_SUITE core.reload

#include "core/reload.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo::core;

CAF_TEST(equal settings change nothing) {
  const auto plan = plan_reload(settings{}, settings{});
  CAF_REQUIRE(plan.has_value());
  CAF_CHECK(plan->reloaded.empty());
  CAF_CHECK(plan->restarted.empty());
}

CAF_TEST(only what can be reloaded reaches the result) {
  settings wanted;
  wanted.net.port = 2883;
  wanted.mqtt.packet_bytes_max = 4 << 20;
  wanted.log.level_of[static_cast<std::size_t>(log_folder::zk)] = log_level::debug;
  const auto plan = plan_reload(settings{}, wanted);

  CAF_REQUIRE(plan.has_value());
  CAF_REQUIRE_EQUAL(plan->reloaded.size(), 2u);
  CAF_CHECK_EQUAL(plan->reloaded[0].name, "mqtt.packet.bytes.max");
  CAF_CHECK_EQUAL(plan->reloaded[0].from, "1MiB");
  CAF_CHECK_EQUAL(plan->reloaded[0].to, "4MiB");
  CAF_CHECK_EQUAL(plan->reloaded[1].name, "log.level.zk");
  CAF_CHECK_EQUAL(plan->result.mqtt.packet_bytes_max, 4u << 20);

  CAF_REQUIRE_EQUAL(plan->restarted.size(), 1u);
  CAF_CHECK_EQUAL(plan->restarted[0].name, "net.port");
  CAF_CHECK(plan->result.net.port == 1883);
}

CAF_TEST(what counts at once may not contradict what waits for a restart) {
  settings now;
  now.zk.servers = {"127.0.0.1:2181"};
  auto wanted = now;
  wanted.mqtt.packet_bytes_max = 8 << 20;
  wanted.links.frame_bytes_max = 16 << 20;
  CAF_CHECK(contradictions_in(wanted).empty());
  const auto plan = plan_reload(now, wanted);
  CAF_REQUIRE(!plan.has_value());
  CAF_REQUIRE_EQUAL(plan.error().size(), 1u);
  CAF_CHECK_EQUAL(plan.error()[0].where, "configuration as it would be until a restart");
  CAF_CHECK(plan.error()[0].what.starts_with("`links.frame.bytes.max` must exceed"));

  now.links.frame_bytes_max = wanted.links.frame_bytes_max; // after that restart
  CAF_CHECK(plan_reload(now, wanted).has_value());
}
