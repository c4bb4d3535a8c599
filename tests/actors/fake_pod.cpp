#include "tests/actors/fake_pod.hpp"

#include "actors/courier.hpp"
#include "actors/pinned.hpp"

#include <functional>
#include <utility>

namespace mqttzoo::test {

namespace {

/// A recorder on the unit, as what it stands for is: the courier sends to it without running.
template<class Handle>
class pinned_recorder final : public actors::pinned_base<Handle> {
public:
  using behavior = typename Handle::behavior_type;
  using maker = std::function<behavior(typename Handle::pointer)>;

  pinned_recorder(caf::actor_config& config, actors::unit_services& services, maker make)
      : actors::pinned_base<Handle>(config, services), make_(std::move(make)) {}

  behavior make_behavior() override { return make_(this); }

private:
  const maker make_;
};

} // namespace

fake_pod::fake_pod() {
  pod.clock = &clock;
  pod.life = pod_life{"a-1"};
  pod.units.push_back(&services);
  services.pod = &pod;
  services.host = sys.dummy_execution_unit();
  services.timers = &timers;
  services.courier_handle = actors::spawn_on<actors::courier>(services, sys);
  services.local_courier =
      static_cast<actors::courier*>(caf::actor_cast<caf::abstract_actor*>(services.courier_handle));
  services.porter = sys.spawn(fake_porter, porter);
  pod.index = actors::spawn_on<pinned_recorder<actors::index_actor>>(
      services, sys, [this](auto* as) { return fake_index(as, index); });
  pod.post_office = sys.spawn(fake_post_office, office);
  pod.registrar = sys.spawn(fake_registrar, registrar);
  pod.directory = sys.spawn(fake_directory, directory);
  pod.adopter = sys.spawn(fake_adopter, adopter);
  pod.reaper = sys.spawn(fake_reaper, reaper);
}

fake_pod::~fake_pod() {
  run();
  caf::anon_send(pod.registrar, actors::shut_down_atom::value);
  caf::anon_send(pod.directory, actors::shut_down_atom::value);
  caf::anon_send(pod.adopter, actors::shut_down_atom::value);
  caf::anon_send(pod.reaper, actors::shut_down_atom::value);
  caf::anon_send(services.porter, actors::shut_down_atom::value);
  caf::anon_send_exit(services.courier_handle, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(pod.index, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(pod.post_office, caf::exit_reason::user_shutdown);
  run();
  services.courier_handle = nullptr;
}

actors::topic_actor fake_pod::find_topic(const std::shared_ptr<topic_log>& log) {
  const auto name = index->activated.front();
  auto topic = actors::spawn_on<pinned_recorder<actors::topic_actor>>(
      services, sys, [name, log](auto* as) { return fake_topic(as, name, log); });
  caf::anon_send(services.courier_handle, actors::found_atom::value, name, topic);
  run();
  return topic;
}

} // namespace mqttzoo::test
