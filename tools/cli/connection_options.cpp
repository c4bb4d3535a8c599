// Where to connect to, as whom, and what the server is told about us.
#include "core/host_port.hpp"
#include "sdk/address.hpp"
#include "tools/cli/option_groups.hpp"

#include <unistd.h>

namespace mqttzoo::cli {
namespace {

constexpr std::uint32_t never_expires = 0xFFFF'FFFF;

sentence take_url(options& o, const std::string& url) {
  const auto parsed = sdk::parse_address(url);
  if (!parsed || url.find("://") == std::string::npos || parsed->how == sdk::scheme::local)
    return "unsupported URL scheme.";
  const bool web =
      parsed->how == sdk::scheme::websocket || parsed->how == sdk::scheme::secure_websocket;
  o.host = parsed->host;
  o.port = parsed->port;
  o.uses_websocket = web;
  o.uses_tls = parsed->how == sdk::scheme::tls || parsed->how == sdk::scheme::secure_websocket;
  if (parsed->user_name)
    o.client.user_name = parsed->user_name;
  if (parsed->password)
    o.client.password = parsed->password;
  const auto topic =
      web ? parsed->path.substr(parsed->path.starts_with('/') ? 1 : 0) : parsed->path;
  if (topic.empty())
    return "Invalid URL for -L argument specified - topic missing.";
  o.topics.push_back(topic);
  return {};
}

sentence take_version(client_options& c, const std::string& name) {
  if (name == "mqttv31" || name == "31")
    c.version = protocol::v3_1;
  else if (name == "mqttv311" || name == "311")
    c.version = protocol::v3_1_1;
  else if (name == "mqttv5" || name == "5")
    c.version = protocol::v5;
  else
    return "Invalid protocol version argument given.";
  return {};
}

sentence take_property(option_table& table, options& o) {
  const auto command = table.next(), identifier = table.next(), first = table.next();
  if (!first)
    return table.missing();
  const auto second =
      *identifier == "user-property" ? table.next() : std::optional<std::string>{""};
  return second ? apply_property(o, *command, *identifier, *first, *second) : table.missing();
}

void add_will_options(option_table& table, drafts& d) {
  table.value({"--will-topic"}, [&d](const std::string& text) {
    d.has_will = true;
    d.will.what.topic = text;
    return sentence{};
  });
  table.value({"--will-payload"}, [&d](const std::string& text) {
    d.has_will_details = true;
    d.will.what.payload = text;
    return sentence{};
  });
  table.value({"--will-qos"}, [&d](const std::string& text) {
    const auto level = core::read_number(text, 0, 2);
    d.has_will_details = true;
    d.will.what.qos = static_cast<qos>(level.value_or(0));
    return level ? sentence{} : option_table::invalid("will QoS", text);
  });
  table.flag({"--will-retain"}, d.will.what.retain);
}

void complete_will(client_options& c, const drafts& d) {
  if (!d.has_will)
    return c.will.reset();
  auto will = d.will;
  if (c.will) { // its properties came with -D
    will.delay_s = c.will->delay_s;
    will.what.properties = c.will->what.properties;
  }
  c.will = std::move(will);
}

std::string server(options& o, const drafts& d) {
  if (!d.unix_socket.empty())
    return "unix://" + d.unix_socket;
  if (o.port == 0 && !o.uses_websocket)
    o.port = o.uses_tls ? 8883 : 1883;
  const char* scheme =
      o.uses_websocket ? (o.uses_tls ? "wss://" : "ws://") : (o.uses_tls ? "mqtts://" : "mqtt://");
  return scheme + core::in_brackets(o.host) + (o.port == 0 ? "" : ':' + std::to_string(o.port));
}

} // namespace

void add_identity_options(option_table& table, client_options& c) {
  table.value({"-u", "--username"}, [&c](const std::string& text) {
    c.user_name = text;
    return sentence{};
  });
  table.value({"-P", "--pw"}, [&c](const std::string& text) {
    c.password = text;
    return sentence{};
  });
  table.value({"-V", "--protocol-version"},
              [&c](const std::string& text) { return take_version(c, text); });
  table.number<std::uint16_t>({"-k", "--keepalive"}, c.keep_alive_s, 5, 65'535, "keepalive");
}

void add_connection_options(option_table& table, options& o, drafts& d) {
  auto& c = o.client;
  c.version = protocol::v3_1_1;
  add_identity_options(table, c);
  add_will_options(table, d);
  table.text({"-h", "--host"}, o.host);
  table.number<std::uint16_t>({"-p", "--port"}, o.port, 1, 65'535, "port");
  table.value({"-L", "--url"}, [&o](const std::string& url) { return take_url(o, url); });
  table.text({"--unix"}, d.unix_socket);
  table.text({"--proxy"}, c.proxy);
  table.text({"-A"}, c.local_address);
  table.texts({"-t", "--topic"}, o.topics);
  table.value({"-q", "--qos"}, [&o](const std::string& text) {
    const auto level = core::read_number(text, 0, 2);
    o.qos = static_cast<qos>(level.value_or(0));
    return level ? sentence{} : option_table::invalid("QoS", text);
  });
  table.text({"-i", "--id"}, c.client_id);
  table.text({"-I", "--id-prefix"}, d.id_prefix);
  table.flag({"-c", "--disable-clean-session"}, d.persistent);
  table.value({"-x", "--session-expiry-interval"}, [&c, &d](const std::string& text) {
    const auto seconds = text == "-1" || text == "∞" ? std::optional{never_expires}
                                                     : core::read_number<std::uint32_t>(text);
    d.has_expiry = true;
    c.session_expiry_s = seconds.value_or(0);
    return seconds ? sentence{} : option_table::invalid("session expiry interval", text);
  });
  table.number({"-M", "--max-inflight"}, o.inflight_max, 1U, 65'535U, "max inflight");
  table.action({"-D", "--property"}, [&table, &o] { return take_property(table, o); });
  table.flag({"-d", "--debug"}, o.debug);
  table.flag({"--quiet"}, o.quiet);
  table.ignored({"--nodelay"}); // always
}

sentence complete_connection(options& o, const drafts& d) {
  auto& c = o.client;
  if (d.has_will_details && !d.has_will)
    return "Will payload given, but no will topic given.";
  if (c.version != protocol::v5 && c.password && !c.user_name)
    return "Problem setting username and/or password.";
  if (c.tls.psk_key.empty() != c.tls.psk_identity.empty())
    return c.tls.psk_key.empty() ? "--psk required if --psk-identity used."
                                 : "--psk-identity required if --psk used.";
  if (!c.tls.psk_key.empty() && !(c.tls.authorities_file.empty() && c.tls.authorities_path.empty()))
    return "Only one of --psk or --cafile/--capath may be used at once.";
  if (!d.id_prefix.empty())
    c.client_id = d.id_prefix + std::to_string(::getpid());
  c.clean_start = !d.persistent;
  if (d.persistent && !d.has_expiry)
    c.session_expiry_s = never_expires;
  complete_will(c, d);
  c.servers = {server(o, d)};
  return {};
}

} // namespace mqttzoo::cli
