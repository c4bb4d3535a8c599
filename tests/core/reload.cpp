// A reload applies what can be applied and names the rest.
#define CAF_SUITE core.reload

#include "core/reload.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo::core;

CAF_TEST(equal settings change nothing) {
  const auto plan = plan_reload(settings{}, settings{});
  CAF_CHECK(plan.reloaded.empty());
  CAF_CHECK(plan.restarted.empty());
}

CAF_TEST(only what can be reloaded reaches the result) {
  settings wanted;
  wanted.net.port = 2883;
  wanted.mqtt.packet_bytes_max = 4 << 20;
  wanted.log.level_of[static_cast<std::size_t>(log_folder::zk)] = log_level::debug;
  const auto plan = plan_reload(settings{}, wanted);

  CAF_REQUIRE_EQUAL(plan.reloaded.size(), 2u);
  CAF_CHECK_EQUAL(plan.reloaded[0].name, "mqtt.packet.bytes.max");
  CAF_CHECK_EQUAL(plan.reloaded[0].from, "1MiB");
  CAF_CHECK_EQUAL(plan.reloaded[0].to, "4MiB");
  CAF_CHECK_EQUAL(plan.reloaded[1].name, "log.level.zk");
  CAF_CHECK_EQUAL(plan.result.mqtt.packet_bytes_max, 4u << 20);

  CAF_REQUIRE_EQUAL(plan.restarted.size(), 1u);
  CAF_CHECK_EQUAL(plan.restarted[0].name, "net.port");
  CAF_CHECK(plan.result.net.port == 1883);
}
