// An entry of `net.listeners` as JSON again: what was given, and no more.
#include "core/json_text.hpp"
#include "core/listener_options.hpp"
#include "core/units.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace mqttzoo::core {

namespace {

using nlohmann::ordered_json;

template<class T>
void put(ordered_json& into, const char* name, const std::optional<T>& value) {
  if (value)
    into[name] = *value;
}

ordered_json show(const listener_tls& t) {
  auto shown = ordered_json::object();
  put(shown, "certificate", t.certificate);
  put(shown, "key", t.key);
  put(shown, "ca", t.ca);
  put(shown, "certificates.required", t.certificates_required);
  for (const auto& c : t.by_name)
    shown["names"].push_back({{"names", c.names}, {"certificate", c.certificate}, {"key", c.key}});
  return shown;
}

ordered_json show(const listener_websocket& w) {
  auto shown = ordered_json::object();
  put(shown, "path", w.path);
  put(shown, "origins", w.origins);
  return shown;
}

ordered_json show(const listener_proxy& p) {
  return {{"trusted", p.trusted}, {"timeout", std::to_string(p.timeout.count()) + "ms"}};
}

std::string octal(std::uint16_t mode) {
  std::string digits = "0000";
  for (std::size_t i = digits.size(); i-- > 0; mode = static_cast<std::uint16_t>(mode >> 3))
    digits[i] = static_cast<char>('0' + (mode & 7));
  return digits;
}

ordered_json show(const listener_settings& l) {
  auto shown = ordered_json::object();
  if (l.unix_path.empty()) {
    shown["address"] = l.address;
    shown["port"] = l.port;
  } else {
    shown["unix"] = l.unix_path;
    shown["unix.mode"] = octal(l.unix_mode);
  }
  if (!l.name.empty())
    shown["name"] = l.name;
  if (l.tls)
    shown["tls"] = show(*l.tls);
  if (l.websocket)
    shown["websocket"] = show(*l.websocket);
  if (l.proxy)
    shown["proxy"] = show(*l.proxy);
  if (l.identity != certificate_identity::none)
    shown["identity"] = certificate_identity_words[static_cast<std::size_t>(l.identity)];
  if (l.anonymous)
    shown["anonymous"] = anonymous_rule_words[static_cast<std::size_t>(*l.anonymous)];
  put(shown, "connections.max", l.connections_max);
  if (l.packet_bytes_max)
    shown["packet.bytes.max"] = units::show_bytes(*l.packet_bytes_max);
  return shown;
}

} // namespace

std::string show_listeners(const std::vector<listener_settings>& entries) {
  if (entries.empty())
    return {};
  auto shown = ordered_json::array();
  for (const auto& l : entries)
    shown.push_back(show(l));
  return to_text(shown);
}

} // namespace mqttzoo::core
