#include "core/listener_options.hpp"

#include "core/settings.hpp"
#include "core/units.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <limits>

namespace mqttzoo::core {

namespace {

using nlohmann::json;

constexpr std::size_t entries_max = 64;
constexpr std::size_t names_max =
    64; // of server names, certificates, networks, origins in one list
constexpr std::size_t listener_name_bytes_max = 64;
constexpr std::uint64_t packet_bytes_min = 1'024;
constexpr auto packet_bytes_max = mqtt_settings::packet_bytes_bound;
constexpr std::chrono::milliseconds proxy_timeout_min{100};
constexpr std::chrono::milliseconds proxy_timeout_max{60'000};

/// Takes a value, or says false: it is none of those the key accepts.
using taker = std::function<bool(const json&)>;

struct member {
  std::string_view name;
  taker take;
};

/// A scalar as a source of options would write it.
std::optional<std::string> text_of(const json& value) {
  if (value.is_string())
    return value.get<std::string>();
  if (value.is_number() || value.is_boolean())
    return value.dump();
  return std::nullopt;
}

template<class T>
taker text(T& into) {
  return [&into](const json& value) {
    if (!value.is_string())
      return false;
    into = value.get<std::string>();
    return true;
  };
}

template<class T>
taker texts(T& into) {
  return [&into](const json& value) {
    const bool good =
        value.is_array() && value.size() <= names_max &&
        std::all_of(value.begin(), value.end(), [](const json& item) { return item.is_string(); });
    if (good)
      into = value.get<std::vector<std::string>>();
    return good;
  };
}

template<class T>
taker boolean(T& into) {
  return [&into](const json& value) {
    const auto text = text_of(value);
    if (text != "true" && text != "false")
      return false;
    into = text == "true";
    return true;
  };
}

template<class T>
taker number(T& into, std::uint64_t least, std::uint64_t most) {
  return [&into, least, most](const json& value) {
    const auto n = units::read_integer(text_of(value).value_or(""));
    if (!n || *n < least || *n > most)
      return false;
    into = static_cast<std::uint32_t>(*n);
    return true;
  };
}

template<class T, std::size_t N>
taker word(T& into, const std::array<std::string_view, N>& words) {
  return [&into, &words](const json& value) {
    const auto found = std::find(words.begin(), words.end(), text_of(value).value_or(""));
    if (found != words.end())
      into =
          static_cast<typename std::decay_t<decltype(*std::optional{into})>>(found - words.begin());
    return found != words.end();
  };
}

taker mode(std::uint16_t& into) {
  return [&into](const json& value) {
    const auto text = text_of(value).value_or("");
    if (text.size() < 3 || text.size() > 4 || text.find_first_not_of("01234567") != text.npos ||
        (text.size() == 4 && text[0] != '0'))
      return false;
    into = static_cast<std::uint16_t>(std::stoul(text, nullptr, 8));
    return true;
  };
}

taker bytes(std::optional<std::uint32_t>& into, std::uint64_t least, std::uint64_t most) {
  return [&into, least, most](const json& value) {
    const auto n = units::read_bytes(text_of(value).value_or(""));
    if (!n || *n < least || *n > most)
      return false;
    into = static_cast<std::uint32_t>(*n);
    return true;
  };
}

taker duration(std::chrono::milliseconds& into, std::chrono::milliseconds least,
               std::chrono::milliseconds most) {
  return [&into, least, most](const json& value) {
    const auto ms = units::read_duration_ms(text_of(value).value_or(""));
    if (!ms || *ms < static_cast<std::uint64_t>(least.count()) ||
        *ms > static_cast<std::uint64_t>(most.count()))
      return false;
    into = std::chrono::milliseconds{*ms};
    return true;
  };
}

/// Reads one entry; keeps the first fault.
class entry_reader {
public:
  expected<listener_settings, std::string> read(const json& from) {
    if (!from.is_object())
      return unexpected<std::string>{"must be an object of JSON"};
    std::optional<std::uint32_t> port;
    listener_settings l;
    read_object(
        from, "",
        {{"address", text(l.address)},
         {"port", number(port, 0, 65'535)},
         {"unix", text(l.unix_path)},
         {"unix.mode", mode(l.unix_mode)},
         {"name", text(l.name)},
         {"tls", [&](const json& v) { return read_tls(v, l); }},
         {"websocket", [&](const json& v) { return read_websocket(v, l); }},
         {"proxy", [&](const json& v) { return read_proxy(v, l); }},
         {"identity", word(l.identity, certificate_identity_words)},
         {"anonymous", word(l.anonymous, anonymous_rule_words)},
         {"connections.max", number(l.connections_max, 1, 10'000'000)},
         {"packet.bytes.max", bytes(l.packet_bytes_max, packet_bytes_min, packet_bytes_max)}});
    const bool named =
        !from.contains("name") || (!l.name.empty() && l.name.size() <= listener_name_bytes_max);
    if (fault_.empty() && !named)
      fault_ = must_be("name");
    if (fault_.empty() && port.has_value() == !l.unix_path.empty())
      fault_ = "must have either `port` or `unix`";
    if (fault_.empty() && !l.unix_path.empty() && !l.address.empty())
      fault_ = "`address` goes with `port`, not with `unix`";
    if (!fault_.empty())
      return unexpected{std::move(fault_)};
    if (port) {
      l.port = static_cast<std::uint16_t>(*port);
      if (l.address.empty())
        l.address = "127.0.0.1";
    }
    return l;
  }

private:
  void read_object(const json& from, const std::string& prefix,
                   const std::vector<member>& members) {
    for (const auto& [name, value] : from.items()) {
      if (!fault_.empty())
        return;
      const auto found = std::find_if(members.begin(), members.end(),
                                      [&, &key = name](const member& m) { return m.name == key; });
      if (found == members.end())
        fault_ = '`' + prefix + name + "` is not a key";
      else if (!found->take(value) && fault_.empty())
        fault_ = must_be(prefix + name);
    }
  }

  static std::string must_be(const std::string& name) {
    const auto keys = listener_keys();
    const auto found = std::find_if(keys.begin(), keys.end(),
                                    [&](const listener_key& k) { return k.name == name; });
    return '`' + name + "` must be " + std::string{found->accepts};
  }

  /// `true`, or an object of the members of what becomes of `into`.
  template<class T>
  bool read_part(const json& from, std::optional<T>& into, const std::string& prefix,
                 const std::function<std::vector<member>(T&)>& members) {
    bool wanted = true;
    if (!from.is_object())
      return boolean(wanted)(from) && (!wanted || (into.emplace(), true));
    read_object(from, prefix, members(into.emplace()));
    return true;
  }

  bool read_tls(const json& from, listener_settings& l) {
    return read_part<listener_tls>(from, l.tls, "tls.", [this](listener_tls& t) {
      return std::vector<member>{
          {"certificate", text(t.certificate)},
          {"key", text(t.key)},
          {"ca", text(t.ca)},
          {"certificates.required", boolean(t.certificates_required)},
          {"names", [this, &t](const json& v) { return read_names(v, t.by_name); }}};
    });
  }

  bool read_names(const json& from, std::vector<listener_certificate>& into) {
    if (!from.is_array() || from.size() > names_max)
      return false;
    for (const auto& item : from) {
      if (!item.is_object())
        return false;
      auto& c = into.emplace_back();
      read_object(
          item, "tls.names.",
          {{"names", texts(c.names)}, {"certificate", text(c.certificate)}, {"key", text(c.key)}});
      for (auto& name : c.names)
        std::transform(name.begin(), name.end(), name.begin(), [](char x) {
          return x >= 'A' && x <= 'Z' ? static_cast<char>(x - 'A' + 'a') : x;
        });
      if (fault_.empty() && (c.names.empty() || c.certificate.empty() || c.key.empty()))
        fault_ = "each of `tls.names` needs `names`, `certificate` and `key`";
    }
    return true;
  }

  bool read_websocket(const json& from, listener_settings& l) {
    return read_part<listener_websocket>(
        from, l.websocket, "websocket.", [](listener_websocket& w) {
          return std::vector<member>{{"path", text(w.path)}, {"origins", texts(w.origins)}};
        });
  }

  bool read_proxy(const json& from, listener_settings& l) {
    return read_part<listener_proxy>(from, l.proxy, "proxy.", [](listener_proxy& p) {
      return std::vector<member>{
          {"trusted", texts(p.trusted)},
          {"timeout", duration(p.timeout, proxy_timeout_min, proxy_timeout_max)}};
    });
  }

  std::string fault_;
};

std::string entry_name(std::size_t index) {
  return "entry " + std::to_string(index + 1);
}

json parse(std::string_view text) {
  constexpr bool throws = false;
  constexpr bool comments = true;
  return json::parse(text, nullptr, throws, comments);
}

/// The entries, not looked at; nothing if `text` holds no list.
std::optional<std::vector<json>> entries_of(const option_text& text) {
  std::vector<json> entries;
  if (const auto* items = std::get_if<std::vector<std::string>>(&text)) {
    for (const auto& item : *items)
      entries.push_back(parse(item));
    return entries;
  }
  const auto& whole = std::get<std::string>(text);
  if (whole.empty())
    return entries;
  const auto parsed = parse(whole);
  if (!parsed.is_array())
    return std::nullopt;
  entries.assign(parsed.begin(), parsed.end());
  return entries;
}

} // namespace

expected<std::vector<listener_settings>, std::string> read_listeners(const option_text& text) {
  const auto entries = entries_of(text);
  if (!entries)
    return unexpected<std::string>{"must be an array of JSON objects"};
  if (entries->size() > entries_max)
    return unexpected{"may have " + std::to_string(entries_max) + " entries"};
  std::vector<listener_settings> read;
  for (std::size_t i = 0; i < entries->size(); ++i) {
    auto one = entry_reader{}.read((*entries)[i]);
    if (!one)
      return unexpected{entry_name(i) + ": " + one.error()};
    one->origin = "net.listeners " + entry_name(i);
    read.push_back(*std::move(one));
  }
  return read;
}

} // namespace mqttzoo::core
