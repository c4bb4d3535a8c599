#include "tools/cli/mosquitto_conf.hpp"

#include "core/numbers.hpp"
#include "tools/cli/mosquitto_options.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace mqttzoo::cli {
namespace {

using json = nlohmann::ordered_json;

/// Where mosquitto takes 0 for "as many as come".
bool unbounded_if_zero(std::string_view ours) {
  return ours.ends_with("queue.messages.max") || ours.ends_with("inflight.max");
}

constexpr std::string_view white = " \t\r";

std::string_view trim(std::string_view s) {
  const auto first = s.find_first_not_of(white);
  if (first == s.npos)
    return {};
  return s.substr(first, s.find_last_not_of(white) - first + 1);
}

/// `14d` and the like; mosquitto's months and years are said in days.
std::optional<std::string> duration_of(std::string_view text) {
  if (text.empty())
    return std::nullopt;
  const auto n = core::read_number<std::uint64_t>(text.substr(0, text.size() - 1));
  if (!n)
    return std::nullopt;
  switch (text.back()) {
  case 'h':
  case 'd':
    return std::string{text};
  case 'w':
    return std::to_string(*n * 7) + 'd';
  case 'm':
    return std::to_string(*n * 30) + 'd';
  case 'y':
    return std::to_string(*n * 365) + 'd';
  default:
    return std::nullopt;
  }
}

/// Nothing if mosquitto would not accept it either.
std::optional<json> value_of(std::string_view text, value_kind kind) {
  switch (kind) {
  case value_kind::text:
    return json(std::string{text});
  case value_kind::boolean:
    return text == "true" || text == "false" ? std::optional{json(text == "true")} : std::nullopt;
  case value_kind::duration:
    if (auto d = duration_of(text))
      return json(*d);
    return std::nullopt;
  case value_kind::number:
  case value_kind::seconds:
  case value_kind::bytes:
    break;
  }
  const auto n = core::read_number<std::uint64_t>(text);
  if (!n)
    return std::nullopt;
  if (kind == value_kind::number)
    return json(*n);
  return json(std::to_string(*n) + (kind == value_kind::seconds ? "s" : "B"));
}

/// A listener, until the next one begins.
struct listener {
  std::size_t line = 0;
  std::string port;
  std::string address; ///< with port 0 a socket's file
  bool websocket = false;
  std::string certificate, key, authorities;
  std::optional<bool> certificate_required;
  std::string identity; ///< "cn", "subject"; empty: certificates are no names

