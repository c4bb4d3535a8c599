// The table holds what its type cannot enforce, and each kind of option reads, refuses and shows
// values.
#define CAF_SUITE core.options

#include "core/options.hpp"

#include <caf/test/dsl.hpp>

#include <set>

using namespace mqttzoo::core;

namespace {

/// What `name` is after `text` was assigned, or the error.
std::string assigned(std::string_view name, option_text text) {
  settings s;
  const auto stored = assign(*find_option(name), text, s);
  return stored ? show(*find_option(name), s) : stored.error();
}

} // namespace

CAF_TEST(every preset satisfies its own row and is written as it would be shown) {
  const settings presets;
  for (const auto& o : options()) {
    settings s;
    CAF_CHECK(assign(o, std::string{o.preset}, s));
    CAF_CHECK_EQUAL(show(o, presets), o.preset);
  }
}

CAF_TEST(bounds are accepted and what lies outside is not ) {
  for (const auto& o : options()) {
    const bool ordered = kind_of(o) <= option_kind::seconds;
    CAF_CHECK_EQUAL(ordered, !o.least.empty() && !o.most.empty());
    if (!ordered)
      continue;
    settings s;
    CAF_CHECK(assign(o, std::string{o.least}, s));
    CAF_CHECK(assign(o, std::string{o.most}, s));
    CAF_CHECK(!assign(o, std::string{"99999999999999999999"}, s));
    CAF_CHECK(!assign(o, std::string{"-1"}, s));
    CAF_CHECK_EQUAL(show(o, s), o.most);
  }
}

CAF_TEST(names and members are unique and names are well formed) {
  std::set<std::string_view> names;
  std::set<std::string> variables;
  for (const auto& o : options()) {
    CAF_CHECK(names.insert(o.name).second);
    CAF_CHECK(variables.insert(environment_name(o.name)).second);
    CAF_CHECK_EQUAL(o.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz."), o.name.npos);
    CAF_CHECK(o.help.ends_with('.'));
    CAF_CHECK(!o.help.empty() && o.help.find('|') == o.help.npos); // it stands in a Markdown table
  }
  settings s;
  std::set<const void*> members;
  for (const auto& o : options())
    CAF_CHECK(
        members.insert(std::visit([&](auto m) -> const void* { return &m(s); }, o.member)).second);
}

CAF_TEST(each kind reads its notation) {
  CAF_CHECK_EQUAL(assigned("net.port", "2883"), "2883");
  CAF_CHECK_EQUAL(assigned("mqtt.packet.bytes.max", "2048KiB"), "2MiB");
  CAF_CHECK_EQUAL(assigned("net.connect.timeout", "1500ms"), "1500ms");
  CAF_CHECK_EQUAL(assigned("mqtt.keepalive.max", "120s"), "2m");
  CAF_CHECK_EQUAL(assigned("mqtt.retain.available", "false"), "false");
  CAF_CHECK_EQUAL(assigned("store.path", ":memory:"), ":memory:");
  CAF_CHECK_EQUAL(assigned("mqtt.subscribe.deny", "a/#,,b"), "a/#,b");
  CAF_CHECK_EQUAL(assigned("mqtt.subscribe.deny", std::vector<std::string>{"a", "b/+"}), "a,b/+");
  CAF_CHECK_EQUAL(assigned("log.level", "trace"), "trace");
  CAF_CHECK_EQUAL(assigned("log.level.net", "off"), "off");
  CAF_CHECK_EQUAL(assigned("log.level.net", "inherit"), "inherit");
  CAF_CHECK_EQUAL(assigned("log.format", "json"), "json");
  CAF_CHECK_EQUAL(assigned("auth.anonymous", "refuse"), "refuse");
}

CAF_TEST(each kind refuses what it cannot hold and says what it could) {
  CAF_CHECK_EQUAL(assigned("net.port", "65536"), "must be an integer from 0 to 65535, or off");
  CAF_CHECK_EQUAL(assigned("mqtt.packet.bytes.max", "1GiB"), "must be a size from 1KiB to 256MiB");
  CAF_CHECK_EQUAL(assigned("net.connect.timeout", "10"), "must be a duration from 100ms to 5m");
  CAF_CHECK_EQUAL(assigned("mqtt.keepalive.max", "1500ms"),
                  "must be a duration in whole seconds from 0 to 65535s");
  CAF_CHECK_EQUAL(assigned("mqtt.retain.available", "yes"), "must be true or false");
  CAF_CHECK_EQUAL(assigned("log.format", "xml"), "must be one of text, json");
  CAF_CHECK_EQUAL(assigned("auth.anonymous", "true"), "must be one of refuse, loopback, allow");
  CAF_CHECK_EQUAL(assigned("net.port", std::vector<std::string>{"1883"}),
                  "must be an integer from 0 to 65535, or off");
}

CAF_TEST(the nearest name is offered when there is one) {
  CAF_CHECK_EQUAL(nearest_option("net.prot"), "net.port");
  CAF_CHECK_EQUAL(nearest_option("net.connection.max"), "net.connections.max");
  CAF_CHECK_EQUAL(nearest_option("port"), "net.port");
  CAF_CHECK_EQUAL(nearest_option("stall.timeout"), "links.stall.timeout");
  CAF_CHECK_EQUAL(nearest_option("qos.max"), "mqtt.qos.max");
  CAF_CHECK_EQUAL(nearest_option("xyzzy"), "");
  CAF_CHECK_EQUAL(nearest_option(std::string(1000, 'x')), "");
}

CAF_TEST(there is always an I / O thread) {
  net_settings net;
  CAF_CHECK_GREATER_OR_EQUAL(io_threads(net), 1u);
  net.threads = 3;
  CAF_CHECK_EQUAL(io_threads(net), 3u);
}

CAF_TEST(a number that may be off is a number or off) {
  CAF_CHECK_EQUAL(assigned("admin.port", "off"), "off");
  CAF_CHECK_EQUAL(assigned("admin.port", "0"), "0");
  CAF_CHECK_EQUAL(assigned("admin.port", "8080"), "8080");
  CAF_CHECK_EQUAL(assigned("admin.port", "65536"), "must be an integer from 0 to 65535, or off");
  CAF_CHECK_EQUAL(assigned("admin.port", "on"), "must be an integer from 0 to 65535, or off");
}
