#include "tools/pod_listeners.hpp"

#include "core/log.hpp"
#include "net/engine_layer.hpp"
#include "net/proxy_reception.hpp"
#include "net/tls_context.hpp"
#include "net/tls_engine.hpp"
#include "net/websocket_engine.hpp"
#include "tools/descriptors.hpp"

#include <algorithm>
#include <atomic>
#include <limits>
#include <utility>

namespace mqttzoo::tools {

namespace {

constexpr core::logger log{core::log_folder::tools};

net::client_certificates wanted_of(const core::listener_tls& t) {
  using net::client_certificates;
  if (t.ca->empty())
    return client_certificates::not_asked;
  return *t.certificates_required ? client_certificates::required : client_certificates::asked;
}

std::string_view what_of(const core::listener_settings& l) {
  if (l.websocket)
    return l.tls ? "WebSocket over TLS" : "MQTT over WebSocket";
  return l.tls ? "MQTT over TLS" : "MQTT 3.1, 3.1.1, 5.0";
}

/// Of the pod. Each connection takes an open file, and some are needed when all seats are taken.
std::uint32_t seats_of(const core::net_settings& s) {
  const auto fit = connections_that_fit();
  if (fit < s.connections_max)
    log.warn("the limit of open files leaves fewer connections than net.connections.max says",
             {{"net.connections.max", s.connections_max},
              {"open_files", descriptors_max()},
              {"connections", fit}});
  return std::min(fit, s.connections_max);
}

std::string_view seats_option_of(const core::net_settings& s) {
  return connections_that_fit() < s.connections_max ? "the limit of open files"
                                                    : "net.connections.max";
}

/// As it is written in the configuration.
std::string address_option_of(const core::listener_settings& l) {
  if (l.origin.starts_with("net.listeners"))
    return l.origin + ": address";
  return l.websocket ? "net.websocket.address" : l.origin + ".address";
}

std::size_t seats_of(const core::listener_settings& l) {
  return l.connections_max.value_or(std::numeric_limits<std::uint32_t>::max());
}

std::shared_ptr<const net::proxy_rules> rules_of(const core::listener_proxy& p) {
  net::proxy_rules made;
  made.header_timeout = p.timeout;
  for (const auto& network : p.trusted) // each was looked at with the configuration
    if (auto parsed = core::ip_network::parse(network))
      made.trusted.push_back(*parsed);
  return std::make_shared<const net::proxy_rules>(std::move(made));
}

net::address_limits address_limits_of(const core::limits_settings& s) {
  net::address_limits limits;
  limits.connections_max = s.address_connections_max;
  limits.connections = {s.address_connections_rate, s.burst};
  for (const auto& text : s.address_exempt)
    if (const auto network = core::ip_network::parse(text)) // as the configuration was checked
      limits.exempt.push_back(*network);
  return limits;
}

net::peers peers_of(const core::listener_settings& l) {
  return l.proxy ? net::peers::proxies : net::peers::clients;
}

core::rate_limit pace_of(const core::limits_settings& s) {
  return {s.listener_connections_rate, s.burst};
}

} // namespace

/// What the next client of a listener gets. Null where it gets none.
struct pod_listeners::rules {
  std::shared_ptr<const net::proxy_rules> proxy;
  std::shared_ptr<const net::tls_context> tls;
  std::shared_ptr<const net::websocket_rules> websocket;
  std::shared_ptr<const net::entrance> entrance;
};

/// One listener's part that the loops share.
struct pod_listeners::gate {
  std::string place; ///< as the configuration has it: the port may be 0
  std::shared_ptr<net::listener_figures> figures;
  std::atomic<rules_ptr> now; ///< read by the loops while reload() writes
};

/// What a reload means for a gate.
struct pod_listeners::change {
  gate* of;
  const core::listener_settings* wanted; ///< null: it goes with a restart
  rules_ptr rules;
};

struct pod_listeners::opening {
  std::vector<net::loop*> loops;
  admit_handler admit;
  int backlog;
  core::rate_limit pace;
  std::string_view seats_option;
};

pod_listeners::pod_listeners(std::uint32_t seats_max) : seats_(make_ref<net::seating>(seats_max)) {}

pod_listeners::~pod_listeners() = default;

expected<std::unique_ptr<pod_listeners>, std::string>
pod_listeners::open(const core::settings& settings, std::vector<net::loop*> loops,
                    admit_handler admit) {
  std::unique_ptr<pod_listeners> self{new pod_listeners{seats_of(settings.net)}};
  self->seats_->addresses().set_limits(address_limits_of(settings.limits));
  const opening with{std::move(loops), std::move(admit), static_cast<int>(settings.net.backlog),
                     pace_of(settings.limits), seats_option_of(settings.net)};
  const auto wanted = core::listeners_of(settings);
  for (const auto& l : wanted)
    if (auto prepared = self->prepare(l); !prepared)
      return unexpected{prepared.error()};
  // The first one last: who finds it open finds the others open, too.
  for (auto i = wanted.size(); i-- > 0;)
    if (auto listens = self->listen(wanted[i], self->gates_[i], with); !listens)
      return unexpected{listens.error()};
  std::reverse(self->listeners_.begin(), self->listeners_.end());
  std::reverse(self->places_.begin(), self->places_.end());
  return self;
}

expected<void, std::string> pod_listeners::check(const core::settings& settings) {
  for (const auto& l : core::listeners_of(settings)) {
    boost::system::error_code bad;
    if (l.unix_path.empty())
      static_cast<void>(boost::asio::ip::make_address(l.address, bad));
    if (bad)
      return unexpected{address_option_of(l) + ": '" + l.address +
                        "' is no numeric IPv4 or IPv6 address, such as 127.0.0.1 or ::"};
    if (const auto made = make_rules(l, nullptr); !made)
      return unexpected{made.error()};
  }
  return {};
}

expected<void, std::string> pod_listeners::prepare(const core::listener_settings& l) {
  auto g = std::make_shared<gate>();
  g->place = core::place_of(l);
  g->figures = std::make_shared<net::listener_figures>(make_ref<net::seating>(seats_of(l), seats_));
  auto first_rules = make_rules(l, g->figures);
  if (!first_rules)
    return unexpected{first_rules.error()};
  g->now.store(std::move(*first_rules));
  gates_.push_back(std::move(g));
  return {};
}

expected<void, std::string> pod_listeners::listen(const core::listener_settings& l,
                                                  const std::shared_ptr<gate>& g,
                                                  const opening& with) {
  net::listen_options how{l.address, l.port, with.backlog};
  how.unix_path = l.unix_path;
  how.unix_mode = l.unix_mode;
  how.seats_option = with.seats_option;
  how.figures = g->figures;
  how.pace = with.pace;
  how.peers_are = peers_of(l);
  auto opened =
      net::listener::open(how, *with.loops.front(), with.loops, g->figures->seats,
                          [g, admit = with.admit](net::loop& on, net::detached_socket socket) {
                            receive(*g, admit, on, std::move(socket));
                          });
  if (!opened)
    return unexpected{opened.error().message};
  auto at = l;
  at.port = (*opened)->local_port();
  places_.push_back({what_of(l), core::place_of(at), l.address, at.port});
  g->figures->name = l.name == g->place ? places_.back().where : l.name;
  listeners_.push_back(std::move(*opened));
  return {};
}

expected<pod_listeners::rules_ptr, std::string>
pod_listeners::make_rules(const core::listener_settings& l, figures_ref figures) {
  rules made;
  made.entrance = std::make_shared<const net::entrance>(
      net::entrance{l.identity, l.anonymous, l.packet_bytes_max, std::move(figures)});
  if (l.proxy)
    made.proxy = rules_of(*l.proxy);
  if (l.websocket)
    made.websocket = std::make_shared<const net::websocket_rules>(
        net::websocket_rules{*l.websocket->path, *l.websocket->origins});
  if (l.tls) {
    std::vector<net::tls_named_files> by_name;
    for (const auto& c : l.tls->by_name)
      by_name.push_back({c.names, c.certificate, c.key});
    const bool entry = l.origin.starts_with("net.listeners");
    auto context = net::tls_context::load_server({*l.tls->certificate, *l.tls->key, *l.tls->ca},
                                                 wanted_of(*l.tls),
                                                 entry ? l.origin + ": tls" : "net.tls", by_name);
    if (!context)
      return unexpected{context.error()};
    made.tls = std::move(*context);
  }
  return std::make_shared<const rules>(std::move(made));
}

/// On the thread of `on`.
void pod_listeners::receive(const gate& at, const admit_handler& admit, net::loop& on,
                            net::detached_socket socket) {
  auto with = at.now.load();
  socket.by = with->entrance;
  if (!with->proxy) {
    dress(socket, *with);
    return admit(on, std::move(socket));
  }
  net::proxy_reception::begin(
      on, std::move(socket),
      {with->proxy, at.figures, [with, admit, &on](net::detached_socket received) {
         dress(received, *with);
         admit(on, std::move(received));
       }});
}

/// The lowest layer first.
void pod_listeners::dress(net::detached_socket& socket, const rules& with) {
  if (with.tls)
    socket.layers.push_back(std::make_unique<net::engine_layer>(
        std::make_unique<net::tls_engine>(with.tls, net::tls_engine::role::server)));
  if (with.websocket)
    socket.layers.push_back(std::make_unique<net::engine_layer>(
        std::make_unique<net::websocket_engine>(with.websocket)));
}

void pod_listeners::start() {
  for (auto& l : listeners_)
    l->start();
}

void pod_listeners::stop() {
  for (auto& l : listeners_)
    l->stop();
}

expected<void, std::string> pod_listeners::reload(const core::settings& settings) {
  const auto wanted = core::listeners_of(settings);
  const auto changes = read_changes(gates_, wanted);
  if (!changes)
    return unexpected{changes.error()};
  seats_->set_max(seats_of(settings.net));
  seats_->addresses().set_limits(address_limits_of(settings.limits));
  for (auto& l : listeners_)
    l->set_pace(pace_of(settings.limits));
  for (std::size_t i = 0; i < changes->size(); ++i)
    apply((*changes)[i], *listeners_[i]);
  const auto kept = std::count_if(changes->begin(), changes->end(),
                                  [](const change& c) { return c.wanted != nullptr; });
  if (const auto come = wanted.size() - static_cast<std::size_t>(kept); come > 0)
    log.warn("listeners come with the next restart", {{"listeners", come}});
  return {};
}

expected<std::vector<pod_listeners::change>, std::string>
pod_listeners::read_changes(const std::vector<std::shared_ptr<gate>>& gates,
                            const std::vector<core::listener_settings>& wanted) {
  std::vector<change> changes;
  for (const auto& g : gates) {
    auto& c = changes.emplace_back(change{g.get(), nullptr, nullptr});
    const auto found =
        std::find_if(wanted.begin(), wanted.end(), [&g](const core::listener_settings& l) {
          return core::place_of(l) == g->place;
        });
    if (found == wanted.end())
      continue;
    auto made = make_rules(*found, g->figures);
    if (!made)
      return unexpected{std::move(made.error())};
    c.wanted = &*found;
    c.rules = *std::move(made);
  }
  return changes;
}

void pod_listeners::apply(const change& c, net::listener& at) {
  const auto& name = c.of->figures->name;
  if (!c.wanted)
    return log.warn("a listener goes with the next restart", {{"listener", name}});
  c.of->figures->seats->set_max(seats_of(*c.wanted));
  at.set_peers(peers_of(*c.wanted));
  c.of->now.store(c.rules);
  if (c.wanted->tls)
    log.info("certificate for clients loaded",
             {{"listener", name}, {"file", *c.wanted->tls->certificate}});
}

const pod_listeners::place* pod_listeners::first_port() const noexcept {
  const auto found =
      std::find_if(places_.begin(), places_.end(), [](const place& p) { return p.port != 0; });
  return found == places_.end() ? nullptr : &*found;
}

pod_listeners::figures_list pod_listeners::figures() const {
  figures_list all;
  for (const auto& g : gates_)
    all.push_back(g->figures);
  return all;
}

} // namespace mqttzoo::tools
