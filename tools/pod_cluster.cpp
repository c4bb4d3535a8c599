#include "tools/pod_cluster.hpp"

#include "actors/adopter.hpp"
#include "actors/directory.hpp"
#include "actors/membership.hpp"
#include "actors/porter.hpp"
#include "actors/registrar.hpp"
#include "core/version.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <utility>

namespace mqttzoo::tools {

using namespace actors;

namespace {

std::string explain(const std::string& what, zk::error e) {
  return what + ": " + std::string{zk::to_string(e)};
}

} // namespace

pod_cluster::pod_cluster(zk::paths paths, zk::pod_record self, std::function<void()> on_fenced)
    : paths_(std::move(paths)), self_(std::move(self)), on_fenced_(std::move(on_fenced)) {}

expected<std::unique_ptr<pod_cluster>, std::string>
pod_cluster::enter(zk::store& store, const zk::paths& paths, const core::settings& settings,
                   net::loop& first, const addresses& at, std::function<void()> on_fenced) {
  const auto incarnation = zk::draw_incarnation(store, paths);
  if (!incarnation)
    return unexpected(explain("cannot draw an incarnation in ZooKeeper", incarnation.error()));
  zk::pod_record self;
  self.name = settings.pod.name;
  self.incarnation = *incarnation;
  self.mqtt = at.mqtt;
  self.admin = at.admin;
  self.version = core::version();
  std::unique_ptr<pod_cluster> made{new pod_cluster{paths, std::move(self), std::move(on_fenced)}};
  auto links =
      pod_links::open(first, settings, *incarnation, [c = made.get()](net::pod_link_ptr link) {
        caf::anon_send(c->membership_, linked_atom::value, std::move(link));
      });
  if (!links)
    return unexpected(links.error());
  made->links_ = std::move(*links);
  made->self_.links = made->links_->address();
  auto enrolled = zk::enrolment::enter(store, paths, made->self_, made->on_fenced_);
  if (!enrolled)
    return unexpected(explain("cannot become a member of the cluster", enrolled.error()));
  made->enrolment_ = std::move(*enrolled);
  return made;
}

pod_life pod_cluster::life() const {
  const auto path = paths_.pod(self_.name, self_.incarnation);
  return pod_life{std::string{zk::last_level_of(path)}};
}

void pod_cluster::spawn(unit_services& first, caf::actor_system& system) {
  auto& pod = *first.pod;
  for (auto* u : pod.units)
    u->porter = spawn_on<porter>(*u, system);
  pod.directory = spawn_on<directory>(first, system, paths_);
  pod.registrar = spawn_on<registrar>(first, system, paths_);
  pod.adopter = spawn_on<adopter>(first, system, paths_);
  pod.membership = spawn_on<membership>(
      first, system,
      membership::parts{paths_, links_.get(), on_fenced_,
                        [this](const peer_actor& peer) { left_.push_back(peer); }});
  membership_ = pod.membership;
  links_->start();
}

void pod_cluster::leave_pods(
    unit_services& first, caf::actor_system& system,
    const std::function<void(const std::function<void()>&)>& on_first_unit) {
  caf::scoped_actor here{system};
  caf::anon_send(first.pod->membership, shut_down_atom::value);
  here->wait_for(first.pod->membership);
  // Nor does it begin sessions any more: nobody would end those that come behind the home's end.
  caf::anon_send(first.pod->adopter, shut_down_atom::value);
  here->wait_for(first.pod->adopter);
  on_first_unit([&] { links_->stop(); });
}

void pod_cluster::dismiss(pod_services& pod) {
  caf::anon_send(pod.directory, shut_down_atom::value);
  caf::anon_send(pod.registrar, shut_down_atom::value);
  for (auto* u : pod.units)
    caf::anon_send_exit(u->porter, caf::exit_reason::user_shutdown);
  for (const auto& p : std::exchange(left_, {}))
    membership::retire(p);
  membership_ = nullptr;
}

} // namespace mqttzoo::tools
