#include "tools/cli/trace_story.hpp"

#include "tools/cli/inspect_tables.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <utility>

namespace mqttzoo::cli {

namespace {

std::string text(const json& of, const char* name) {
  const auto found = of.find(name);
  return found != of.end() && found->is_string() ? printable(found->get_ref<const std::string&>())
                                                 : std::string{};
}

std::int64_t number(const json& of, const char* name) {
  const auto found = of.find(name);
  return found != of.end() && found->is_number() ? found->get<std::int64_t>() : 0;
}

/// Time of day here, with microseconds.
std::string show_time(std::int64_t unix_us) {
  const auto seconds = static_cast<std::time_t>(unix_us / 1'000'000);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), "%02d:%02d:%02d.%06d", parts.tm_hour, parts.tm_min,
                parts.tm_sec, static_cast<int>(unix_us % 1'000'000));
  return out.data();
}

std::string count(std::int64_t n, const char* what) {
  return std::to_string(n) + ' ' + what + (n == 1 ? "" : "s");
}

/// What there is to say of a step besides who and when.
std::string details(const json& s) {
  std::vector<std::string> parts;
  if (s.contains("sessions"))
    parts.push_back("to " + count(number(s, "sessions"), "session") + ", " +
                    count(number(s, "groups"), "group") + ", " + count(number(s, "pods"), "pod"));
  if (s.contains("qos"))
    parts.push_back("QoS " + std::to_string(number(s, "qos")));
  if (s.value("retain", false))
    parts.emplace_back("retain");
  if (s.contains("packet_id"))
    parts.push_back("packet id " + std::to_string(number(s, "packet_id")));
  if (s.contains("filter"))
    parts.push_back(text(s, "filter"));
  if (s.contains("reason"))
    parts.push_back(text(s, "reason"));
  if (s.contains("why"))
    parts.push_back(text(s, "why"));
  std::string all;
  for (const auto& p : parts)
    all += (all.empty() ? "" : ", ") + p;
  return all.empty() ? "-" : all;
}

std::string show_who(const json& s) {
  auto who = text(s, s.contains("other_pod") ? "other_pod" : "client");
  return who.empty() ? "-" : who;
}

std::string show_verdict(const json& m) {
  auto out = text(m, "verdict");
  std::string counts;
  for (const auto* of : {"delivered", "mailed", "expired", "dropped", "under_way"})
    if (const auto n = number(m, of); n > 0)
      counts += (counts.empty() ? "" : ", ") + std::to_string(n) + ' ' +
                (std::string_view{of} == "under_way" ? "under way" : of);
  if (const auto why = text(m, "why"); !why.empty())
    out += ": " + why;
  if (!counts.empty())
    out += " (" + counts + ')';
  return out + ", after " + std::to_string(number(m, "took_us")) + " us";
}

} // namespace

void trace_story::add(const json& page) {
  for (auto& [number, e] : open_)
    e.fresh = false;
  for (const auto& s : page.value("steps", json::array())) {
    auto& e = open_[static_cast<std::uint64_t>(number(s, "message"))];
    e.steps.push_back(s);
    e.fresh = true;
  }
  for (const auto& m : page.value("messages", json::array()))
    open_[static_cast<std::uint64_t>(number(m, "number"))].message = m;
}

std::vector<trace_story::told_message> trace_story::take(until when) {
  std::vector<told_message> told;
  for (auto& [number, e] : open_) {
    const auto verdict = text(e.message, "verdict");
    // Mail may still be delivered; it is told when the trace is over.
    const bool stands = verdict != "under way" && verdict != "mailed" && !e.fresh;
    if (e.steps.empty() || (when == until::known && !stands))
      continue;
    auto steps = std::exchange(e.steps, json::array());
    std::stable_sort(steps.begin(), steps.end(), [](const json& a, const json& b) {
      return cli::number(a, "unix_us") < cli::number(b, "unix_us");
    });
    told.push_back({e.message, std::move(steps), std::exchange(e.told, true)});
  }
  std::stable_sort(told.begin(), told.end(), [](const told_message& a, const told_message& b) {
    return cli::number(a.message, "first_unix_us") < cli::number(b.message, "first_unix_us");
  });
  return told;
}

std::string render_trace_message(const trace_story::told_message& m) {
  const auto publisher = text(m.message, "publisher");
  const auto first = number(m.message, "first_unix_us");
  std::string out = show_time(first) + "  " + text(m.message, "topic");
  out += publisher.empty() ? ", noticed on its way" : ", from " + publisher;
  out += ", QoS " + std::to_string(number(m.message, "qos")) + ", " +
         count(number(m.message, "payload_bytes"), "byte") + (m.before ? ", again" : "") + '\n';
  std::vector<std::vector<std::string>> rows;
  for (const auto& s : m.steps)
    rows.push_back({std::to_string(number(s, "unix_us") - first), text(s, "pod"), text(s, "event"),
                    show_who(s), details(s)});
  return out + render_table({"us", "pod", "step", "whom", "what"}, rows) + "=> " +
         show_verdict(m.message) + "\n\n";
}

std::string render_trace_end(const json& trace) {
  auto out = count(number(trace, "followed_messages"), "message") + ", " +
             count(number(trace, "steps"), "step");
  if (const auto n = number(trace, "skipped_messages"); n > 0)
    out += "; " + std::to_string(n) + " more not followed (trace.messages.rate)";
  if (const auto n = number(trace, "lost_steps"); n > 0)
    out += "; " + count(n, "step") + " not kept";
  for (const auto& p : trace.value("other_pods", json::array()))
    if (!p.value("takes_part", true))
      out += "; " + text(p, "pod") + " takes no part";
  if (const auto why = text(trace, "ended_by"); !why.empty())
    out += "; it ended because " + why;
  return out + '\n';
}

} // namespace mqttzoo::cli
