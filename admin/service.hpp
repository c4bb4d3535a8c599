// The admin service: the endpoint for operators, and the watchdog, on a thread of their own.
//
// One per pod. open() is called before the pod becomes a member of its cluster, so that its address
// can be announced; start() when all actors are there; stop() before the units' threads end.
// Everything else of the endpoint runs on the service's thread, so a scrape takes no client's time
// but for the short reads that units do for it. Without admin.port nobody listens and the watchdog
// works alone.
#pragma once

#include "actors/inspector.hpp"
#include "admin/pod_state.hpp"
#include "core/expected.hpp"
#include "core/settings.hpp"
#include "net/io_counters.hpp"
#include "net/listener_figures.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mqttzoo::admin {

class service {
public:
  /// Whether open() could read what it reads. The error is a sentence for the operator.
  static expected<void, std::string> check(const core::settings& settings);
  /// Listens, if it is to. On failure a sentence for the operator.
  static expected<std::unique_ptr<service>, std::string> open(const core::settings& settings);
  ~service();

  /// Where people and other pods find the endpoint; empty: there is none.
  std::string url() const;

  struct start_parts {
    std::vector<actors::inspector::unit_access> units;
    std::vector<const net::io_counters*> io; ///< by unit
    std::vector<std::shared_ptr<const net::listener_figures>> listeners;
    pod_state::start pod; ///< without admin_url
  };
  void start(start_parts with);

  /// From now on the pod is not ready. Any thread.
  void say_that_it_stops();
  /// Any thread.
  void reload(const core::settings& now);
  /// Joins the thread. Idempotent.
  void stop();

private:
  struct parts;
  explicit service(std::unique_ptr<parts> p);

  std::unique_ptr<parts> parts_;
};

} // namespace mqttzoo::admin
