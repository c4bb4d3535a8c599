#include "core/listener_settings.hpp"

#include "core/host_port.hpp"
#include "core/ip_network.hpp"
#include "core/settings.hpp"

#include <algorithm>
#include <set>

namespace mqttzoo::core {

namespace {

void fill_in(listener_settings& l, const settings& s) {
  if (l.tls) {
    // Its own certificate with another's key would fit only by accident.
    if (!l.tls->certificate && !l.tls->key) {
      l.tls->certificate = s.net_tls.certificate;
      l.tls->key = s.net_tls.key;
    }
    l.tls->certificate = l.tls->certificate.value_or("");
    l.tls->key = l.tls->key.value_or("");
    l.tls->ca = l.tls->ca.value_or(s.net_tls.ca);
    l.tls->certificates_required =
        l.tls->certificates_required.value_or(s.net_tls.certificates_required);
  }
  if (l.websocket) {
    l.websocket->path = l.websocket->path.value_or(s.net_websocket.path);
    l.websocket->origins = l.websocket->origins.value_or(s.net_websocket.origins);
  }
  if (l.name.empty())
    l.name = place_of(l);
}

/// What is wrong with one by itself; `written` is what its entry says, without what others do.
std::string fault_of(const listener_settings& l, const listener_settings& written,
                     const settings& s) {
  if (l.tls && (l.tls->certificate->empty() || l.tls->key->empty()))
    return "`tls` needs `certificate` and `key`, or `net.tls.certificate` and `net.tls.key`";
  if (l.identity != certificate_identity::none &&
      (!l.tls || l.tls->ca->empty() || !*l.tls->certificates_required))
    return "`identity` needs `tls` with `ca`, and certificates that are required";
  if (written.tls && written.tls->certificates_required == true && l.tls->ca->empty())
    return "`tls.certificates.required` needs `tls.ca` or `net.tls.ca`: without, none is asked for";
  if (l.packet_bytes_max && *l.packet_bytes_max > s.mqtt.packet_bytes_max)
    return "`packet.bytes.max` must not exceed `mqtt.packet.bytes.max`";
  if (!l.proxy)
    return {};
  if (l.unix_path.empty() && l.proxy->trusted.empty())
    return "`proxy` needs `trusted`, the networks of the proxies";
  for (const auto& network : l.proxy->trusted)
    if (!ip_network::parse(network))
      return "`proxy.trusted` holds `" + network +
             "`, which is no network such as 10.1.0.0/16 or fd00::/8";
  return {};
}

} // namespace

std::string place_of(const listener_settings& l) {
  if (!l.unix_path.empty())
    return "unix:" + l.unix_path;
  return host_and_port(l.address, l.port);
}

std::vector<listener_settings> listeners_of(const settings& s) {
  std::vector<listener_settings> all;
  const auto add = [&](const char* origin, const std::string& address,
                       std::optional<std::uint16_t> port, std::optional<listener_tls> tls,
                       std::optional<listener_websocket> websocket) {
    if (!port)
      return;
    auto& l = all.emplace_back();
    l.origin = origin;
    l.address = address;
    l.port = *port;
    l.tls = std::move(tls);
    l.websocket = std::move(websocket);
  };
  const auto& web = s.net_websocket;
  add("net", s.net.address, s.net.port, {}, {});
  add("net.tls", s.net_tls.address, s.net_tls.port, listener_tls{}, {});
  add("net.websocket", web.address, web.port, {}, listener_websocket{});
  add("net.websocket.tls", web.address, web.tls_port, listener_tls{}, listener_websocket{});
  all.insert(all.end(), s.net.listeners.begin(), s.net.listeners.end());
  for (auto& l : all)
    fill_in(l, s);
  return all;
}

std::vector<std::string> check_listeners(const settings& s) {
  std::vector<std::string> faults;
  const auto all = listeners_of(s);
  if (all.empty())
    faults.emplace_back("nobody listens for clients: `net.port` is off, and so is all else");
  const auto simple = all.size() - s.net.listeners.size();
  std::set<std::string> names, places;
  for (const auto& l : all) {
    const auto complain = [&](const std::string& what) {
      faults.push_back(l.origin + ": " + what);
    };
    const auto at = static_cast<std::size_t>(&l - all.data());
    if (at >= simple)
      if (const auto fault = fault_of(l, s.net.listeners[at - simple], s); !fault.empty())
        complain(fault);
    const bool any_port = l.unix_path.empty() && l.port == 0;
    if (!any_port && !places.insert(place_of(l)).second)
      complain("another one listens on " + place_of(l));
    else if (!any_port && !names.insert(l.name).second)
      complain("`name`: another one is called `" + l.name + "`");
  }
  return faults;
}

} // namespace mqttzoo::core
