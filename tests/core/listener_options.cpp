// Entries of net.listeners: each key, each mistake, and what they amount to with the other options.
#define CAF_SUITE core.listener_options

#include "core/listener_options.hpp"

#include "core/config.hpp"
#include "core/settings.hpp"
#include "tests/scratch_directory.hpp"

#include <caf/test/dsl.hpp>

#include <fstream>

using namespace mqttzoo::core;

namespace {

using strings = std::vector<std::string>;

/// What is wrong with `entries`; empty: nothing.
std::string fault(const std::string& entries) {
  const auto read = read_listeners(entries);
  return read ? "" : read.error();
}

listener_settings one(const std::string& entry) {
  auto read = read_listeners('[' + entry + ']');
  if (!read || read->size() != 1)
    CAF_FAIL(entry << ": " << (read ? "not one" : read.error()));
  return read->front();
}

/// What is wrong with the configuration as a whole.
strings problems(const strings& arguments) {
  strings found;
  if (const auto loaded = load_config(arguments, {}); !loaded)
    for (const auto& p : loaded.error())
      found.push_back(p.what);
  return found;
}

} // namespace

CAF_TEST(each key is read) {
  const auto l = one(R"({
    "address": "::1", "port": 8883, "name": "devices", "identity": "cn", "anonymous": "refuse", "connections.max": 7,
    "packet.bytes.max": "64KiB",
    "tls": {"certificate": "c", "key": "k", "ca": "a", "certificates.required": true,
            "names": [{"names": ["A.example", "*.b.example"], "certificate": "c2", "key": "k2"}]},
    "websocket": {"path": "/x", "origins": ["https://a"]},
    "proxy": {"trusted": ["10.0.0.0/8", "::1"], "timeout": "1s"}})");
  CAF_CHECK_EQUAL(place_of(l), "[::1]:8883");
  CAF_CHECK_EQUAL(l.name, "devices");
  CAF_CHECK(l.identity == certificate_identity::cn);
  CAF_CHECK(l.anonymous == anonymous_rule::refuse);
  CAF_CHECK(l.connections_max == 7u);
  CAF_CHECK(l.packet_bytes_max == 65'536u);
  CAF_REQUIRE(l.tls.has_value());
  CAF_CHECK(l.tls->certificate == "c" && l.tls->key == "k" && l.tls->ca == "a");
  CAF_CHECK(l.tls->certificates_required == true);
  CAF_REQUIRE_EQUAL(l.tls->by_name.size(), 1u);
  CAF_CHECK_EQUAL(l.tls->by_name[0].names, (strings{"a.example", "*.b.example"}));
  CAF_CHECK_EQUAL(l.tls->by_name[0].certificate, "c2");
  CAF_CHECK_EQUAL(l.tls->by_name[0].key, "k2");
  CAF_REQUIRE(l.websocket.has_value());
  CAF_CHECK(l.websocket->path == "/x" && l.websocket->origins == strings{"https://a"});
  CAF_REQUIRE(l.proxy.has_value());
  CAF_CHECK_EQUAL(l.proxy->trusted, (strings{"10.0.0.0/8", "::1"}));
  CAF_CHECK(l.proxy->timeout == std::chrono::seconds{1});
  const auto u = one(R"({"unix": "/run/x", "unix.mode": "0600", "tls": false})");
  CAF_CHECK_EQUAL(place_of(u), "unix:/run/x");
  CAF_CHECK_EQUAL(u.unix_mode, 0600u);
  CAF_CHECK(!u.tls);
}

CAF_TEST(what is shown is read again) {
  for (
      const char* entry :
      {R"({"port": 1})", R"({"unix": "/x", "unix.mode": "0777", "proxy": true})",
       R"({"address": "::", "port": 2, "tls": true, "websocket": true, "identity": "subject"})",
       R"({"port": 3, "name": "n", "tls": {"ca": "", "names": [{"names": ["a"], "certificate": "c", "key": "k"}]},
            "anonymous": "allow", "connections.max": 1, "packet.bytes.max": "2KiB", "proxy": {"trusted": ["::1"], "timeout": "100ms"}})"}) {
    const auto shown = show_listeners({one(entry)});
    const auto again = read_listeners(shown);
    CAF_REQUIRE(again.has_value());
    CAF_CHECK_EQUAL(show_listeners(*again), shown);
  }
  CAF_CHECK_EQUAL(show_listeners({one(R"({"port": 1, "tls": true})")}),
                  R"([{"address":"127.0.0.1","port":1,"tls":{}}])");
}

