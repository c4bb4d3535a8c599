// The pod's figures in Prometheus' exposition format.
//
// Part of the admin service, on its thread. Reads counters that units write; asks no actor. Labels
// are bounded: a unit's number, a listener's name, a reason of few. What is in it: docs/metrics.md.
#pragma once

#include "actors/inspector.hpp"
#include "admin/pod_state.hpp"
#include "admin/server.hpp"
#include "admin/watchdog.hpp"
#include "net/io_counters.hpp"
#include "net/listener_figures.hpp"

#include <string>
#include <vector>

namespace mqttzoo::admin {

class metrics {
public:
  struct parts {
    const actors::inspector& in;
    const pod_state& pod;
    const watchdog& dog;
    std::vector<const net::io_counters*> io; ///< by unit
    std::vector<std::shared_ptr<const net::listener_figures>> listeners;
    const server::counters* http = nullptr; ///< null: nobody listens
  };

  explicit metrics(parts p) : with_(std::move(p)) {}

  std::string text() const;

private:
  parts with_;
};

} // namespace mqttzoo::admin
