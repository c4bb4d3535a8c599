// How a pod ends, each part before what it stands on.
#include "tools/pod_parts.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <utility>

namespace mqttzoo::tools {

using namespace actors;

/// Ends with every client told, and all that must be kept stored, or given up.
void pod::parts::dismiss_clients() {
  using caf::exit_reason;
  caf::scoped_actor here{system};
  caf::anon_send(services.usher, shut_down_atom::value);
  here->wait_for(services.usher);
  // Doormen first: then the home has every claim before it is told to stop.
  for (auto& s : services_of_units)
    here->request(s->doorman, caf::infinite, shut_down_atom::value)
        .receive([] {}, [](const caf::error&) {});
  caf::anon_send(services.sys, shut_down_atom::value);
  caf::anon_send(services.home, shut_down_atom::value); // ends when every session has said goodbye
  here->wait_for(services.sys, services.home);
  // What the sessions had for the post office stands in its mailbox before this.
  caf::anon_send_exit(services.post_office, exit_reason::user_shutdown);
  here->wait_for(services.post_office);
  caf::anon_send(services.reaper, shut_down_atom::value);
  caf::anon_send(services.bank, shut_down_atom::value); // ends when all of that is written
  here->wait_for(services.reaper, services.bank);
}

/// The rest, topics and groups included: they end when nobody knows them any more.
void pod::parts::dismiss_actors() {
  workers->stop(); // what waits there holds on to the gatekeeper
  if (hook)
    hook->stop();
  caf::anon_send_exit(services.gatekeeper, caf::exit_reason::user_shutdown);
  for (auto& s : services_of_units) {
    caf::anon_send_exit(s->doorman, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(s->courier_handle, caf::exit_reason::user_shutdown);
  }
  caf::anon_send_exit(services.index, caf::exit_reason::user_shutdown);
  caf::anon_send(services.tracer, shut_down_atom::value);
  if (cluster)
    cluster->dismiss(services);
  system.await_all_actors_done();
}

/// Not before the threads are joined: actors read these without a lock until they end.
void pod::parts::release_handles() {
  for (auto& s : services_of_units) {
    s->memory = nullptr; // its timer is a loop's
    s->courier_handle = nullptr;
    s->doorman = nullptr;
    s->porter = nullptr;
  }
  services.gatekeeper = nullptr;
  services.index = nullptr;
  services.home = nullptr;
  services.post_office = nullptr;
  services.bank = nullptr;
  services.reaper = nullptr;
  services.usher = nullptr;
  services.membership = nullptr;
  services.directory = nullptr;
  services.registrar = nullptr;
  services.adopter = nullptr;
  services.sys = nullptr;
  services.tracer = nullptr;
}

void pod::stop() {
  auto& p = *parts_;
  if (std::exchange(p.stopped, true))
    return;
  p.admin->say_that_it_stops();
  p.on_first_unit([&] { p.listeners->stop(); });
  if (p.cluster)
    p.cluster->leave_pods(*p.services_of_units.front(), p.system,
                          [&](const std::function<void()>& f) { p.on_first_unit(f); });
  p.dismiss_clients();
  p.services.store->close();
  p.dismiss_actors();
  p.admin->stop();
  for (auto& l : p.loops)
    l->stop();
  for (auto& t : p.threads)
    t.join();
  p.release_handles();
  p.listeners.reset();
  p.cluster.reset();
  p.units.clear();
  p.loops.clear();
}

} // namespace mqttzoo::tools
