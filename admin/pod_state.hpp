// What the endpoint knows of its pod without asking any actor: who it is, its settings, and how it
// stands with its store.
//
// Part of the admin service, on its thread; filled before that runs.
#pragma once

#include "core/clock.hpp"
#include "core/settings.hpp"
#include "zk/paths.hpp"
#include "zk/store.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace mqttzoo::admin {

class pod_state : public zk::watch_sink {
public:
  struct start {
    const core::clock* clock = nullptr;
    zk::store* store = nullptr;
    zk::paths paths;
    std::string mqtt_address; ///< where clients connect
    std::string admin_url;    ///< of this endpoint; empty: there is none
  };

  pod_state(start with, core::settings now);

  // zk::watch_sink
  void on_watch(const zk::watch_event&) override {}
  void on_session(const zk::session_event& e) override;

  bool store_connected() const noexcept { return store_ == zk::session_state::connected; }
  std::string_view store_session() const noexcept { return zk::to_string(store_); }
  std::chrono::milliseconds store_since() const noexcept { return since(store_since_); }
  std::chrono::milliseconds uptime() const noexcept { return since(started_); }
  std::int64_t started_unix_ms() const noexcept { return started_unix_ms_; }
  bool clustered() const noexcept { return !settings.zk.servers.empty(); }
  /// "the store", as a person would call it.
  const char* store_name() const noexcept { return clustered() ? "ZooKeeper" : "the store"; }

  const start is;
  core::settings settings;
  bool stops = false; ///< it is being shut down

private:
  std::chrono::milliseconds since(core::clock::time_point at) const noexcept {
    return std::chrono::duration_cast<std::chrono::milliseconds>(is.clock->now() - at);
  }

  core::clock::time_point started_;
  std::int64_t started_unix_ms_;
  zk::session_state store_ = zk::session_state::suspended;
  core::clock::time_point store_since_;
};

} // namespace mqttzoo::admin
