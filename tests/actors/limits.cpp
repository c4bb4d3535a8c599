#define CAF_SUITE limits
#include "actors/limits.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo;
using namespace std::chrono_literals;

CAF_TEST(every setting of the protocol reaches the sessions) {
  core::settings s;
  s.mqtt.packet_bytes_max = 1;
  s.mqtt.receive_maximum = 2;
  s.mqtt.inflight_max = 3;
  s.mqtt.topic_alias_maximum = 4;
  s.mqtt.qos_max = 1;
  s.mqtt.keepalive_max = 5s;
  s.mqtt.session_expiry_max = 6s;
  s.mqtt.topic_levels_max = 7;
  s.mqtt.subscriptions_max = 8;
  s.mqtt.subscriptions_bytes_max = 16;
  s.mqtt.client_id_bytes_max = 9;
  s.mqtt.subscribe_deny = {"secret/#"};
  s.mqtt.session_queue_messages_max = 10;
  s.mqtt.session_queue_bytes_max = 11;
  s.net.packet_timeout = 12ms;
  s.bank.patience = 13ms;
  s.safety.grace_min = 14ms;
  s.safety.grace_max = 15ms;
  const auto l = actors::make_limits(s);
  CAF_CHECK_EQUAL(l.packet_bytes_max, 1u);
  CAF_CHECK_EQUAL(l.receive_maximum, 2u);
  CAF_CHECK_EQUAL(l.inflight_max, 3u);
  CAF_CHECK_EQUAL(l.topic_alias_maximum, 4u);
  CAF_CHECK(l.qos_max == mqtt::qos::at_least_once);
  CAF_CHECK_EQUAL(l.keep_alive_s_max, 5u);
  CAF_CHECK_EQUAL(l.session_expiry_s_max, 6u);
  CAF_CHECK_EQUAL(l.topic_levels_max, 7u);
  CAF_CHECK_EQUAL(l.subscriptions_max, 8u);
  CAF_CHECK_EQUAL(l.subscriptions_bytes_max, 16u);
  CAF_CHECK_EQUAL(l.client_id_bytes_max, 9u);
  CAF_CHECK(l.subscribe_deny == s.mqtt.subscribe_deny);
  CAF_CHECK_EQUAL(l.queue.messages_max, 10u);
  CAF_CHECK_EQUAL(l.queue.bytes_max, 11u);
  CAF_CHECK(l.packet_timeout == 12ms);
  CAF_CHECK(l.patience == 13ms);
  CAF_CHECK(l.queue.grace_min == 14ms);
  CAF_CHECK(l.queue.grace_max == 15ms);
}

CAF_TEST(what is switched off is not available) {
  core::settings s;
  const auto on = actors::make_limits(s);
  CAF_CHECK(on.retain_available && on.wildcard_available && on.shared_available &&
            on.subscription_identifiers_available);
  s.mqtt.retain_available = false;
  CAF_CHECK(!actors::make_limits(s).retain_available);
  s.mqtt.wildcard_available = false;
  CAF_CHECK(!actors::make_limits(s).wildcard_available);
  s.mqtt.shared_available = false;
  CAF_CHECK(!actors::make_limits(s).shared_available);
  s.mqtt.subscription_identifiers_available = false;
  CAF_CHECK(!actors::make_limits(s).subscription_identifiers_available);
}
