// What lines of a mosquitto.conf become.
#define CAF_SUITE tools.mosquitto_conf

#include "tools/cli/mosquitto_conf.hpp"

#include "core/config.hpp"
#include "tests/scratch_directory.hpp"

#include <caf/test/dsl.hpp>

#include <fstream>

using namespace mqttzoo::cli;

namespace {

std::string configuration_of(std::string_view text) {
  return migrate_mosquitto_conf(text).configuration.dump();
}

bool names(const std::vector<migration_remark>& remarks, std::size_t line, std::string_view what) {
  for (const auto& r : remarks)
    if (r.line == line && r.text.find(what) != std::string::npos)
      return true;
  return false;
}

/// What mqttzood makes of it; fails if it refuses it.
mqttzoo::core::settings settings_of(const migration& m) {
  const mqttzoo::test::scratch_directory scratch;
  const auto path = scratch.path() + "/mqttzoo.json";
  std::ofstream{path} << m.configuration;
  const std::vector<std::string> arguments{"--config=" + path, "--check-config"};
  const auto loaded = mqttzoo::core::load_config(arguments, {});
  if (!loaded)
    CAF_FAIL(loaded.error().front().what);
  return loaded->values;
}

} // namespace

CAF_TEST(an empty file is what mosquitto does without one) {
  CAF_CHECK_EQUAL(configuration_of(""),
                  R"({"store":{"path":":memory:"},"net":{"address":"127.0.0.1","port":1883}})");
}

CAF_TEST(comments and white space do not count) {
  CAF_CHECK_EQUAL(configuration_of("# max_qos 0\r\n\n  max_qos\t 1 \r\npersistence true"),
                  R"({"mqtt":{"qos":{"max":1}},"net":{"address":"127.0.0.1","port":1883}})");
}

CAF_TEST(each kind of listener has its options) {
  const auto m = migrate_mosquitto_conf("persistence true\n"
                                        "listener 1883 127.0.0.1\n"
                                        "listener 8883\n"
                                        "certfile /c.pem\nkeyfile /k.pem\ncafile /ca.pem\n"
                                        "require_certificate true\n"
                                        "listener 9001 localhost\nprotocol websockets\n");
  CAF_CHECK_EQUAL(
      m.configuration.dump(),
      R"({"net":{"address":"127.0.0.1","port":1883,"tls":{"address":"::","port":8883,)"
      R"("certificate":"/c.pem","key":"/k.pem","ca":"/ca.pem","certificates":{"required":true}},)"
      R"("websocket":{"address":"127.0.0.1","port":9001}},"auth":{"anonymous":"refuse"}})");
  CAF_CHECK(m.without_counterpart.empty());
}

CAF_TEST(an authority that asks for nothing is left out) {
  const auto text = configuration_of("listener 8883\ncertfile c\nkeyfile k\ncafile ca\n");
  CAF_CHECK_EQUAL(text.find("\"ca\""), std::string::npos);
}

CAF_TEST(a second listener of a kind and a socket and names in certificates are entries of a list) {
  const auto m =
      migrate_mosquitto_conf("persistence true\nlistener 1883\nlistener 1884\nprotocol mqtt\n"
                             "listener 0 /run/mosquitto.sock\n"
                             "listener 8883\ncertfile c\nkeyfile k\ncafile ca\n"
                             "require_certificate true\nuse_identity_as_username true\n"
                             "listener 9001\nprotocol websockets\n"
                             "listener 9002\nprotocol websockets\ncertfile c\nkeyfile k\n"
                             "use_subject_as_username false\n");
  CAF_CHECK(m.without_counterpart.empty());
  CAF_CHECK_EQUAL(m.configuration["net"].dump(),
                  R"({"address":"::","port":1883,"listeners":[{"address":"::","port":1884},)"
                  R"({"unix":"/run/mosquitto.sock"},)"
                  R"({"address":"::","port":8883,"tls":{"certificate":"c","key":"k","ca":"ca",)"
                  R"("certificates.required":true},"identity":"cn"}],)"
                  R"("websocket":{"address":"::","port":9001,"tls":{"port":9002}},)"
                  R"("tls":{"certificate":"c","key":"k"}})");
}