  bool secure() const { return !certificate.empty(); }
  bool local() const {
    return core::read_number<std::uint64_t>(port) == 0u && address.starts_with('/');
  }
  /// It does nothing with an authority that it does not ask for certificates of.
  bool asks() const {
    return certificate_required.value_or(false) || (certificate_required && !authorities.empty());
  }
};

class reader {
public:
  migration read(std::string_view text) {
    for (std::size_t line = 1; !text.empty(); ++line) {
      const auto end = std::min(text.find('\n'), text.size());
      line_ = line;
      take(trim(text.substr(0, end)));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    finish();
    return std::move(result_);
  }

private:
  void take(std::string_view text) {
    if (text.empty() || text.front() == '#')
      return;
    const auto space = std::min(text.find_first_of(white), text.size());
    const auto name = text.substr(0, space);
    const auto value = trim(text.substr(space));
    if (name == "connection" || in_bridge_)
      return take_bridge(name, value);
    if (!take_listener(name, value) && !take_same(name, value) && !take_needless(name) &&
        !take_special(name, value))
      no_counterpart(name, "is not known here");
  }

  /// All that follows `connection` belongs to the bridge, up to the next listener.
  void take_bridge(std::string_view name, std::string_view value) {
    if (name == "listener") {
      in_bridge_ = false;
      take_listener(name, value);
    } else if (name == "connection") {
      in_bridge_ = true;
      no_counterpart("connection " + std::string{value},
                     "there are no bridges: pods of one cluster share everything "
                     "(`zk.servers`), and a program of yours can carry topics to other brokers");
    }
  }

  bool take_listener(std::string_view name, std::string_view value) {
    if (name == "listener" || name == "port") {
      const auto space = std::min(value.find_first_of(white), value.size());
      auto& l = name == "port" ? listeners_.front() : listeners_.emplace_back();
      l.line = line_;
      l.port = value.substr(0, space);
      if (name == "listener")
        l.address = trim(value.substr(space));
      return true;
    }
    auto& l = listeners_.back();
    if (name == "bind_address")
      listeners_.front().address = value;
    else if (name == "protocol")
      l.websocket = value == "websockets";
    else if (name == "certfile")
      l.certificate = value;
    else if (name == "keyfile")
      l.key = value;
    else if (name == "cafile")
      l.authorities = value;
    else if (name == "require_certificate")
      l.certificate_required = value == "true";
    else if (name == "use_identity_as_username" || name == "use_subject_as_username")
      l.identity = value != "true" ? "" : name == "use_identity_as_username" ? "cn" : "subject";
    else
      return false;
    return true;
  }

  bool take_same(std::string_view name, std::string_view value) {
    const auto at = std::ranges::find(same, name, &same_option::theirs);
    if (at == same.end())
      return false;
    if (auto v = value_of(value, at->kind))
      set(at->ours, std::move(*v));
    else if (value == "-1")
      remark(name, "here is always a bound: the default of `" + std::string{at->ours} + "` counts");
    else
      no_counterpart(name, "has a value that cannot be read: " + std::string{value});
    return true;
  }

  bool take_needless(std::string_view name) {
    const auto at = std::ranges::find(needless, name, &needless_option::theirs);
    if (at != needless.end())
      remark(name, at->why);
    return at != needless.end();
  }

  bool take_special(std::string_view name, std::string_view value) {
    if (name == "allow_anonymous")
      set("auth.anonymous", value == "true" ? "allow" : "refuse");
    else if (name == "persistence")
      persistent_ = value == "true";
    else if (name == "log_type")
      take_log_type(value);
    else if (name == "include_dir")
      no_counterpart(name,
                     "one file holds all; run this tool on each file of " + std::string{value});
    else
      return false;
    return true;
  }

  void take_log_type(std::string_view value) {
    constexpr std::array levels{std::pair{"error", "error"}, std::pair{"warning", "warn"},
                                std::pair{"notice", "info"}, std::pair{"information", "info"},
                                std::pair{"debug", "debug"}, std::pair{"all", "debug"},
                                std::pair{"none", "off"}};
    const auto at =
        std::ranges::find(levels, value, [](const auto& l) { return std::string_view{l.first}; });
    if (at == levels.end())
      return remark("log_type", "what actors do is seen with `mqttzoo inspect`");
    // The last of several that says more counts.
    const auto rank = static_cast<std::size_t>(at - levels.begin());
    if (log_rank_ && *log_rank_ >= rank)
      return;
    log_rank_ = rank;
    set("log.level", at->second);
  }

  void finish() {
    if (!persistent_) // mosquitto keeps nothing by default
      set("store.path", ":memory:");
    bool plain = false, tls = false, websocket = false, secure_websocket = false;
    for (const auto& l : listeners_) {
      if (l.port.empty() && (listeners_.size() > 1 || l.secure()))
        continue; // the default one, which another replaces
      line_ = l.line;
      const auto port = core::read_number<std::uint64_t>(l.port.empty() ? "1883" : l.port);
      if (!port || (*port == 0 && !l.local())) {
        no_counterpart("listener " + l.port, "has no port");
        continue;
      }
      bool& taken =
          l.websocket ? (l.secure() ? secure_websocket : websocket) : (l.secure() ? tls : plain);
      if (l.local() || !l.identity.empty() || std::exchange(taken, true))
        place_among_others(l, *port);
      else
        place(l, *port);
    }
    if (!plain)
      set("net.port", "off");
  }

  void place(const listener& l, std::uint64_t port) {
    const std::string family = l.websocket ? "net.websocket" : l.secure() ? "net.tls" : "net";
    set(family + ".address", numeric(l));
    set(l.websocket && l.secure() ? "net.websocket.tls.port" : family + ".port", port);
    if (!l.secure())
      return;
    set("net.tls.certificate", l.certificate);
    set("net.tls.key", l.key);
    if (l.asks()) {
      set("net.tls.ca", l.authorities);
      set("net.tls.certificates.required", *l.certificate_required);
    }
  }

  /// What the simple options cannot say.
  void place_among_others(const listener& l, std::uint64_t port) {
    json entry;
    if (l.local()) {
      entry["unix"] = l.address;
    } else {
      entry["address"] = numeric(l);
      entry["port"] = port;
    }
    if (l.secure()) {
      entry["tls"] = {{"certificate", l.certificate}, {"key", l.key}};
      entry["tls"]["ca"] = l.asks() ? l.authorities : "";
      if (l.asks())
        entry["tls"]["certificates.required"] = *l.certificate_required;
    }
    if (l.websocket)
      entry["websocket"] = true;
    if (!l.identity.empty())
      entry["identity"] = l.identity;
    result_.configuration["net"]["listeners"].push_back(std::move(entry));
  }

  /// mosquitto listens everywhere unless told otherwise, but on loopback when told nothing at all.
  std::string numeric(const listener& l) {
    if (l.address.empty())
      return l.port.empty() ? "127.0.0.1" : "::";
    if (l.address == "localhost")
      return "127.0.0.1";
    if (l.address.find_first_not_of("0123456789abcdefABCDEF.:") != std::string::npos)
      remark("listener " + l.port, "its address must be numeric: put that of " + l.address);
    return l.address;
  }

  /// `a.b.c` as nested objects.
  void set(std::string_view name, json value) {
    if (value == json(0) && unbounded_if_zero(name))
      return remark(name, "0 means no bound there; here is always one, and the default counts");
    auto* at = &result_.configuration;
    for (auto dot = name.find('.'); dot != name.npos; dot = name.find('.')) {
      at = &(*at)[std::string{name.substr(0, dot)}];
      name.remove_prefix(dot + 1);
    }
    (*at)[std::string{name}] = std::move(value);
  }

  void no_counterpart(std::string_view name, std::string_view why) {
    result_.without_counterpart.push_back(
        {line_, '`' + std::string{name} + "`: " + std::string{why}});
  }
  void remark(std::string_view name, std::string_view why) {
    result_.remarks.push_back({line_, '`' + std::string{name} + "`: " + std::string{why}});
  }

  migration result_;
  std::vector<listener> listeners_{1}; ///< the default one first
  std::size_t line_ = 0;
  bool in_bridge_ = false;
  bool persistent_ = false;
  std::optional<std::size_t> log_rank_;
};

} // namespace

migration migrate_mosquitto_conf(std::string_view text) {
  return reader{}.read(text);
}

} // namespace mqttzoo::cli
