// Pods that consist of a directory each, over one store, under CAF's deterministic coordinator.
//
// Live for one test, on the test's thread; everything else of a pod is a recorder (fakes.hpp).
#pragma once

#include "actors/directory.hpp"
#include "core/clock.hpp"
#include "tests/actors/fakes.hpp"
#include "tests/actors/polite_store.hpp"
#include "zk/embedded_store.hpp"
#include "zk/faulty_store.hpp"

#include <caf/test/dsl.hpp>

#include <algorithm>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mqttzoo::test {

using strings = std::vector<std::string>;

/// A pod that consists of a directory.
struct dir_pod {
  dir_pod(caf::actor_system& sys, core::manual_clock& clock, net::timer_queue& timers,
          zk::store& beneath, const std::string& life);

  /// Its actors end as soon as they run: before it goes.
  void dismiss();

  void want(const std::string& filter);
  void unwant(const std::string& filter);

  /// Asks for a confirm, which adopter->changed records.
  actors::card_ref confirm(bool adds = true);

  topic_log& watch(const std::string& name);
  void unwatch(const std::string& name);

  /// Nodes that its directory watches in the store, once what was asked there is answered.
  std::shared_ptr<std::size_t> watched_nodes();

  struct topic {
    mqtt::topic_ref name;
    actors::topic_actor handle;
    std::shared_ptr<topic_log> told;
  };

  caf::actor_system& system;
  zk::inline_executor answers;
  zk::faulty_store faults;
  polite_store calls{faults};
  std::string pod_life_name;
  actors::pod_services pod;
  actors::unit_services services;
  std::shared_ptr<index_log> index = std::make_shared<index_log>();
  std::shared_ptr<membership_log> membership = std::make_shared<membership_log>();
  std::shared_ptr<adopter_log> adopter = std::make_shared<adopter_log>();
  std::map<std::string, topic> topics;
  std::uint64_t last_session = 0;
};

struct directory_fixture : test_coordinator_fixture<> {
  directory_fixture();

  ~directory_fixture() override;

  void create(const std::string& path, const std::string& data = {});
  void remove(const std::string& path);

  void settle();

  /// A pod with its ephemeral node; `self` of its own views has no peer.
  dir_pod& add(const std::string& life);

  void kill(const std::string& life);

  actors::member_ref member(const std::string& life);

  actors::view_ref view(const dir_pod& of, std::int64_t number, const strings& lives);
  /// A view in which sessions of `mover` move.
  void install_move(std::int64_t number, const strings& lives, const std::string& mover);
  void install(std::int64_t number, const strings& lives);
  void settle_view(std::int64_t number, const strings& lives);
  void enter_view(std::int64_t number, const strings& lives);

  strings children(const std::string& path);
  std::string data(const std::string& path);

  core::manual_clock clock;
  net::timer_queue timers;
  zk::inline_executor answers;
  std::unique_ptr<zk::embedded_store> store;
  std::map<std::string, actors::member_ref> peers;
  std::list<dir_pod> pods;
  const zk::paths paths;
};

} // namespace mqttzoo::test