CAF_TEST(without a plain listener there is none) {
  const auto m = migrate_mosquitto_conf("listener 8883\ncertfile c\nkeyfile k\n");
  CAF_CHECK_EQUAL(m.configuration["net"]["port"], "off");
  CAF_CHECK(
      names(migrate_mosquitto_conf("listener 0 localhost\n").without_counterpart, 1, "listener 0"));
}

CAF_TEST(a bridge is named once and swallows its options) {
  const auto m = migrate_mosquitto_conf("connection west\naddress far:1883\ntopic # both\n"
                                        "listener 1885\nmax_connections 7\n");
  CAF_CHECK_EQUAL(m.without_counterpart.size(), 1u);
  CAF_CHECK(names(m.without_counterpart, 1, "connection west"));
  CAF_CHECK_EQUAL(m.configuration["net"]["port"], 1885);
  CAF_CHECK_EQUAL(m.configuration["net"]["connections"]["max"], 7);
}

CAF_TEST(values keep their meaning in our units) {
  const auto c = migrate_mosquitto_conf("max_keepalive 120\npersistent_client_expiration 2w\n"
                                        "max_packet_size 1000\nsys_interval 10\n")
                     .configuration;
  CAF_CHECK_EQUAL(c["mqtt"]["keepalive"]["max"], "120s");
  CAF_CHECK_EQUAL(c["mqtt"]["session"]["expiry"]["max"], "14d");
  CAF_CHECK_EQUAL(c["mqtt"]["packet"]["bytes"]["max"], "1000B");
  CAF_CHECK_EQUAL(c["sys"]["interval"], "10s");
}

CAF_TEST(what is unbounded there is said) {
  const auto m = migrate_mosquitto_conf("max_queued_messages 0\nmax_connections -1\n");
  CAF_CHECK(names(m.remarks, 1, "queue.messages.max"));
  CAF_CHECK(names(m.remarks, 2, "max_connections"));
  CAF_CHECK(!m.configuration.contains("mqtt"));
}

CAF_TEST(what nobody knows and what cannot be read has no counterpart) {
  const auto m = migrate_mosquitto_conf("auth_plugin /x.so\nmax_qos many\n");
  CAF_CHECK(names(m.without_counterpart, 1, "auth_plugin"));
  CAF_CHECK(names(m.without_counterpart, 2, "many"));
}

CAF_TEST(the log shows the most that was asked for) {
  const auto c = migrate_mosquitto_conf("log_type debug\nlog_type error\n").configuration;
  CAF_CHECK_EQUAL(c["log"]["level"], "debug");
}

CAF_TEST(accounts and rules are taken over) {
  const auto c = migrate_mosquitto_conf("allow_anonymous false\npassword_file /p\nacl_file /a\n")
                     .configuration;
  CAF_CHECK_EQUAL(c["auth"]["anonymous"], "refuse");
  CAF_CHECK_EQUAL(c["auth"]["passwords"], "/p");
  CAF_CHECK_EQUAL(c["auth"]["acl"], "/a");
}

CAF_TEST(truth is one word as mosquitto takes it) {
  for (const char* yes : {"true", "1", "true # keep", "1 # keep"}) {
    const auto m = migrate_mosquitto_conf(
        "persistence " + std::string{yes} +
        "\nlistener 8883\ncertfile c\nkeyfile k\ncafile ca\nrequire_certificate " + yes + '\n');
    CAF_CHECK(!m.configuration.contains("store"));
    CAF_CHECK_EQUAL(m.configuration["net"]["tls"]["certificates"]["required"], true);
    CAF_CHECK(m.without_counterpart.empty());
  }
  const auto c = migrate_mosquitto_conf("persistence 0 # no\nretain_available 0\n").configuration;
  CAF_CHECK_EQUAL(c["store"]["path"], ":memory:");
  CAF_CHECK_EQUAL(c["mqtt"]["retain"]["available"], false);
  CAF_CHECK(names(migrate_mosquitto_conf("persistence yes\n").without_counterpart, 1, "yes"));
}

