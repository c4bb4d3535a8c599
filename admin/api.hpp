// What the endpoint answers: the routes of /healthz, /readyz, /metrics, /api/v1/... and files.
//
// Part of the admin service, on its thread; answers come there or on a unit's thread. Holds no
// state but references to what the service has. openapi.json says the same to clients; a test holds
// the two together.
#pragma once

#include "actors/inspector.hpp"
#include "admin/history.hpp"
#include "admin/http.hpp"
#include "admin/json.hpp"
#include "admin/metrics.hpp"
#include "admin/pod_state.hpp"
#include "admin/server.hpp"
#include "admin/watchdog.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::admin {

class api {
public:
  struct parts {
    boost::asio::io_context& io;
    const actors::inspector& in;
    pod_state& pod;
    const watchdog& dog;
    const metrics& numbers;
    const history& past;
    zk::executor& here; ///< the service's thread
  };

  explicit api(parts p);

  void handle(const request& r, answer then) const;

  /// "GET /api/v1/actors/{id}" and so on, for the test of openapi.json.
  std::vector<std::string> routes() const;

private:
  using member = void (api::*)(const request&, answer) const;
  enum class audience : std::uint8_t { everybody, admitted };
  struct route {
    admin::method method;
    std::string_view pattern; ///< `{x}` stands for one segment, which is not empty
    member f;
    audience is_for = audience::admitted;
  };
  static const std::vector<route>& table();

  void health(const request&, answer) const;
  void readiness(const request&, answer) const;
  void prometheus(const request&, answer) const;
  void pod(const request&, answer) const;
  void pods(const request&, answer) const;
  void list_actors(const request&, answer) const;
  void one_actor(const request&, answer) const;
  void list_clients(const request&, answer) const;
  void one_client(const request&, answer) const;
  void list_topics(const request&, answer) const;
  void one_topic(const request&, answer) const;
  void links(const request&, answer) const;
  void bank(const request&, answer) const;
  void stuck(const request&, answer) const;
  void last_hour(const request&, answer) const;
  // api_zk.cpp
  void node(const request&, answer) const;
  void watches(const request&, answer) const;
  std::optional<std::string> own_path(const request&) const;
  void tell_watches(const std::shared_ptr<json>& of, const std::string& path, const answer&) const;
  // api_traces.cpp
  void start_trace(const request&, answer) const;
  void traces(const request&, answer) const;
  void one_trace(const request&, answer) const;
  void drop_trace(const request&, answer) const;
  // What changes something: api_actions.cpp
  void disconnect(const request&, answer) const;
  void drop(const request&, answer) const;
  void dismiss(const request&, answer, actors::inspector::ends, std::string_view event) const;
  void remove_retained(const request&, answer) const;
  void drain(const request&, answer) const;
  void rebalance(const request&, answer) const;
  bool may_act(const request&, const answer&) const;
  static bool is_json(const request&, const answer&);

  void list(const request&, answer, std::string kind) const;
  json describe_self() const;
  json stuck_list() const;
  /// Why the pod is not ready, whatever the cluster does; empty: it is.
  std::vector<std::string> obstacles() const;

  parts with_;
};

} // namespace mqttzoo::admin
