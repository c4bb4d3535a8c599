#include "core/config.hpp"

#include "core/config_file.hpp"
#include "core/ip_network.hpp"
#include "core/options.hpp"
#include "core/text_file.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <iterator>
#include <unistd.h>

namespace mqttzoo::core {

namespace {

constexpr std::string_view environment_prefix = "MQTTZOO_";
constexpr std::string_view config_variable = "MQTTZOO_CONFIG";
constexpr std::size_t file_bytes_max = std::size_t{1} << 20; // all options take some KiB

struct found {
  config_action action = config_action::run;
  std::string file; ///< empty: none
  std::vector<assignment> assignments;
  std::vector<config_problem> problems;
};

struct flag {
  std::string_view word;
  config_action action;
};
constexpr auto flags =
    std::to_array<flag>({{"--help", config_action::help},
                         {"-h", config_action::help},
                         {"--version", config_action::version},
                         {"--check-config", config_action::check},
                         {"--print-options-markdown", config_action::options_markdown}});

void read_argument(std::string_view argument, found& out) {
  for (const auto& f : flags)
    if (f.word == argument) {
      out.action = f.action;
      return;
    }
  if (!argument.starts_with("--")) {
    out.problems.push_back(
        {"command line",
         "`" + std::string{argument} + "` is not an option; options are written `--name=value`"});
    return;
  }
  const auto equals = argument.find('=');
  const std::string name{argument.substr(2, equals == argument.npos ? equals : equals - 2)};
  const auto* option = find_option(name);
  std::string value;
  if (equals != argument.npos)
    value = argument.substr(equals + 1);
  else if (option != nullptr && kind_of(*option) == option_kind::boolean)
    value = "true"; // --mqtt.retain.available
  else if (option != nullptr || name == "config") {
    out.problems.push_back(
        {"command line", "`--" + name + "` needs a value: `--" + name + "=...`"});
    return;
  }
  if (name == "config")
    out.file = value;
  else
    out.assignments.push_back({name, value, "command line"});
}

/// Whether Kubernetes set this variable for a Service whose name begins with `mqttzoo`; see
/// "Discovering services" in its documentation. Such variables are none of ours and must not stop a
/// pod.
bool is_service_variable(std::string_view name) {
  return name.find("_SERVICE_HOST") != name.npos || name.find("_SERVICE_PORT") != name.npos ||
         name.find("_TCP_") != name.npos || name.find("_UDP_") != name.npos;
}

/// Likewise, where the name may be that of an option, none of which has such a value: the port of a
/// Service `mqttzoo-admin` stands in MQTTZOO_ADMIN_PORT.
bool is_service_url(std::string_view value) {
  return value.starts_with("tcp://") || value.starts_with("udp://");
}

/// What `mqttzoo inspect` reads. It is set for a whole container, so that its health check finds
/// the endpoint, and must not stop the pod there. By name: other names below `inspect` are options.
bool is_variable_of_inspect(std::string_view name) {
  return name == "MQTTZOO_INSPECT_URL" || name == "MQTTZOO_INSPECT_TOKEN";
}

void read_variable(std::string_view variable, found& out) {
  const auto equals = variable.find('=');
  const auto name = variable.substr(0, equals);
  if (!name.starts_with(environment_prefix) || equals == variable.npos ||
      is_variable_of_inspect(name))
    return;
  const std::string value{variable.substr(equals + 1)};
  if (is_service_url(value))
    return;
  if (name == config_variable) {
    out.file = value;
    return;
  }
  for (const auto& o : options())
    if (environment_name(o.name) == name) {
      out.assignments.push_back({std::string{o.name}, value, "environment, " + std::string{name}});
      return;
    }
  if (is_service_variable(name))
    return;
  std::string dotted;
  for (const char c : name.substr(environment_prefix.size()))
    dotted += c == '_' ? '.' : static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  out.assignments.push_back({dotted, value, "environment, " + std::string{name}});
}

/// Puts what the file says before what is already there, so that the others override it.
void read_file(found& out) {
  const auto text = read_text_file(out.file, file_bytes_max);
  if (!text) {
    const bool large = text.error() == std::errc::file_too_large;
    const auto reason = large ? "is larger than 1 MiB" : text.error().message();
    out.problems.push_back({out.file, "cannot be read: " + reason});
    return;
  }
  std::vector<assignment> in_file;
  read_config_json(out.file, *text, in_file, out.problems);
  out.assignments.insert(out.assignments.begin(), std::make_move_iterator(in_file.begin()),
                         std::make_move_iterator(in_file.end()));
}

void apply(const assignment& a, loaded_config& into, std::vector<config_problem>& problems) {
  const auto* option = find_option(a.name);
  if (option == nullptr) {
    auto what = "`" + a.name + "` is not an option";
    if (const auto nearest = nearest_option(a.name); !nearest.empty())
      what += "; did you mean `" + std::string{nearest} + "`?";
    problems.push_back({a.where, std::move(what)});
    return;
  }
  if (const auto stored = assign(*option, a.text, into.values); !stored) {
    auto what = "`" + a.name + "` " + stored.error();
    if (kind_of(*option) != option_kind::objects) {
      const auto* text = std::get_if<std::string>(&a.text);
      what += ", not " + (text != nullptr ? "`" + *text + "`" : "a list");
    }
    problems.push_back({a.where, std::move(what)});
    return;
  }
  into.origins[static_cast<std::size_t>(option - options().data())] = a.where;
}

/// What a packet may take in a frame beside its own bytes: its topic once more, the longest there
/// can be, and its route.
constexpr std::size_t beside_packet_bytes_max = 65'535 + 1'024;

/// A node of ZooKeeper's below the root, such as `/eu/zoo`.
bool is_chroot(std::string_view path) {
  return path.starts_with('/') && !path.ends_with('/') && path.find("//") == path.npos &&
         (std::string{path} + '/').find("/./") == path.npos &&
         (std::string{path} + '/').find("/../") == path.npos;
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name.front() == '\0')
    return "mqttzoo";
  return name.data();
}

} // namespace