CAF_TEST(a listener that would be more open than it was is left out) {
  const auto m = migrate_mosquitto_conf("listener 8883\ncertfile c\nkeyfile k\ncapath /ca\n"
                                        "require_certificate true\nlistener 8884\npsk_hint h\n"
                                        "listener 1883\n");
  CAF_CHECK(names(m.without_counterpart, 1, "listener 8883"));
  CAF_CHECK(names(m.without_counterpart, 4, "capath"));
  CAF_CHECK(names(m.without_counterpart, 6, "listener 8884"));
  CAF_CHECK_EQUAL(m.configuration["net"].dump(), R"({"address":"::","port":1883})");
}

CAF_TEST(listeners that differ do not share the simple options) {
  const auto m = migrate_mosquitto_conf("listener 8883\ncertfile c\nkeyfile k\ncafile ca\n"
                                        "require_certificate true\n"
                                        "listener 9001 127.0.0.1\nprotocol websockets\n"
                                        "listener 9002\nprotocol websockets\ncertfile d\n"
                                        "keyfile l\n");
  const auto s = settings_of(m);
  CAF_CHECK_EQUAL(s.net_tls.certificate, "c");
  CAF_CHECK_EQUAL(s.net_tls.ca, "ca");
  CAF_CHECK_EQUAL(s.net_websocket.address, "127.0.0.1");
  CAF_CHECK_EQUAL(m.configuration["net"]["listeners"].dump(),
                  R"([{"address":"::","port":9002,"tls":{"certificate":"d","key":"l","ca":""},)"
                  R"("websocket":true}])");
}

CAF_TEST(names in certificates stay when the other kind is turned off) {
  const auto c = migrate_mosquitto_conf("listener 8883\ncertfile c\nkeyfile k\ncafile ca\n"
                                        "require_certificate true\nuse_identity_as_username 1\n"
                                        "use_subject_as_username false\n")
                     .configuration;
  CAF_CHECK_EQUAL(c["net"]["listeners"][0]["identity"], "cn");
}

CAF_TEST(who may be anonymous is kept for each listener) {
  const std::string_view listeners = "listener 8883\ncertfile c\nkeyfile k\n"
                                     "allow_anonymous false\npassword_file /p\n"
                                     "listener 1883 127.0.0.1\nallow_anonymous true\n";
  const auto m = migrate_mosquitto_conf("per_listener_settings true\n" + std::string{listeners});
  using mqttzoo::core::anonymous_rule;
  const auto s = settings_of(m);
  CAF_CHECK(s.auth.anonymous == anonymous_rule::refuse);
  CAF_REQUIRE_EQUAL(s.net.listeners.size(), 1u);
  CAF_CHECK_EQUAL(s.net.listeners[0].port, 1883);
  CAF_CHECK(s.net.listeners[0].anonymous == anonymous_rule::allow);
  CAF_CHECK(s.net_tls.port == std::uint16_t{8883});
  CAF_CHECK(names(m.remarks, 1, "per_listener_settings"));
  // Without that setting the last one is that of all.
  CAF_CHECK(settings_of(migrate_mosquitto_conf(listeners)).auth.anonymous == anonymous_rule::allow);
}

CAF_TEST(a second file of accounts is named) {
  const auto m = migrate_mosquitto_conf("per_listener_settings true\nlistener 1883\n"
                                        "password_file /p\nlistener 1884\npassword_file /q\n");
  CAF_CHECK_EQUAL(m.configuration["auth"]["passwords"], "/p");
  CAF_CHECK(names(m.without_counterpart, 5, "/q"));
}

CAF_TEST(with a listener nobody is anonymous unless it is said) {
  for (const char* text : {"listener 1883\npassword_file /p\n", "port 1883\n",
                           "per_listener_settings true\nlistener 1883\n"}) {
    const auto m = migrate_mosquitto_conf(text);
    CAF_CHECK_EQUAL(m.configuration["auth"]["anonymous"], "refuse");
    CAF_CHECK(names(m.remarks, 0, "allow_anonymous"));
  }
  CAF_CHECK(
      !migrate_mosquitto_conf("password_file /p\n").configuration["auth"].contains("anonymous"));
}

