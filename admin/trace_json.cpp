#include "admin/trace_json.hpp"

#include "core/json_text.hpp"
#include "mqtt/reason_code.hpp"
#include "mqtt/topic_filter.hpp"
#include "mqtt/topic_name.hpp"

#include <chrono>
#include <utility>

namespace mqttzoo::admin {

namespace {

using actors::running_trace;
using actors::trace_terms;
using mqtt::trace_event;
using std::chrono::milliseconds;

constexpr milliseconds lasts_preset{30'000};
constexpr milliseconds lasts_min{1'000};
constexpr std::uint32_t messages_preset = 1'000;

using wrong = std::string; ///< a sentence; empty: nothing is

wrong take_client(const json& v, trace_terms& t) {
  if (!v.is_string() || v.get_ref<const std::string&>().empty())
    return "client is a client id";
  t.by = trace_terms::subject::client;
  t.text = v.get<std::string>();
  return {};
}

wrong take_topic(const json& v, trace_terms& t) {
  const auto filter =
      v.is_string()
          ? mqtt::parse_topic_filter(v.get_ref<const std::string&>(), mqtt::topic_bytes_max)
          : expected<mqtt::topic_filter, mqtt::filter_error>{
                unexpected(mqtt::filter_error{mqtt::reason_code::topic_filter_invalid, "no text"})};
  if (!filter)
    return std::string{"topic is a topic filter: "} + filter.error().what;
  if (filter->is_shared())
    return "topic is no shared filter: follow what it shares";
  t.by = trace_terms::subject::topic;
  t.text = filter->full();
  return {};
}

wrong take_property(const json& v, trace_terms& t) {
  if (!v.is_object() || v.size() != 2 || !v.contains("name") || !v.contains("value") ||
      !v["name"].is_string() || !v["value"].is_string())
    return "property has a name and a value, both texts";
  t.by = trace_terms::subject::property;
  t.text = v["name"].get<std::string>();
  t.value = v["value"].get<std::string>();
  return {};
}

/// A whole number from `least` to `most`; a sentence otherwise.
template<class T>
wrong take_number(const char* name, const json& v, T least, T most, T& into) {
  if (!v.is_number_unsigned() || v.get<std::uint64_t>() < std::uint64_t{least} ||
      v.get<std::uint64_t>() > std::uint64_t{most})
    return std::string{name} + " is a number from " + std::to_string(least) + " to " +
           std::to_string(most);
  into = static_cast<T>(v.get<std::uint64_t>());
  return {};
}

wrong take_sample(const json& v, trace_terms& t) {
  t.by = trace_terms::subject::sample;
  return take_number("one_in", v, 1u, 1'000'000'000u, t.one_in);
}

wrong take_duration(const json& v, trace_terms& t, milliseconds most) {
  std::uint64_t ms = 0;
  auto no = take_number("for_ms", v, static_cast<std::uint64_t>(lasts_min.count()),
                        static_cast<std::uint64_t>(most.count()), ms);
  t.lasts = milliseconds{static_cast<std::int64_t>(ms)};
  return no.empty() ? no : no + " (trace.duration.max)";
}

json subject_of(const trace_terms& t) {
  switch (t.by) {
  case trace_terms::subject::client:
    return {{"client", t.text}};
  case trace_terms::subject::topic:
    return {{"topic", t.text}};
  case trace_terms::subject::property:
    return {{"property", {{"name", t.text}, {"value", t.value}}}};
  case trace_terms::subject::sample:
    return {{"one_in", t.one_in}};
  }
  return nullptr;
}

/// With what such a step has, and no more.
json step_json(const actors::trace_step& s, std::size_t number) {
  const auto& n = s.what;
  json j{{"number", number},
         {"message", mqtt::number_of(s.of)},
         {"unix_us", s.at_unix_us},
         {"pod", s.pod},
         {"event", actors::to_string(n.what)}};
  const bool of_pods = n.what == trace_event::sent_to_pod || n.what == trace_event::came_from_pod ||
                       n.what == trace_event::link_full || n.why == mqtt::trace_cause::link ||
                       n.why == mqtt::trace_cause::frame_size;
  if (!s.who.empty())
    j[of_pods ? "other_pod" : "client"] = s.who;
  switch (n.what) {
  case trace_event::received:
  case trace_event::reached:
    j["topic"] = s.name;
    j["retain"] = s.retain;
    j["payload_bytes"] = s.payload_bytes;
    j["qos"] = static_cast<int>(n.qos);
    break;
  case trace_event::routed:
    j["sessions"] = s.sessions;
    j["groups"] = s.groups;
    j["pods"] = s.pods;
    break;
  case trace_event::sent:
  case trace_event::queued:
    j["qos"] = static_cast<int>(n.qos);
    break;
  case trace_event::refused:
  case trace_event::withheld:
  case trace_event::promised:
  case trace_event::acknowledged:
    j["reason"] = mqtt::to_string(n.outcome.reason);
    break;
  default:
    if (!s.name.empty())
      j["filter"] = s.name;
    break;
  }
  if (n.id != mqtt::packet_id::none)
    j["packet_id"] = static_cast<std::uint16_t>(n.id);
  if (n.outcome.hit != mqtt::limit::none)
    j["why"] = mqtt::describe(n.outcome.hit);
  else if (n.why != mqtt::trace_cause::none)
    j["why"] = actors::to_string(n.why);
  return j;
}

json message_json(std::uint32_t number, const actors::trace_life& l) {
  const auto ends = l.count();
  return {{"number", number},
          {"topic", l.topic()},
          {"publisher", l.publisher()},
          {"qos", static_cast<int>(l.qos())},
          {"payload_bytes", l.payload_bytes()},
          {"first_unix_us", l.first_unix_us()},
          {"took_us", l.last_unix_us() - l.first_unix_us()},
          {"steps", l.steps()},
          {"verdict", actors::to_string(l.verdict())},
          {"why", l.why()},
          {"delivered", ends.delivered},
          {"mailed", ends.mailed},
          {"expired", ends.expired},
          {"dropped", ends.dropped},
          {"under_way", ends.under_way}};
}

} // namespace

expected<trace_terms, std::string> parse_trace_terms(std::string_view body,
                                                     const core::trace_settings& bounds) {
  const auto j = core::parse_json<json>(body);
  if (!j.is_object())
    return unexpected(std::string{"the body is a JSON object"});
  trace_terms t;
  t.lasts = std::min(lasts_preset, bounds.duration_max);
  t.messages_max = messages_preset;
  std::size_t subjects = 0;
  for (const auto& [name, value] : j.items()) {
    const bool is_bound = name == "for_ms" || name == "messages_max";
    subjects += is_bound ? 0 : 1;
    wrong no;
    if (name == "for_ms")
      no = take_duration(value, t, bounds.duration_max);
    else if (name == "messages_max")
      no = take_number("messages_max", value, 1u, running_trace::messages_most, t.messages_max);
    else if (name == "client")
      no = take_client(value, t);
    else if (name == "topic")
      no = take_topic(value, t);
    else if (name == "property")
      no = take_property(value, t);
    else if (name == "one_in")
      no = take_sample(value, t);
    else
      no = "there is no member called " + name;
    if (!no.empty())
      return unexpected(std::move(no));
  }
  if (subjects != 1)
    return unexpected(std::string{"one of client, topic, property and one_in says what to follow"});
  return t;
}

json to_json(const actors::trace_summary& s) {
  auto pods = json::array();
  for (const auto& p : s.others)
    pods.push_back({{"pod", p.pod}, {"takes_part", p.takes_part}});
  json j{{"id", static_cast<std::uint32_t>(s.id)},
         {"follows", subject_of(s.terms)},
         {"state", actors::to_string(s.state)},
         {"ended_by", nullptr},
         {"started_unix_ms", s.started_unix_us / 1000},
         {"lasts_ms", s.terms.lasts.count()},
         {"messages_max", s.terms.messages_max},
         {"followed_messages", s.followed},
         {"skipped_messages", s.skipped},
         {"steps", s.steps},
         {"lost_steps", s.lost},
         {"other_pods", std::move(pods)}};
  if (*s.ended_by != '\0')
    j["ended_by"] = s.ended_by;
  return j;
}

json to_json(const actors::trace_page& p) {
  auto steps = json::array();
  for (std::size_t i = 0; i < p.steps.size(); ++i)
    steps.push_back(step_json(p.steps[i], p.first + i + 1));
  auto messages = json::array();
  for (const auto& [number, life] : p.messages)
    messages.push_back(message_json(number, life));
  return {{"trace", to_json(p.of)},
          {"steps", std::move(steps)},
          {"messages", std::move(messages)},
          {"next", p.first + p.steps.size()}};
}

} // namespace mqttzoo::admin
