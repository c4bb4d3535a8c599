#include "tools/cli/inspect_trace.hpp"

#include "core/json_text.hpp"
#include "tools/cli/inspect_tables.hpp"
#include "tools/cli/trace_story.hpp"

#include <atomic>
#include <csignal>
#include <iostream>
#include <poll.h>
#include <string>

namespace mqttzoo::cli {

namespace {

constexpr int look_every_ms = 250;

std::atomic<bool> interrupted{false};

/// SIGINT ends the trace and not the process, while it lives.
class interruption {
public:
  interruption() {
    struct sigaction act {};
    act.sa_handler = [](int) { interrupted = true; };
    ::sigaction(SIGINT, &act, &before_);
  }
  interruption(const interruption&) = delete;
  interruption& operator=(const interruption&) = delete;
  ~interruption() { ::sigaction(SIGINT, &before_, nullptr); }

private:
  struct sigaction before_ {};
};

void print(const inspect_options& o, const std::vector<trace_story::told_message>& messages) {
  for (const auto& m : messages)
    if (o.as == inspect_options::form::for_programs)
      std::cout << core::to_text(json{{"message", m.message}, {"steps", m.steps}}) << '\n';
    else
      std::cout << render_trace_message(m);
  std::cout << std::flush;
}

void print_end(const inspect_options& o, const json& trace) {
  if (o.as == inspect_options::form::for_programs)
    std::cout << core::to_text(json{{"trace", trace}}) << '\n';
  else
    std::cout << render_trace_end(trace);
}

/// Looks again and again until the trace is over; its last state, or what went wrong.
expected<json, inspect_error> watch(const inspect_client& pod, const std::string& target,
                                    const inspect_options& o) {
  trace_story story;
  for (std::int64_t after = 0;;) {
    const bool last_look = interrupted;
    const auto page = pod.ask(target + "?after=" + std::to_string(after));
    if (!page)
      return unexpected(page.error());
    const auto next = page->value("next", after);
    const bool more = next != after;
    after = next;
    story.add(*page);
    const auto trace = page->value("trace", json::object());
    const bool over = last_look || (trace.value("state", std::string{}) == "ended" && !more);
    print(o, story.take(over ? trace_story::until::over : trace_story::until::known));
    if (over)
      return trace;
    if (!interrupted)
      ::poll(nullptr, 0, look_every_ms);
  }
}

} // namespace

int inspect_trace(const inspect_options& o) {
  if (o.trace.empty())
    return inspect_failed("trace needs --client, --topic, --property or --sample; see --help");
  const inspect_client pod{o.connection};
  const interruption until_asked;
  const auto begun = pod.ask("/api/v1/traces", inspect_method::post, o.trace.dump());
  if (!begun)
    return inspect_failed(begun.error().what);
  const auto target = "/api/v1/traces/" + std::to_string(begun->value("id", std::uint32_t{0}));
  if (o.as == inspect_options::form::for_people)
    std::cerr << "following; ^C ends it\n";
  const auto trace = watch(pod, target, o);
  const auto dropped = pod.ask(target, inspect_method::remove);
  if (!trace)
    return inspect_failed(trace.error().what);
  print_end(o, *trace);
  return dropped ? 0 : inspect_failed(dropped.error().what);
}

} // namespace mqttzoo::cli
