// What the endpoint changes, where admin.actions.allowed says so.
#include "admin/api.hpp"
#include "core/log.hpp"
#include "core/numbers.hpp"
#include "mqtt/topic_filter.hpp"
#include "mqtt/topic_name.hpp"

#include <utility>

namespace mqttzoo::admin {

namespace {

constexpr core::logger log{core::log_folder::admin};

} // namespace

bool api::may_act(const request& r, const answer& then) const {
  if (with_.pod.settings.admin.actions_allowed)
    return r.method != method::post || is_json(r, then);
  then(make_error(403, "admin.actions.allowed is false: this endpoint changes nothing"));
  return false;
}

/// A browser sends no JSON to a stranger without asking first, so a page cannot act for a person.
bool api::is_json(const request& r, const answer& then) {
  if (r.content_type == "application/json")
    return true;
  then(make_error(415, "the request's Content-Type must be application/json"));
  return false;
}

void api::disconnect(const request& r, answer then) const {
  if (may_act(r, then))
    dismiss(r, std::move(then), actors::inspector::ends::connection,
            "an operator disconnects a client");
}

void api::drop(const request& r, answer then) const {
  if (may_act(r, then))
    dismiss(r, std::move(then), actors::inspector::ends::session, "an operator drops a session");
}

void api::dismiss(const request& r, answer then, actors::inspector::ends what,
                  std::string_view event) const {
  const auto& client = r.segments[3];
  log.warn(event, {{"client", client}});
  using dismissed = actors::inspector::dismissed;
  with_.in.dismiss(client, what, [then = std::move(then)](dismissed how) {
    if (how == dismissed::moves)
      return then(make_error(409, "the session moves to another pod: ask again when it is there"));
    then(how == dismissed::done ? make_json({{"done", true}})
                                : make_error(404, "no session of that client is at this pod"));
  });
}

void api::remove_retained(const request& r, answer then) const {
  if (!may_act(r, then))
    return;
  const auto* filter = r.argument("filter");
  const auto* after = r.argument("after");
  if (!filter || !mqtt::parse_topic_filter(*filter, mqtt::topic_bytes_max) ||
      filter->starts_with("$share/"))
    return then(make_error(400, "filter is a topic filter, and not a shared one"));
  log.warn("an operator removes retained messages", {{"filter", *filter}});
  with_.in.remove_retained(
      *filter, after ? *after : std::string{},
      [then = std::move(then)](std::size_t removed, const std::optional<std::string>& next) {
        json j{{"removed", removed}, {"next", nullptr}};
        if (next)
          j["next"] = *next;
        then(make_json(j));
      });
}

/// As SIGTERM, from afar.
void api::drain(const request& r, answer then) const {
  if (!may_act(r, then))
    return;
  const auto& pod = with_.in.pod();
  if (pod.drain.is.load() < actors::drain_figures::state::draining && !with_.pod.stops) {
    log.warn("an operator drains the pod", {});
    pod.on_drain_wanted();
  }
  then(make_json({{"done", true}}));
}

void api::rebalance(const request& r, answer then) const {
  if (!may_act(r, then))
    return;
  const auto* text = r.argument("rate");
  const auto rate = text ? core::read_number<std::uint32_t>(*text, 1)
                         : std::optional{with_.pod.settings.drain.rate};
  if (!rate)
    return then(make_error(400, "rate is a number of sessions a second"));
  if (!with_.pod.clustered())
    return then(make_error(409, "the pod is alone"));
  log.warn("an operator has sessions moved to the pods that are their homes", {{"rate", *rate}});
  with_.in.rebalance(*rate);
  then(make_json({{"done", true}}));
}

} // namespace mqttzoo::admin
