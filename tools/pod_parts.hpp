// What a pod is made of, and the steps of its start and its end.
//
// The order of the members is the order of life: units go before loops, the system last.
// For pod.cpp, which starts it, and pod_stop.cpp, which ends it; on the main thread.
#pragma once

#include "actors/doorman.hpp"
#include "actors/recovery.hpp"
#include "actors/unit.hpp"
#include "actors/unit_allowance.hpp"
#include "admin/service.hpp"
#include "net/hook_client.hpp"
#include "net/loop.hpp"
#include "net/worker_pool.hpp"
#include "tools/pod.hpp"
#include "tools/pod_cluster.hpp"
#include "tools/pod_listeners.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace mqttzoo::tools {

struct system_config : caf::actor_system_config {
  system_config() {
    // Only stray actors use CAF's scheduler; all of ours are pinned.
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{1});
  }
};

struct pod::parts {
  core::settings settings;
  std::shared_ptr<const auth::policy> policy; ///< at the start
  system_config config;
  caf::actor_system system{config};
  actors::pod_services services;
  std::unique_ptr<admin::service> admin; ///< what it asked of units refers to it
  std::vector<std::unique_ptr<net::loop>> loops;
  std::vector<std::unique_ptr<actors::unit>> units;
  std::vector<std::unique_ptr<actors::unit_services>> services_of_units;
  std::unique_ptr<zk::function_executor> store_answers;
  std::unique_ptr<net::worker_pool> workers;
  std::unique_ptr<net::hook_client> hook; ///< null: there is none
  std::unique_ptr<pod_listeners> listeners;
  std::unique_ptr<pod_cluster> cluster; ///< null: alone
  std::vector<actors::doorman*> doormen;
  std::vector<actors::unit_allowance*> memories;
  std::function<void()> on_drained;
  std::promise<void> advanced; ///< each unit has the credit for memory that it has in advance
  std::vector<std::thread> threads;
  bool stopped = false;

  void make_units();
  expected<void, std::string> open_hook();
  void make_actors(const zk::paths& paths, actors::recovered found);
  expected<void, std::string> listen();
  void run();
  void start_admin(const zk::paths& paths);
  std::string mqtt_address() const;
  /// Runs `f` on the first unit's thread and waits for it.
  void on_first_unit(const std::function<void()>& f);
  void dismiss_clients();
  void dismiss_actors();
  void release_handles();
};

} // namespace mqttzoo::tools
