#include "admin/api.hpp"

#include "admin/query.hpp"
#include "admin/readiness.hpp"
#include "admin/static_files.hpp"
#include "core/numbers.hpp"
#include "core/version.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <memory>
#include <utility>

namespace mqttzoo::admin {

namespace {

using actors::inspector;

/// How long a unit may take to say that it runs.
constexpr std::chrono::seconds pulse_max{2};

/// A name is never empty: `clients//disconnect` is a script whose variable was, and means nobody.
bool stands_for(std::string_view level, std::string_view segment) {
  return level.starts_with('{') ? !segment.empty() : level == segment;
}

bool fits(std::string_view pattern, const std::vector<std::string>& segments) {
  std::size_t n = 0;
  for (pattern.remove_prefix(1); !pattern.empty(); ++n) {
    const auto level = pattern.substr(0, pattern.find('/'));
    pattern.remove_prefix(std::min(level.size() + 1, pattern.size()));
    if (n == segments.size() || !stands_for(level, segments[n]))
      return false;
  }
  return n == segments.size();
}

const char* name_of(method m) {
  switch (m) {
  case method::get:
    return "GET";
  case method::post:
    return "POST";
  case method::remove:
    return "DELETE";
  case method::other:
    break;
  }
  return "?";
}

} // namespace

const std::vector<api::route>& api::table() {
  static const std::vector<route> all{
      {method::get, "/healthz", &api::health, audience::everybody},
      {method::get, "/readyz", &api::readiness, audience::everybody},
      {method::get, "/metrics", &api::prometheus},
      {method::get, "/api/v1/pod", &api::pod},
      {method::get, "/api/v1/pods", &api::pods},
      {method::post, "/api/v1/pod/drain", &api::drain},
      {method::post, "/api/v1/pod/rebalance", &api::rebalance},
      {method::get, "/api/v1/actors", &api::list_actors},
      {method::get, "/api/v1/actors/{id}", &api::one_actor},
      {method::get, "/api/v1/clients", &api::list_clients},
      {method::get, "/api/v1/clients/{client}", &api::one_client},
      {method::remove, "/api/v1/clients/{client}", &api::drop},
      {method::post, "/api/v1/clients/{client}/disconnect", &api::disconnect},
      {method::remove, "/api/v1/retained", &api::remove_retained},
      {method::get, "/api/v1/topics", &api::list_topics},
      {method::get, "/api/v1/topics/{topic}", &api::one_topic},
      {method::get, "/api/v1/links", &api::links},
      {method::get, "/api/v1/bank", &api::bank},
      {method::get, "/api/v1/stuck", &api::stuck},
      {method::get, "/api/v1/history", &api::last_hour},
      {method::get, "/api/v1/zk", &api::node},
      {method::get, "/api/v1/watches", &api::watches},
      {method::post, "/api/v1/traces", &api::start_trace},
      {method::get, "/api/v1/traces", &api::traces},
      {method::get, "/api/v1/traces/{id}", &api::one_trace},
      {method::remove, "/api/v1/traces/{id}", &api::drop_trace},
  };
  return all;
}

api::api(parts p) : with_(p) {}

std::vector<std::string> api::routes() const {
  std::vector<std::string> names;
  for (const auto& r : table())
    names.push_back(std::string{name_of(r.method)} + ' ' + std::string{r.pattern});
  return names;
}

void api::handle(const request& r, answer then) const {
  bool known = false;
  for (const auto& way : table()) {
    if (!fits(way.pattern, r.segments))
      continue;
    known = true;
    if (way.method != r.method)
      continue;
    if (way.is_for == audience::admitted && r.from == standing::unknown)
      return then(make_error(401, "this needs the token of admin.token, a certificate, or a Host "
                                  "header that names this machine"));
    return (this->*way.f)(r, std::move(then));
  }
  if (r.method == method::get)
    if (const auto file = find_static_file(r.path))
      return then({200, std::string{file->type}, std::string{file->content}});
  then(known ? make_error(405, "this cannot be done with that method")
             : make_error(404, "there is nothing here; see /api/v1/openapi.json"));
}

// --- the pod ---

/// Whether every unit runs; by itself, as a unit that hangs does not answer.
void api::health(const request&, answer then) const {
  struct pulse {
    explicit pulse(boost::asio::io_context& on, std::size_t units) : timer(on), missing(units) {}
    boost::asio::steady_timer timer;
    std::atomic<std::size_t> missing;
  };
  auto p = std::make_shared<pulse>(with_.io, with_.in.unit_count());
  p->timer.expires_after(pulse_max);
  p->timer.async_wait([p, then = std::move(then)](const boost::system::error_code&) {
    const auto missing = p->missing.load();
    then(make_json({{"healthy", missing == 0}, {"units_that_do_not_run", missing}},
                   missing == 0 ? 200 : 503));
  });
  with_.in.each_unit([p, &io = with_.io](actors::unit_services&) {
    if (p->missing.fetch_sub(1) == 1)
      boost::asio::post(io, [p] { p->timer.cancel(); });
  });
}

std::vector<std::string> api::obstacles() const {
  std::vector<std::string> why;
  const auto& p = with_.pod;
  if (p.stops)
    why.emplace_back("it is being stopped");
  using drain_state = actors::drain_figures::state;
  if (const auto& d = with_.in.pod().drain; d.is >= drain_state::draining && !p.stops)
    why.push_back("it drains: " + std::to_string(d.sessions_left.get()) + " sessions are left");
  if (!p.store_connected())
    why.push_back(std::string{p.store_name()} + " cannot be reached since " +
                  std::to_string(p.store_since().count()) + " ms: promises wait");
  return why;
}

json api::stuck_list() const {
  auto list = json::array();
  for (const auto& s : with_.dog.stuck()) {
    auto j = to_json(s.actor);
    j["stuck_for_ms"] = s.for_at_least.count();
    j["has_mail"] = s.has_mail;
    list.push_back(std::move(j));
  }
  return list;
}

void api::readiness(const request& r, answer then) const {
  const bool details = r.from == standing::admitted;
  const auto tell = [this, details](std::optional<std::string> of_cluster) {
    auto why = obstacles();
    if (of_cluster)
      why.push_back(*std::move(of_cluster));
    json j{{"ready", why.empty()}};
    if (details) {
      j["why_not"] = why;
      j["stuck_count"] = with_.dog.stuck_count();
      j["stuck"] = stuck_list();
    }
    return make_json(j, why.empty() ? 200 : 503);
  };
  if (!with_.pod.clustered() || with_.pod.stops)
    return then(tell(std::nullopt));
  with_.in.find(inspector::single::membership,
                [this, tell, then = std::move(then)](const auto& found) {
                  boost::asio::post(with_.io, [tell, why = obstacle_of(found ? &*found : nullptr),
                                               then] { then(tell(why)); });
                });
}

void api::prometheus(const request&, answer then) const {
  then({200, "text/plain; version=0.0.4; charset=utf-8", with_.numbers.text()});
}

namespace {

json to_json(const actors::drain_figures& d) {
  const auto is = d.is.load();
  json j{{"state", to_string(is)},
         {"sessions_left", d.sessions_left.get()},
         {"sessions_moved", d.sessions_moved.get()},
         {"until_unix_ms", nullptr}};
  if (is == actors::drain_figures::state::draining)
    j["until_unix_ms"] = d.until_unix_ms.load();
  return j;
}

} // namespace

json api::describe_self() const {
  const auto& p = with_.pod;
  const auto& s = with_.in.pod();
  std::uint64_t connected = 0;
  std::uint64_t sessions = 0;
  for (const auto* u : s.units) {
    connected += u->counters.clients_connected.get();
    sessions += u->counters.sessions.get();
  }
  return {{"name", p.settings.pod.name},
          {"life", s.life.str()},
          {"version", core::version()},
          {"started_unix_ms", p.started_unix_ms()},
          {"uptime_ms", p.uptime().count()},
          {"mqtt", p.is.mqtt_address},
          {"admin", p.is.admin_url},
          {"clustered", p.clustered()},
          {"stops", p.stops},
          {"drain", to_json(s.drain)},
          {"actions_allowed", p.settings.admin.actions_allowed},
          {"units", with_.in.unit_count()},
          {"actors", with_.in.actor_count()},
          {"clients_connected", connected},
          {"sessions", sessions},
          {"store",
           {{"kind", p.clustered() ? "zookeeper" : "embedded"},
            {"state", p.store_session()},
            {"since_ms", p.store_since().count()}}},
          {"stuck_count", with_.dog.stuck_count()}};
}

void api::pod(const request&, answer then) const {
  then(make_json(describe_self()));
}

void api::pods(const request&, answer then) const {
  const auto& p = with_.pod;
  if (!p.clustered())
    return then(make_json({{"view", 0},
                           {"step", "alone"},
                           {"settled", true},
                           {"pods", json::array({{{"life", p.settings.pod.name},
                                                  {"name", p.settings.pod.name},
                                                  {"self", true},
                                                  {"mqtt", p.is.mqtt_address},
                                                  {"links", ""},
                                                  {"admin", p.is.admin_url},
                                                  {"version", core::version()},
                                                  {"moves", ""},
                                                  {"installed_view", 0},
                                                  {"adopted_view", 0}}})},
                           {"departed", json::array()}}));
  with_.in.find(inspector::single::membership, [then = std::move(then)](const auto& found) {
    then(found ? make_json(to_json(found->more)) : make_error(503, "the pod is starting"));
  });
}

void api::stuck(const request&, answer then) const {
  then(make_json({{"stuck_after_ms", with_.pod.settings.inspect.stuck_after.count()},
                  {"count", with_.dog.stuck_count()},
                  {"episodes", with_.dog.episodes()},
                  {"units_silent_for_ms", with_.dog.silence().count()},
                  {"actors", stuck_list()}}));
}

void api::last_hour(const request& r, answer then) const {
  const auto* text = r.argument("after");
  const auto after = text ? core::read_number<std::int64_t>(*text) : 0;
  if (!after)
    return then(make_error(400, "after is the last unix_ms of the answer before"));
  auto j = with_.past.to_json(*after);
  j["started_unix_ms"] = with_.pod.started_unix_ms();
  then(make_json(j));
}

} // namespace mqttzoo::admin
