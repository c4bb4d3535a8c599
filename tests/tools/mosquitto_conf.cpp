// What lines of a mosquitto.conf become.
#define CAF_SUITE tools.mosquitto_conf

#include "tools/cli/mosquitto_conf.hpp"

#include <caf/test/dsl.hpp>

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
      R"("websocket":{"address":"127.0.0.1","port":9001}}})");
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
