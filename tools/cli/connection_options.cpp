// Where to connect to, as whom, and what the server is told about us.
#include "core/host_port.hpp"
#include "core/secret_file.hpp"
#include "sdk/address.hpp"
#include "tools/cli/option_groups.hpp"

#include <unistd.h>
#include <utility>

namespace mqttzoo::cli {
namespace {

constexpr std::uint32_t never_expires = 0xFFFF'FFFF;
constexpr std::uint16_t tls_port = 8883;

sentence take_url(options& o, const std::string& url) {
  const auto parsed = sdk::parse_address(url);
  if (!parsed || url.find("://") == std::string::npos || parsed->how == sdk::scheme::local)
    return "unsupported URL scheme.";
  const bool web =
      parsed->how == sdk::scheme::websocket || parsed->how == sdk::scheme::secure_websocket;
  o.host = parsed->host;
  o.port = parsed->port;
  o.uses_websocket |= web;
  o.uses_tls |= parsed->how == sdk::scheme::tls || parsed->how == sdk::scheme::secure_websocket;
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
  const auto second = has_two_values(*identifier) ? table.next() : std::optional<std::string>{""};
  if (!second)
    return table.missing();
  o.client.version = protocol::v5; // unless -V comes behind it
  return apply_property(o, *command, *identifier, *first, *second);
}

void add_will_options(option_table& table, drafts& d) {
  table.value({"--will-topic"}, [&d](const std::string& text) {
    d.has_will = true;
    d.will.what.topic = text;
    return sentence{};
  });
  table.value({"--will-payload"}, [&d](const std::string& text) {
    d.has_will_payload = true;
    d.will.what.payload = text;
    return sentence{};
  });
  table.value({"--will-qos"}, [&d](const std::string& text) {
    const auto level = core::read_number(text, 0, 2);
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

sentence mistake_in_will(const drafts& d) {
  if (d.has_will)
    return {};
  if (d.has_will_payload)
    return "Will payload given, but no will topic given.";
  return d.will.what.retain ? "Will retain given, but no will topic given." : "";
}

/// Said with `-x`, or with `-c` and nothing else.
bool lasts_for_ever(const client_options& c, const drafts& d) {
  return d.has_expiry ? c.session_expiry_s == never_expires : d.persistent;
}

/// A session that stays behind needs a name that it is found by.
sentence mistake_in_session(const client_options& c, const drafts& d) {
  if (!c.client_id.empty())
    return d.id_prefix.empty() ? "" : "-i and -I argument cannot be used together.";
  if (c.version != protocol::v5)
    return d.persistent ? "You must provide a client id if you are using the -c option." : "";
  return lasts_for_ever(c, d) ? "You must provide a client id if you are using an infinite session "
                                "expiry interval."
                              : "";
}

std::string server(options& o, const drafts& d) {
  if (!d.unix_socket.empty())
    return "unix://" + d.unix_socket;
  o.uses_tls |= o.port == tls_port;
  if (o.port == 0 && !o.uses_websocket)
    o.port = o.uses_tls ? tls_port : 1883;
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
  // Not on the command line, which everybody on the machine can read.
  table.value({"--password-file"}, [&c](const std::string& file) {
    auto secret = core::read_secret("--password-file", file);
    if (!secret)
      return std::move(secret.error());
    c.password = *std::move(secret);
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
  if (auto wrong = mistake_in_will(d); !wrong.empty())
    return wrong;
  if (auto wrong = mistake_in_session(c, d); !wrong.empty())
    return wrong;
  if (c.version != protocol::v5 && c.password && !c.user_name)
    return "Problem setting username and/or password.";
  if (c.tls.certificate_file.empty() != c.tls.key_file.empty())
    return "Both certfile and keyfile must be provided if one of them is set.";
  if (c.tls.psk_key.empty() != c.tls.psk_identity.empty())
    return c.tls.psk_key.empty() ? "--psk required if --psk-identity used."
                                 : "--psk-identity required if --psk used.";
  if (!c.tls.psk_key.empty() && !(c.tls.authorities_file.empty() && c.tls.authorities_path.empty()))
    return "Only one of --psk or --cafile/--capath may be used at once.";
  if (!d.id_prefix.empty())
    c.client_id = d.id_prefix + std::to_string(::getpid());
  c.clean_start = !d.persistent;
  if (lasts_for_ever(c, d))
    c.session_expiry_s = never_expires;
  complete_will(c, d);
  c.servers = {server(o, d)};
  return {};
}

} // namespace mqttzoo::cli