std::vector<config_problem> contradictions_in(const settings& s) {
  std::vector<config_problem> problems;
  if (s.safety.grace_min > s.safety.grace_max)
    problems.push_back({"configuration", "`safety.grace.min` must not exceed `safety.grace.max`"});
  if (s.bank.ttl_min > s.bank.ttl_max)
    problems.push_back({"configuration", "`bank.ttl.min` must not exceed `bank.ttl.max`"});
  if ((s.net_tls.port || s.net_websocket.tls_port) &&
      (s.net_tls.certificate.empty() || s.net_tls.key.empty()))
    problems.push_back({"configuration", "`net.tls.port` and `net.websocket.tls.port` need "
                                         "`net.tls.certificate` and `net.tls.key`"});
  for (auto& fault : check_listeners(s))
    problems.push_back({"configuration", std::move(fault)});
  for (const auto& network : s.limits.address_exempt)
    if (!ip_network::parse(network))
      problems.push_back({"configuration", "`limits.address.exempt`: `" + network +
                                               "` is no address and no network such as "
                                               "`10.0.0.0/8` or `2001:db8::/32`"});
  if (s.admin.tls_certificate.empty() != s.admin.tls_key.empty() ||
      (s.admin.tls_certificate.empty() && !s.admin.tls_ca.empty()))
    problems.push_back({"configuration", "`admin.tls.certificate` and `admin.tls.key` go together, "
                                         "and `admin.tls.ca` needs them"});
  if (!s.zk.chroot.empty() && !is_chroot(s.zk.chroot))
    problems.push_back({"configuration", "`zk.chroot` must be the path of a node such as "
                                         "`/eu/zoo`, not `" +
                                             s.zk.chroot + "`"});
  if (!s.zk.servers.empty() &&
      s.mqtt.packet_bytes_max + beside_packet_bytes_max > s.links.frame_bytes_max)
    problems.push_back({"configuration", "`links.frame.bytes.max` must exceed "
                                         "`mqtt.packet.bytes.max` by 65 KiB: a message of the "
                                         "largest packet must reach other pods"});
  return problems;
}

expected<loaded_config, std::vector<config_problem>>
load_config(std::span<const std::string> arguments, std::span<const std::string> environment) {
  found sources;
  for (const auto& variable : environment)
    read_variable(variable, sources);
  for (const auto& argument : arguments)
    read_argument(argument, sources);

  loaded_config loaded;
  loaded.action = sources.action;
  loaded.origins.resize(options().size());
  if (loaded.action != config_action::run && loaded.action != config_action::check)
    return loaded;

  if (!sources.file.empty())
    read_file(sources);
  for (const auto& a : sources.assignments)
    apply(a, loaded, sources.problems);
  std::ranges::move(contradictions_in(loaded.values), std::back_inserter(sources.problems));
  if (!sources.problems.empty())
    return unexpected<std::vector<config_problem>>{std::move(sources.problems)};
  if (loaded.values.pod.name.empty())
    loaded.values.pod.name = host_name();
  return loaded;
}

std::vector<std::string> process_environment() {
  std::vector<std::string> variables;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable)
    variables.emplace_back(*variable);
  return variables;
}

} // namespace mqttzoo::core
