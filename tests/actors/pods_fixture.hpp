// Several pods under one deterministic coordinator. Their clients: roaming_client.hpp.
//
// Lives for one test. Each pod has two units, a store of its own, and all that has to do with whose
// session is where; its peers pass frames of the registrar and the porter to their like at the
// other pod at once and in order. Views are made by the test, in the place of the membership.
#pragma once

#include "actors/bank.hpp"
#include "actors/courier.hpp"
#include "actors/doorman.hpp"
#include "actors/home.hpp"
#include "actors/index.hpp"
#include "actors/limits.hpp"
#include "actors/porter.hpp"
#include "actors/post_office.hpp"
#include "actors/reaper.hpp"
#include "actors/registrar.hpp"
#include "core/clock.hpp"
#include "tests/actors/fake_connection.hpp"
#include "tests/actors/fakes.hpp"
#include "zk/embedded_store.hpp"

#include <caf/test/dsl.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace mqttzoo::test {

class pods_fixture;

struct cluster_pod {
  std::size_t number = 0;
  bool dead = false;
  actors::pod_services pod;
  std::array<actors::unit_services, 2> units;
  zk::inline_executor answers;
  std::unique_ptr<zk::embedded_store> store;
  /// All pods as this one knows them, itself included.
  std::vector<ref<actors::cluster_member>> members;
  std::shared_ptr<fake_connection> adoptable;
  std::shared_ptr<membership_log> membership = std::make_shared<membership_log>();
  std::vector<std::string> complaints; ///< of this pod about others
  std::vector<actors::pod_frame> sent; ///< to others

  /// Those of that kind since the last call.
  std::vector<actors::pod_frame> take_sent(net::link_kind kind);
};

/// What `at` tells `to`.
class wire_peer final : public actors::peer_actor::base {
public:
  wire_peer(caf::actor_config& config, cluster_pod& at, cluster_pod& to)
      : actors::peer_actor::base(config), at_(at), to_(to) {}

  behavior_type make_behavior() override;

private:
  void pass_on(const actors::pod_frame& f);

  cluster_pod& at_;
  cluster_pod& to_;
};

class pods_fixture : public test_coordinator_fixture<> {
public:
  explicit pods_fixture(std::size_t count = 3);

  ~pods_fixture() override;

  /// Runs everything until nothing moves.
  void settle();

  /// The same, but whose turn it is is drawn.
  void settle_shuffled(std::mt19937_64& random);

  bool step_shuffled(std::mt19937_64& random);

  void some_steps(std::mt19937_64& random, std::size_t below);

  void advance(std::chrono::nanoseconds by);

  actors::view_ref view_of(cluster_pod& p, std::int64_t number,
                           const std::vector<std::size_t>& alive) const;

  /// To all that are in it; nothing else has happened yet.
  void begin_installing(std::int64_t number, const std::vector<std::size_t>& alive);

  void begin_settling(std::int64_t number, const std::vector<std::size_t>& alive);

  void install_and_settle(std::int64_t number, const std::vector<std::size_t>& alive);

  /// No frame of it comes any more, and the others are told.
  void kill(std::size_t number);

  /// A client whose home is pod `number` of those alive.
  std::string client_of(std::size_t number, const std::vector<std::size_t>& alive) const;

  std::size_t sessions(std::size_t number) const;

  std::size_t sessions() const;

  static constexpr std::size_t first = 0, second = 1, third = 2;
  const std::vector<std::size_t> all = {0, 1, 2};

  core::manual_clock clock;
  net::timer_queue timers;
  std::vector<std::unique_ptr<cluster_pod>> pods;

private:
  void make_pod(cluster_pod& p, std::size_t number);

  void make_unit(cluster_pod& p, std::uint16_t number);
};

} // namespace mqttzoo::test
