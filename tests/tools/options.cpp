// Command lines of `mqttzoo pub` and `mqttzoo sub`, with mosquitto's answers to them.
#define CAF_SUITE tools.options
#include "tools/cli/options.hpp"

#include "tests/scratch_directory.hpp"

#include <caf/test/dsl.hpp>

#include <fstream>
#include <string>
#include <vector>

using namespace mqttzoo;
using namespace mqttzoo::cli;

namespace {

using arguments = std::vector<std::string>;

parsed pub(arguments more) {
  arguments all{"-t", "a", "-m", "x"};
  all.insert(all.end(), more.begin(), more.end());
  return parse(program::pub, all);
}

parsed sub(arguments more) {
  arguments all{"-t", "a"};
  all.insert(all.end(), more.begin(), more.end());
  return parse(program::sub, all);
}

std::string server(const parsed& p) {
  return p.error.empty() ? p.options.client.servers.front() : p.error;
}

protocol version(const parsed& p) {
  return p.options.client.version;
}

} // namespace

CAF_TEST(nothing asks for TLS) {
  CAF_CHECK_EQUAL(server(pub({})), "mqtt://localhost:1883");
  CAF_CHECK_EQUAL(server(pub({"--insecure", "--ciphers", "DEFAULT"})), "mqtt://localhost:1883");
}

CAF_TEST(a password may stand in a file) {
  const test::scratch_directory here;
  const auto file = here.path() + "/password";
  std::ofstream{file} << "se cret\nnot this\n";
  for (const auto& p : {pub({"-u", "me", "--password-file", file}),
                        sub({"-u", "me", "-P", "other", "--password-file", file})}) {
    CAF_CHECK_EQUAL(p.error, "");
    CAF_CHECK_EQUAL(p.options.client.password.value_or(""), "se cret");
  }
  CAF_CHECK_EQUAL(pub({"-u", "me", "--password-file", here.path() + "/none"}).error,
                  "--password-file: " + here.path() + "/none cannot be read, or is empty");
}

CAF_TEST(the authorities of the system ask for TLS) {
  CAF_CHECK_EQUAL(server(pub({"--tls-use-os-certs"})), "mqtts://localhost:8883");
  CAF_CHECK_EQUAL(server(pub({"--tls-use-os-certs", "-p", "1883"})), "mqtts://localhost:1883");
}

CAF_TEST(the port of TLS asks for it) {
  CAF_CHECK_EQUAL(server(pub({"-p", "8883"})), "mqtts://localhost:8883");
  CAF_CHECK_EQUAL(server(pub({"-L", "mqtt://h:8883/t"})), "mqtts://h:8883");
}

CAF_TEST(a URL takes no TLS away) {
  for (const auto& order :
       {arguments{"--cafile", "f", "-L", "mqtt://h/t"}, {"-L", "mqtt://h/t", "--cafile", "f"}})
    CAF_CHECK_EQUAL(server(pub(order)), "mqtts://h:1883");
  CAF_CHECK_EQUAL(server(pub({"--ws", "-L", "mqtt://h:80/t"})), "ws://h:80");
  CAF_CHECK_EQUAL(server(pub({"-L", "mqtts://h/t"})), "mqtts://h:8883");
}

CAF_TEST(a property makes the client one of MQTT 5) {
  const auto p = pub({"-D", "publish", "content-type", "text/plain"});
  CAF_CHECK(version(p) == protocol::v5);
  CAF_CHECK_EQUAL(p.options.publish_properties.content_type, "text/plain");
  CAF_CHECK(version(pub({"-V", "31", "-D", "connect", "user-property", "a", "b"})) == protocol::v5);
  CAF_CHECK(version(pub({"-D", "publish", "content-type", "x", "-V", "311"})) ==
            protocol::v3_1_1); // the last word
}

CAF_TEST(properties are known in capitals) {
  const auto p = pub({"-D", "PUBLISH", "User-Property", "K", "V"});
  CAF_CHECK(p.error.empty());
  CAF_REQUIRE_EQUAL(p.options.publish_properties.users.size(), 1u);
  CAF_CHECK(p.options.publish_properties.users.front() ==
            std::pair<std::string, std::string>("K", "V"));
  const auto last = pub({"-D", "Disconnect", "Reason-String", "Bye"});
  CAF_CHECK_EQUAL(last.options.at_end.reason, "Bye");
}

CAF_TEST(properties of CONNECT) {
  const auto error = [](const std::string& name, const std::string& value) {
    return pub({"-D", "CONNECT", name, value}).error;
  };
  CAF_CHECK(error("request-response-information", "1").empty());
  CAF_CHECK(!error("request-response-information", "2").empty());
  CAF_CHECK(!error("request-problem-information", "2").empty());
  CAF_CHECK(!error("receive-maximum", "70000").empty());
  CAF_CHECK(!error("maximum-packet-size", "0").empty());
  CAF_CHECK(error("authentication-method", "X").find("not supported") != std::string::npos);
  CAF_CHECK(error("nonsense", "X").find("name") != std::string::npos);
  const auto p = pub({"-D", "connect", "topic-alias-maximum", "9"});
  CAF_CHECK_EQUAL(p.options.client.topic_alias_maximum, 9u);
}

CAF_TEST(a session that stays needs a name) {
  CAF_CHECK(!pub({"-c"}).error.empty());
  CAF_CHECK(!sub({"-c"}).error.empty());
  CAF_CHECK(!pub({"-c", "-i", ""}).error.empty());
  CAF_CHECK(!pub({"-c", "-I", "p"}).error.empty());
  CAF_CHECK(!pub({"-c", "-V", "5"}).error.empty());
  CAF_CHECK(!pub({"-x", "-1", "-V", "5"}).error.empty());
  CAF_CHECK(pub({"-c", "-i", "n"}).error.empty());
  CAF_CHECK(pub({"-x", "100", "-V", "5"}).error.empty());
  CAF_CHECK(pub({"-c", "-x", "100", "-V", "5"}).error.empty());
  CAF_CHECK(!sub({"-i", "n", "-I", "p"}).error.empty());
  const auto p = sub({"-c", "-i", "n", "-V", "5"});
  CAF_CHECK(!p.options.client.clean_start);
  CAF_CHECK_EQUAL(p.options.client.session_expiry_s, 0xFFFF'FFFFu);
}

CAF_TEST(what makes no sense together) {
  CAF_CHECK(!sub({"-R", "--retained-only"}).error.empty());
  CAF_CHECK(!pub({"--will-retain"}).error.empty());
  CAF_CHECK(!pub({"--will-payload", "x"}).error.empty());
  CAF_CHECK(pub({"--will-qos", "1"}).error.empty());
  CAF_CHECK(pub({"--will-topic", "w", "--will-retain"}).error.empty());
  CAF_CHECK(!pub({"--cert", "f"}).error.empty());
  CAF_CHECK(!pub({"--key", "f"}).error.empty());
  CAF_CHECK(pub({"--cert", "f", "--key", "f"}).error.empty());
}

CAF_TEST(formats) {
  CAF_CHECK(!sub({}).options.format);
  CAF_CHECK_EQUAL(sub({"-F", ""}).options.format.value_or("none"), "");
  CAF_CHECK(sub({"--retain-as-published"}).options.retain_as_published);
}