CAF_TEST(what stands after a bridge and does not describe it counts) {
  const auto m = migrate_mosquitto_conf("listener 1883\nconnection b\naddress x:1883\n"
                                        "topic # both\nbridge_insecure true\npersistence true\n"
                                        "persistence_location /var/lib/m\npassword_file /p\n"
                                        "max_connections 9\nlistener 1884\n"
                                        "remote_username u\nauth_plugin /x.so\n");
  CAF_CHECK_EQUAL(m.configuration["store"]["path"], "/var/lib/m");
  CAF_CHECK_EQUAL(m.configuration["auth"]["passwords"], "/p");
  CAF_CHECK_EQUAL(m.configuration["net"]["listeners"][0]["connections.max"], 9);
  CAF_CHECK_EQUAL(m.without_counterpart.size(), 2u);
  CAF_CHECK(names(m.without_counterpart, 2, "connection b"));
  CAF_CHECK(names(m.without_counterpart, 12, "auth_plugin"));
}

CAF_TEST(the numbers of one listener are not those of all) {
  const auto m = migrate_mosquitto_conf("listener 8883\ncertfile c\nkeyfile k\nmax_qos 0\n"
                                        "listener 1884 127.0.0.1 # local\nmax_connections 5\n"
                                        "max_topic_alias 3\n");
  const auto s = settings_of(m);
  const mqttzoo::core::settings defaults;
  CAF_CHECK_EQUAL(s.net.connections_max, defaults.net.connections_max);
  CAF_CHECK_EQUAL(s.mqtt.qos_max, defaults.mqtt.qos_max);
  CAF_CHECK_EQUAL(s.mqtt.topic_alias_maximum, defaults.mqtt.topic_alias_maximum);
  CAF_REQUIRE_EQUAL(s.net.listeners.size(), 1u);
  CAF_CHECK_EQUAL(s.net.listeners[0].port, 1884);
  CAF_CHECK(s.net.listeners[0].connections_max == 5u);
  CAF_CHECK(names(m.remarks, 1, "max_qos"));
  CAF_CHECK(names(m.remarks, 5, "max_topic_alias"));
  const auto before = migrate_mosquitto_conf("max_connections 5\nlistener 1884\n");
  CAF_CHECK(!before.configuration["net"].contains("connections"));
  CAF_CHECK(names(before.remarks, 0, "before the first one"));
}

CAF_TEST(no bound of bytes is the default here) {
  const auto m = migrate_mosquitto_conf("message_size_limit 0\nmax_queued_bytes 0\n"
                                        "max_connections 0\nmax_inflight_messages 0\n");
  CAF_CHECK(names(m.remarks, 1, "mqtt.packet.bytes.max"));
  CAF_CHECK(names(m.remarks, 2, "mqtt.session.queue.bytes.max"));
  CAF_CHECK(names(m.remarks, 3, "net.connections.max"));
  CAF_CHECK(names(m.remarks, 4, "mqtt.inflight.max"));
  const auto s = settings_of(m);
  const mqttzoo::core::settings defaults;
  CAF_CHECK_EQUAL(s.mqtt.packet_bytes_max, defaults.mqtt.packet_bytes_max);
  CAF_CHECK_EQUAL(s.mqtt.session_queue_bytes_max, defaults.mqtt.session_queue_bytes_max);
}

CAF_TEST(a payload of the largest size fits into a packet) {
  const auto packet_of = [](std::string_view text) {
    return settings_of(migrate_mosquitto_conf(text)).mqtt.packet_bytes_max;
  };
  CAF_CHECK_EQUAL(packet_of("message_size_limit 100\n"), 100u + 65 * 1'024);
  CAF_CHECK_EQUAL(packet_of("message_size_limit 268435455\n"), 256u * 1'024 * 1'024);
  CAF_CHECK_EQUAL(packet_of("message_size_limit 100\nmax_packet_size 2000\n"), 2'000u);
  CAF_CHECK_EQUAL(packet_of("max_packet_size 2000\nmessage_size_limit 100\n"), 2'000u);
}
