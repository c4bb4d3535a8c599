#include "actors/bank.hpp"
#include "actors/courier.hpp"
#include "actors/gatekeeper.hpp"
#include "actors/home.hpp"
#include "actors/index.hpp"
#include "actors/limits.hpp"
#include "actors/post_office.hpp"
#include "actors/reaper.hpp"
#include "actors/sys_topics.hpp"
#include "actors/tracer.hpp"
#include "actors/usher.hpp"
#include "core/host_port.hpp"
#include "net/open_stream.hpp"
#include "tools/pod_parts.hpp"

#include <caf/send.hpp>

#include <atomic>
#include <chrono>
#include <latch>
#include <optional>

namespace mqttzoo::tools {

using namespace actors;

namespace {

constexpr std::chrono::seconds advance_wait_max{5};

net::connection_limits connection_limits_of(const core::settings& settings) {
  net::connection_limits limits;
  limits.outbox_bytes_max = settings.net.outbox_bytes_max;
  limits.outbox_stall_timeout = settings.net.outbox_stall_timeout;
  return limits;
}

} // namespace

expected<std::unique_ptr<pod>, std::string> pod::start(const core::settings& settings,
                                                       environment in) {
  auto p = std::make_unique<parts>();
  p->settings = settings;
  p->policy = std::move(in.policy);
  p->services.methods = std::move(in.methods);
  p->services.on_drain_wanted = std::move(in.on_drain_wanted);
  p->on_drained = std::move(in.on_drained);
  p->services.clock = &in.clock;
  p->services.store = &in.store;
  p->make_units();
  if (auto asking = p->open_hook(); !asking)
    return unexpected{asking.error()};
  const auto paths = open_tree(in.store);
  if (!paths)
    return unexpected{paths.error()};
  if (auto listening = p->listen(); !listening)
    return unexpected{listening.error()};
  auto admin = admin::service::open(settings);
  if (!admin)
    return unexpected{admin.error()};
  p->admin = std::move(*admin);
  if (!settings.zk.servers.empty()) {
    const pod_cluster::addresses at{p->mqtt_address(), p->admin->url()};
    auto entered = pod_cluster::enter(in.store, *paths, settings, *p->loops.front(), at,
                                      std::move(in.on_fenced));
    if (!entered)
      return unexpected{entered.error()};
    p->cluster = std::move(*entered);
    p->services.life = p->cluster->life();
  }
  auto found = recover(in.store, *paths, in.clock,
                       p->cluster ? recovery_scope::retained : recovery_scope::everything);
  if (!found)
    return unexpected{found.error()};
  p->make_actors(*paths, std::move(*found));
  if (p->cluster)
    p->cluster->spawn(*p->services_of_units.front(), p->system);
  p->run();
  p->start_admin(*paths);
  return std::unique_ptr<pod>{new pod{std::move(p)}};
}

void pod::parts::make_units() {
  const auto limits = connection_limits_of(settings);
  const auto count = core::io_threads(settings.net);
  for (unsigned i = 0; i < count; ++i) {
    auto& loop = *loops.emplace_back(std::make_unique<net::loop>(*services.clock, limits));
    auto& u = *units.emplace_back(std::make_unique<unit>(system, loop));
    auto& s = *services_of_units.emplace_back(std::make_unique<unit_services>());
    s.index = unit_index{static_cast<std::uint16_t>(i)};
    s.host = &u;
    s.timers = &loop.timers();
    s.pod = &services;
    s.settings = settings;
    s.limits = make_limits(settings);
    s.policy = policy;
    auto memory = std::make_unique<unit_allowance>(s);
    memories.push_back(memory.get());
    s.memory = std::move(memory);
    s.adopt = [&loop](net::detached_socket socket) {
      return net::open_stream(loop, std::move(socket));
    };
    services.units.push_back(&s);
  }
  store_answers = std::make_unique<zk::function_executor>(
      [this](std::function<void()> job) { loops.front()->post(std::move(job)); });
  services.store_answers = store_answers.get();
  workers = std::make_unique<net::worker_pool>(settings.auth.workers);
  services.workers = workers.get();
}

expected<void, std::string> pod::parts::open_hook() {
  const auto& s = settings.auth;
  if (s.hook_url.empty())
    return {};
  auto opened = net::hook_client::open(
      {s.hook_url, s.hook_token, s.hook_ca, s.hook_timeout, s.hook_connections_max});
  if (!opened)
    return unexpected{opened.error()};
  hook = std::move(*opened);
  services.hook = hook.get();
  return {};
}

void pod::parts::make_actors(const zk::paths& paths, recovered found) {
  auto& first = *services_of_units.front();
  services.gatekeeper = spawn_on<gatekeeper>(first, system);
  for (auto& s : services_of_units) {
    s->courier_handle = spawn_on<courier>(*s, system);
    s->local_courier =
        static_cast<courier*>(caf::actor_cast<caf::abstract_actor*>(s->courier_handle));
    s->doorman = spawn_on<doorman>(*s, system);
    doormen.push_back(static_cast<doorman*>(caf::actor_cast<caf::abstract_actor*>(s->doorman)));
  }
  services.index = spawn_on<index>(first, system);
  for (auto& m : found.retained)
    caf::anon_send(services.index, retain_atom::value, m->shared_topic_name(), m);
  home::found_sessions cards;
  auto mail = mail_of(found);
  std::size_t next_unit = 0;
  for (auto& s : found.sessions) {
    auto change = std::make_shared<subscription_change>();
    change->add = s.state->subscriptions;
    auto received = s.state->received;
    auto card = spawn_session(*services_of_units[next_unit++ % services_of_units.size()], system,
                              s.client, s.state);
    change->session = card;
    caf::anon_send(services.index, change_atom::value,
                   std::shared_ptr<const subscription_change>{std::move(change)});
    for (auto& p : s.pointers) {
      p.session = card;
      mail.pointers.push_back(std::move(p));
    }
    mail.received.emplace_back(card, std::move(received));
    cards.push_back(std::move(card));
  }
  services.bank = spawn_on<bank>(first, system, paths);
  auto missing = std::make_shared<std::atomic<std::size_t>>(memories.size());
  for (auto* m : memories)
    m->start([this, missing] {
      if (missing->fetch_sub(1) == 1)
        advanced.set_value();
    });
  services.reaper = spawn_on<reaper>(first, system, paths);
  services.post_office = spawn_on<post_office>(first, system, paths, std::move(mail));
  services.home = spawn_on<home>(first, system, std::move(cards));
  services.tracer = spawn_on<tracer>(first, system);
  services.usher = spawn_on<usher>(first, system, paths, on_drained);
  std::vector<const net::io_counters*> io;
  for (const auto& l : loops)
    io.push_back(&std::as_const(*l).counters());
  services.sys = spawn_on<sys_topics>(first, system, std::move(io));
}

expected<void, std::string> pod::parts::listen() {
  std::vector<net::loop*> all;
  for (auto& l : loops)
    all.push_back(l.get());
  auto opened = pod_listeners::open(settings, all, [this](net::loop& on, net::detached_socket s) {
    for (std::size_t i = 0; i < loops.size(); ++i)
      if (loops[i].get() == &on)
        doormen[i]->admit(std::move(s));
  });
  if (!opened)
    return unexpected{opened.error()};
  listeners = std::move(*opened);
  return {};
}

void pod::parts::run() {
  for (std::size_t i = 0; i < loops.size(); ++i) {
    auto& t = threads.emplace_back([&loop = *loops[i]] { loop.run(); });
    pthread_setname_np(t.native_handle(), ("unit-" + std::to_string(i)).c_str());
  }
  // The first clients would lose what they leave unread. A bank that takes longer serves them so.
  advanced.get_future().wait_for(advance_wait_max);
  on_first_unit([this] { listeners->start(); });
}

/// For people, and for clients that another pod sends here. Empty: nobody listens on a port, and
/// nothing else is announced.
std::string pod::parts::mqtt_address() const {
  const auto* const first = listeners->first_port();
  auto at = settings.net.announce;
  if (at.empty() && first)
    at = first->address;
  return core::with_port(at, first ? std::optional{first->port} : std::nullopt);
}

void pod::parts::start_admin(const zk::paths& paths) {
  admin::service::start_parts with;
  for (std::size_t i = 0; i < loops.size(); ++i) {
    with.units.push_back(
        {services_of_units[i].get(),
         [&loop = *loops[i]](std::function<void()> job) { loop.post(std::move(job)); }});
    with.io.push_back(&std::as_const(*loops[i]).counters());
  }
  with.listeners = listeners->figures();
  with.pod.clock = services.clock;
  with.pod.store = services.store;
  with.pod.paths = paths;
  with.pod.mqtt_address = mqtt_address();
  admin->start(std::move(with));
}

void pod::parts::on_first_unit(const std::function<void()>& f) {
  std::promise<void> done;
  loops.front()->post([&] {
    f();
    done.set_value();
  });
  done.get_future().wait();
}

expected<void, std::string> pod::reload(const core::settings& wanted,
                                        const std::shared_ptr<const auth::policy>& policy) {
  auto& p = *parts_;
  if (auto taken = p.listeners->reload(wanted); !taken)
    return taken;
  p.settings = wanted;
  p.admin->reload(wanted);
  caf::anon_send(p.services.gatekeeper, judge_atom::value);
  // Whoever is told that it was read anew may count on it at once.
  const auto to_take = std::make_shared<std::latch>(static_cast<std::ptrdiff_t>(p.loops.size()));
  for (std::size_t i = 0; i < p.loops.size(); ++i)
    p.loops[i]->post(
        [unit = p.services_of_units[i].get(), loop = p.loops[i].get(), wanted, policy, to_take] {
          unit->settings = wanted;
          unit->limits = make_limits(wanted);
          unit->policy = policy;
          caf::anon_send(unit->doorman, judge_atom::value);
          loop->set_limits(connection_limits_of(wanted));
          to_take->count_down();
        });
  to_take->wait();
  p.loops.front()->post([&p] { caf::anon_send(p.services.sys, reloaded_atom::value); });
  return {};
}

pod::pod(std::unique_ptr<parts> p) : parts_(std::move(p)) {}

pod::~pod() {
  stop();
}

const std::vector<pod_listeners::place>& pod::places() const noexcept {
  return parts_->listeners->places();
}

std::string pod::admin_url() const {
  return parts_->admin->url();
}

void pod::drain() {
  caf::anon_send(parts_->services.usher, drain_atom::value);
}

} // namespace mqttzoo::tools
