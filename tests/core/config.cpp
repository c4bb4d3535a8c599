// Precedence of the four sources, and an error for each way to get a configuration wrong.
#define CAF_SUITE core.config

#include "core/config.hpp"

#include "tests/scratch_directory.hpp"

#include <caf/test/dsl.hpp>

#include <fstream>

using namespace mqttzoo::core;

namespace {

using strings = std::vector<std::string>;

/// A configuration file that lives as long as its test.
class fixture {
public:
  std::string file(const std::string& text) const {
    std::ofstream{path_} << text;
    return "--config=" + path_;
  }

  /// The problems of one configuration as "where: what"; the file is called FILE.
  strings problems(const strings& arguments, const strings& environment = {}) const {
    strings found;
    if (const auto loaded = load_config(arguments, environment); !loaded)
      for (const auto& p : loaded.error())
        found.push_back(anonymous(p.where) + ": " + p.what);
    return found;
  }

private:
  std::string anonymous(std::string where) const {
    if (where.starts_with(path_))
      where.replace(0, path_.size(), "FILE");
    return where;
  }

  mqttzoo::test::scratch_directory directory_;
  const std::string path_ = directory_.path() + "/config.json";
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(config_tests, fixture)

CAF_TEST(nothing given means the defaults and the name of the host) {
  const auto loaded = load_config({}, {});
  CAF_REQUIRE(loaded.has_value());
  CAF_CHECK(loaded->action == config_action::run);
  CAF_CHECK(loaded->values.net.port == 1883);
  CAF_CHECK(!loaded->values.pod.name.empty());
}

CAF_TEST(the command line beats the environment beats the file beats the default) {
  const auto config = file(R"({"net": {"port": 1, "backlog": 1, "threads": 1}})");
  const strings environment{"MQTTZOO_NET_PORT=2", "MQTTZOO_NET_BACKLOG=2", "PATH=/bin"};
  const auto loaded = load_config(strings{"--net.port=3", config}, environment);
  CAF_REQUIRE(loaded.has_value());
  CAF_CHECK(loaded->values.net.port == 3);
  CAF_CHECK_EQUAL(loaded->values.net.backlog, 2u);
  CAF_CHECK_EQUAL(loaded->values.net.threads, 1);
  CAF_CHECK_EQUAL(loaded->values.net.address, "127.0.0.1");
}

CAF_TEST(a file may nest and dot and comment and list) {
  const auto loaded = load_config(strings{file(R"(// a comment
    {"mqtt": {"packet.bytes.max": "2MiB", "session": {"queue.messages.max": 5}},
     /* another */ "mqtt.subscribe.deny": ["a,b", "c"], "mqtt.retain.available": false,
     "log": {"level": "warn", "level.net": "trace"}})")},
                                  {});
  CAF_REQUIRE(loaded.has_value());
  CAF_CHECK_EQUAL(loaded->values.mqtt.packet_bytes_max, 2u << 20);
  CAF_CHECK_EQUAL(loaded->values.mqtt.session_queue_messages_max, 5u);
  CAF_CHECK_EQUAL(loaded->values.mqtt.subscribe_deny, (strings{"a,b", "c"}));
  CAF_CHECK(!loaded->values.mqtt.retain_available);
  CAF_CHECK(loaded->values.log.level == log_level::warn);
  CAF_CHECK(loaded->values.log.level_of[static_cast<std::size_t>(log_folder::net)] ==
            log_level::trace);
}

CAF_TEST(the environment can name the file) {
  const auto path = file(R"({"net.port": 7})").substr(std::string_view{"--config="}.size());
  const auto loaded = load_config({}, strings{"MQTTZOO_CONFIG=" + path});
  CAF_REQUIRE(loaded.has_value());
  CAF_CHECK(loaded->values.net.port == 7);
}

CAF_TEST(every problem is reported with its place and a way out) {
  const auto config =
      file("{\n \"net\": {\"prot\": 1,\n \"port\": 70000},\n \"sys.interval\": null\n}");
  const strings expected{
      "FILE:4: `sys.interval`: `null` is not a value; leave the option out for its default",
      "FILE:2: `net.prot` is not an option; did you mean `net.port`?",
      "FILE:3: `net.port` must be an integer from 0 to 65535, or off, not `70000`",
      "environment, MQTTZOO_NET_TREADS: `net.treads` is not an option; did you mean `net.threads`?",
      "command line: `nonsense.at.all` is not an option"};
  CAF_CHECK_EQUAL(problems({config, "--nonsense.at.all=1"}, {"MQTTZOO_NET_TREADS=1"}), expected);
}

CAF_TEST(a malformed file is located) {
  const auto found = problems({file("{\n  \"net\": oops\n}")});
  CAF_REQUIRE_EQUAL(found.size(), 1u);
  CAF_CHECK(found.front().starts_with("FILE: parse error at line 2, column 1"));
}

CAF_TEST(a file that is no object or nests a list or repeats itself is refused) {
  CAF_CHECK_EQUAL(problems({file("[1]")}), strings{"FILE: must hold one JSON object"});
  CAF_CHECK_EQUAL(problems({file("5")}), strings{"FILE: must hold one JSON object"});
  CAF_CHECK_EQUAL(problems({file(R"({"mqtt.subscribe.deny": [["a"]]})")}),
                  strings{"FILE:1: `mqtt.subscribe.deny`: a list holds plain values only"});
  CAF_CHECK_EQUAL(problems({file(R"({"mqtt.subscribe.deny": [{"a": 1}]})")}),
                  strings{"FILE:1: `mqtt.subscribe.deny`: a list holds plain values only"});
  CAF_CHECK_EQUAL(problems({file(R"({"net": {"port": 1}, "net.port": 2})")}),
                  strings{"FILE:1: `net.port`: is given twice"});
}

CAF_TEST(a file that cannot be read is an error) {
  CAF_CHECK_EQUAL(problems({"--config=/nonexistent/x"}),
                  strings{"/nonexistent/x: cannot be read: No such file or directory"});
  CAF_CHECK_EQUAL(problems({"--config=/"}), strings{"/: cannot be read: Is a directory"});
  CAF_CHECK_EQUAL(problems({"--config=/dev/zero"}),
                  strings{"/dev/zero: cannot be read: is larger than 1 MiB"});
}

CAF_TEST(arguments that are no options are errors) {
  CAF_CHECK_EQUAL(problems({"start"}),
                  strings{"command line: `start` is not an option; options are "
                          "written `--name=value`"});
  CAF_CHECK_EQUAL(problems({"--net.port"}),
                  strings{"command line: `--net.port` needs a value: `--net.port=...`"});
  CAF_CHECK_EQUAL(problems({"--prot=1"}), strings{"command line: `prot` is not an option"});
}

CAF_TEST(a flag needs no value) {
  const auto loaded = load_config(strings{"--mqtt.retain.available"},
                                  strings{"MQTTZOO_MQTT_RETAIN_AVAILABLE=false"});
  CAF_REQUIRE(loaded.has_value());
  CAF_CHECK(loaded->values.mqtt.retain_available);
}

CAF_TEST(variables that Kubernetes sets for a service of our name are none of ours) {
  CAF_CHECK_EQUAL(
      problems({}, {"MQTTZOO_SERVICE_HOST=10.0.0.1", "MQTTZOO_SERVICE_PORT_MQTT=1883",
                    "MQTTZOO_PORT=tcp://10.0.0.1:1883", "MQTTZOO_PORT_1883_TCP_ADDR=10.0.0.1"}),
      strings{});
  // Nor those for a service whose name goes on as a group of options does.
  for (const std::string group : {"ADMIN", "LINKS", "NET", "NET_TLS", "NET_WEBSOCKET"})
    for (const auto* value : {"tcp://10.0.0.1:8080", "udp://10.0.0.1:8080"})
      CAF_CHECK_EQUAL(problems({}, {"MQTTZOO_" + group + "_PORT=" + value}), strings{});
  CAF_CHECK_EQUAL(problems({}, {"MQTTZOO_NET_PORT=http://10.0.0.1"}).size(), 1u);
}

CAF_TEST(variables of mqttzoo inspect are none of ours and its options still are) {
  const auto loaded = load_config({}, strings{"MQTTZOO_INSPECT_URL=https://pod-1:8080",
                                              "MQTTZOO_INSPECT_TOKEN=/run/secrets/token",
                                              "MQTTZOO_INSPECT_STUCK_AFTER=7s"});
  CAF_REQUIRE(loaded.has_value());
  CAF_CHECK(loaded->values.inspect.stuck_after == std::chrono::seconds{7});
  CAF_CHECK_EQUAL(problems({}, {"MQTTZOO_INSPECT_TOKENS=x"}).size(), 1u);
}

CAF_TEST(options that contradict each other are an error) {
  CAF_CHECK_EQUAL(problems({"--safety.grace.min=2s"}),
                  strings{"configuration: `safety.grace.min` must not exceed `safety.grace.max`"});
  CAF_CHECK_EQUAL(problems({"--bank.ttl.min=3m"}),
                  strings{"configuration: `bank.ttl.min` must not exceed `bank.ttl.max`"});
  CAF_CHECK_EQUAL(problems({"--mqtt.packet.bytes.max=2MiB"}), strings{}); // no other pod
  for (const std::string path : {"nonsense", "/", "/zoo/", "/eu//zoo", "/eu/../zoo", "/."})
    CAF_CHECK_EQUAL(problems({"--zk.chroot=" + path}),
                    strings{"configuration: `zk.chroot` must be the path of a node such as "
                            "`/eu/zoo`, not `" +
                            path + "`"});
  CAF_CHECK_EQUAL(problems({"--zk.chroot=/eu/zoo.2"}), strings{});
  CAF_CHECK_EQUAL(problems({"--mqtt.packet.bytes.max=2MiB", "--zk.servers=127.0.0.1:2181"}),
                  strings{"configuration: `links.frame.bytes.max` must exceed "
                          "`mqtt.packet.bytes.max` by 65 KiB: a message of the largest packet must "
                          "reach other pods"});
}

CAF_TEST(the largest packet that may be configured is the bound that others hold to) {
  const auto bound = mqtt_settings::packet_bytes_bound;
  const auto with = [](std::uint64_t bytes) {
    return load_config(strings{"--mqtt.packet.bytes.max=" + std::to_string(bytes) + "B"}, {});
  };
  const auto loaded = with(bound);
  CAF_REQUIRE(loaded.has_value());
  CAF_CHECK(loaded->values.mqtt.packet_bytes_max == bound);
  CAF_CHECK(!with(bound + 1).has_value());
}

CAF_TEST(asking for help looks at nothing else) {
  const auto loaded =
      load_config(strings{"--help", "--config=/nonexistent/x"}, strings{"MQTTZOO_X=1"});
  CAF_REQUIRE(loaded.has_value());
  CAF_CHECK(loaded->action == config_action::help);
  CAF_CHECK(load_config(strings{"--check-config"}, {})->action == config_action::check);
  CAF_CHECK(load_config(strings{"--version"}, {})->action == config_action::version);
}

CAF_TEST(this process has an environment) {
  ::setenv("MQTTZOO_NET_PORT", "4242", 1);
  const auto loaded = load_config({}, process_environment());
  ::unsetenv("MQTTZOO_NET_PORT");
  CAF_REQUIRE(loaded.has_value());
  CAF_CHECK(loaded->values.net.port == 4242);
}

CAF_TEST_FIXTURE_SCOPE_END()