CAF_TEST(each mistake is named with its entry and key) {
  CAF_CHECK_EQUAL(fault("{}"), "must be an array of JSON objects");
  CAF_CHECK_EQUAL(fault("["), "must be an array of JSON objects");
  CAF_CHECK_EQUAL(fault("[1]"), "entry 1: must be an object of JSON");
  CAF_CHECK_EQUAL(fault(R"([{"port": 1}, {"prot": 2}])"), "entry 2: `prot` is not a key");
  CAF_CHECK_EQUAL(fault(R"([{"port": 65536}])"),
                  "entry 1: `port` must be an integer from 0 to 65535");
  CAF_CHECK_EQUAL(fault(R"([{}])"), "entry 1: must have either `port` or `unix`");
  CAF_CHECK_EQUAL(fault(R"([{"port": 1, "unix": "/x"}])"),
                  "entry 1: must have either `port` or `unix`");
  CAF_CHECK_EQUAL(fault(R"([{"address": "::", "unix": "/x"}])"),
                  "entry 1: `address` goes with `port`, not with `unix`");
  CAF_CHECK_EQUAL(fault(R"([{"unix": "/x", "unix.mode": "0888"}])"),
                  "entry 1: `unix.mode` must be three or four octal digits");
  CAF_CHECK_EQUAL(fault(R"([{"port": 1, "name": ""}])"),
                  "entry 1: `name` must be text of 1 to 64 bytes");
  CAF_CHECK_EQUAL(fault(R"([{"port": 1, "tls": 1}])"),
                  "entry 1: `tls` must be true, false or an object");
  CAF_CHECK_EQUAL(fault(R"([{"port": 1, "tls": {"cert": "x"}}])"),
                  "entry 1: `tls.cert` is not a key");
  CAF_CHECK_EQUAL(fault(R"([{"port": 1, "tls": {"certificates.required": "yes"}}])"),
                  "entry 1: `tls.certificates.required` must be true or false");
  CAF_CHECK_EQUAL(fault(R"([{"port": 1, "tls": {"names": [{"names": ["a"], "key": "k"}]}}])"),
                  "entry 1: each of `tls.names` needs `names`, `certificate` and `key`");
  CAF_CHECK_EQUAL(fault(R"([{"port": 1, "tls": {"names": [{"names": "a"}]}}])"),
                  "entry 1: `tls.names.names` must be a list of text");
  CAF_CHECK_EQUAL(fault(R"([{"port": 1, "proxy": {"timeout": "50ms"}}])"),
                  "entry 1: `proxy.timeout` must be a duration from 100ms to 1m");
  CAF_CHECK_EQUAL(fault(R"([{"port": 1, "identity": "dn"}])"),
                  "entry 1: `identity` must be one of none, cn, subject");
  CAF_CHECK_EQUAL(fault(R"([{"port": 1, "connections.max": 0}])"),
                  "entry 1: `connections.max` must be an integer from 1 to 10000000");
  CAF_CHECK_EQUAL(fault(R"([{"port": 1, "packet.bytes.max": "1B"}])"),
                  "entry 1: `packet.bytes.max` must be a size from 1KiB to 256MiB");
  std::string many = "[";
  for (int i = 0; i < 65; ++i)
    many += (i ? "," : "") + std::string{R"({"port": 0})"};
  CAF_CHECK_EQUAL(fault(many + "]"), "may have 64 entries");
}

CAF_TEST(each key has a row of the documentation and is understood) {
  for (const auto& k : listener_keys()) {
    CAF_CHECK(k.help.ends_with('.') && k.help.find('|') == k.help.npos);
    const auto dot = k.name.find('.');
    const std::string group{k.name.substr(0, dot)};
    const bool nested = group == "tls" || group == "websocket" || group == "proxy";
    if (k.name.starts_with("tls.names") || (nested && dot == k.name.npos))
      continue;
    const auto entry = nested ? R"([{"port": 1, ")" + group + R"(": {")" +
                                    std::string{k.name.substr(dot + 1)} + R"(": {}}}])"
                              : R"([{")" + std::string{k.name} + R"(": {}}])";
    CAF_CHECK_EQUAL(fault(entry),
                    "entry 1: `" + std::string{k.name} + "` must be " + std::string{k.accepts});
  }
}

CAF_TEST(the simple options are listeners and what entries leave out is theirs) {
  settings s;
  s.net_tls = {"127.0.0.2", 8883, "cert", "key", "ca", false};
  s.net_websocket.port = 9001;
  s.net.listeners = {
      one(R"({"port": 1, "tls": true})"),
      one(R"({"port": 2, "tls": {"certificate": "c", "key": "k", "ca": ""}, "websocket": {"path": "/x"}})")};
  const auto all = listeners_of(s);
  CAF_REQUIRE_EQUAL(all.size(), 5u);
  const strings places{"127.0.0.1:1883", "127.0.0.2:8883", "127.0.0.1:9001", "127.0.0.1:1",
                       "127.0.0.1:2"};
  for (std::size_t i = 0; i < all.size(); ++i) {
    CAF_CHECK_EQUAL(place_of(all[i]), places[i]);
    CAF_CHECK_EQUAL(all[i].name, places[i]);
  }
  CAF_CHECK(!all[0].tls && !all[0].websocket);
  CAF_CHECK(all[1].tls && !all[1].websocket);
  CAF_CHECK(!all[2].tls && all[2].websocket && all[2].websocket->path == "/mqtt");
  CAF_CHECK(all[3].tls->certificate == "cert" && all[3].tls->key == "key");
  CAF_CHECK(all[3].tls->ca == "ca" && all[3].tls->certificates_required == false);
  CAF_CHECK(all[4].tls->certificate == "c" && all[4].tls->ca == "");
  CAF_CHECK(all[4].websocket->path == "/x");
}

CAF_TEST(what does not fit together is named) {
  const auto with = [](const std::string& entries, strings more = {}) {
    more.push_back("--net.listeners=" + entries);
    return problems(more);
  };
  CAF_CHECK_EQUAL(problems({"--net.port=off"}),
                  strings{"nobody listens for clients: `net.port` is off, and so is all else"});
  CAF_CHECK(with(R"([{"port": 1}])", {"--net.port=off"}).empty());
  CAF_CHECK_EQUAL(with(R"([{"port": 1, "tls": true}])"),
                  strings{"net.listeners entry 1: `tls` needs `certificate` and `key`, or "
                          "`net.tls.certificate` and `net.tls.key`"});
  const std::string tls = R"("tls": {"certificate": "c", "key": "k"})";
  CAF_CHECK_EQUAL(
      with(R"([{"port": 1, "identity": "cn", )" + tls + "}]"),
      strings{"net.listeners entry 1: `identity` needs `tls` with `ca`, and certificates "
              "that are required"});
  CAF_CHECK(with(R"([{"port": 1, "identity": "cn", )" + tls + "}]", {"--net.tls.ca=x"}).empty());
  const std::string demanding =
      R"([{"port": 1, "tls": {"certificate": "c", "key": "k", "certificates.required": true)";
  CAF_CHECK_EQUAL(with(demanding + "}}]"),
                  strings{"net.listeners entry 1: `tls.certificates.required` needs `tls.ca` or "
                          "`net.tls.ca`: without, none is asked for"});
  CAF_CHECK_EQUAL(with(demanding + R"(, "ca": ""}}])", {"--net.tls.ca=x"}).size(), 1u);
  CAF_CHECK(with(demanding + "}}]", {"--net.tls.ca=x"}).empty());
  CAF_CHECK(with(demanding + R"(, "ca": "a"}}])").empty());
  CAF_CHECK(with("[{\"port\": 1, " + tls + "}]").empty()); // net.tls.certificates.required is true
  CAF_CHECK_EQUAL(
      with(R"([{"port": 1, "proxy": true}])"),
      strings{"net.listeners entry 1: `proxy` needs `trusted`, the networks of the proxies"});
  CAF_CHECK(with(R"([{"unix": "/x", "proxy": true}])").empty());
  CAF_CHECK_EQUAL(with(R"([{"port": 1, "proxy": {"trusted": ["10.0.0.1/8"]}}])"),
                  strings{"net.listeners entry 1: `proxy.trusted` holds `10.0.0.1/8`, which is no "
                          "network such as 10.1.0.0/16 or fd00::/8"});
  CAF_CHECK_EQUAL(with(R"([{"port": 1883}])"),
                  strings{"net.listeners entry 1: another one listens on 127.0.0.1:1883"});
  CAF_CHECK_EQUAL(with(R"([{"port": 1, "name": "a"}, {"port": 2, "name": "a"}])"),
                  strings{"net.listeners entry 2: `name`: another one is called `a`"});
  CAF_CHECK(with(R"([{"port": 0}, {"port": 0}])").empty());
  CAF_CHECK_EQUAL(with(R"([{"port": "x"}])"),
                  strings{"`net.listeners` entry 1: `port` must be an integer from 0 to 65535"});
}

CAF_TEST(a file holds them as objects) {
  const mqttzoo::test::scratch_directory directory;
  const auto path = directory.path() + "/config.json";
  const auto load = [&](const std::string& text) {
    std::ofstream{path} << text;
    return load_config(strings{"--config=" + path}, {});
  };
  const auto loaded = load(R"({"net": {
    "port": 2883, // then
    "listeners": [
      {"port": 1, "tls": {"certificate": "a}]b", "key": "k", "names": [ ]} /* } */},
      { "unix": "/x" }
    ],
    "backlog": 5}})");
  CAF_REQUIRE(loaded.has_value());
  const auto& net = loaded->values.net;
  CAF_CHECK(net.port == 2883);
  CAF_CHECK_EQUAL(net.backlog, 5u);
  CAF_REQUIRE_EQUAL(net.listeners.size(), 2u);
  CAF_CHECK(net.listeners[0].tls->certificate == "a}]b");
  CAF_CHECK_EQUAL(net.listeners[1].unix_path, "/x");
  const auto bad = load("{\n\"net.listeners\": [{\"port\": 1},\n {\"port\": null}]}");
  CAF_REQUIRE(!bad.has_value());
  CAF_CHECK_EQUAL(bad.error().front().where, path + ":2");
  CAF_CHECK_EQUAL(bad.error().front().what,
                  "`net.listeners` entry 2: `port` must be an integer from 0 to 65535");
  const auto other = load(R"({"net.listeners": [["x"]]})");
  CAF_CHECK(!other.has_value());
}
