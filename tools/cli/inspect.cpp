// `mqttzoo inspect`: one question to a pod's endpoint, or to those of all pods, and its answer.
#include "core/json_text.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/inspect_drain.hpp"
#include "tools/cli/inspect_options.hpp"
#include "tools/cli/inspect_tables.hpp"
#include "tools/cli/inspect_top.hpp"
#include "tools/cli/inspect_trace.hpp"

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mqttzoo::cli {

namespace {

using form = inspect_options::form;
using reach = inspect_options::reach;

/// What a command asks, and how its answer looks.
struct question {
  std::string_view command;
  std::string_view target; ///< `{}` is the operand
  std::string (*render)(const json&);
  enum class answer : std::uint8_t { one, list } is = answer::one;
  inspect_method how = inspect_method::get;
  enum class operand : std::uint8_t { none, needed, optional } takes = operand::none;
  const char* verdict = nullptr; ///< The member of the answer that the status tells.

  bool is_no(const json& said) const { return verdict && !said.value(verdict, false); }
};

using enum question::answer;
using operand = question::operand;

constexpr question questions[] = {
    {"pods", "/api/v1/pods", render_pods},
    {"pod", "/api/v1/pod", render_tree},
    {"ready", "/readyz", render_tree, one, inspect_method::get, operand::none, "ready"},
    {"health", "/healthz", render_tree, one, inspect_method::get, operand::none, "healthy"},
    {"actors", "/api/v1/actors", render_actors, list},
    {"actor", "/api/v1/actors/{}", render_tree, one, inspect_method::get, operand::needed},
    {"clients", "/api/v1/clients", render_clients, list},
    {"client", "/api/v1/clients/{}", render_client, one, inspect_method::get, operand::needed},
    {"topics", "/api/v1/topics", render_topics, list},
    {"topic", "/api/v1/topics/{}", render_tree, one, inspect_method::get, operand::needed},
    {"links", "/api/v1/links", render_links, list},
    {"stuck", "/api/v1/stuck", render_stuck, list},
    {"bank", "/api/v1/bank", render_bank},
    {"zk", "/api/v1/zk?path={}", render_tree, one, inspect_method::get, operand::optional},
    {"watches", "/api/v1/watches?path={}", render_watches, list, inspect_method::get,
     operand::optional},
    {"disconnect", "/api/v1/clients/{}/disconnect", render_tree, one, inspect_method::post,
     operand::needed},
    {"drain", "/api/v1/pod/drain", render_tree, one, inspect_method::post},
    {"rebalance", "/api/v1/pod/rebalance", render_tree, one, inspect_method::post},
    {"drop", "/api/v1/clients/{}", render_tree, one, inspect_method::remove, operand::needed},
};

const question* find(inspect_options& o) {
  // "actors 17" is "actor 17".
  if (!o.operands.empty() &&
      (o.command == "actors" || o.command == "clients" || o.command == "topics"))
    o.command.pop_back();
  for (const auto& q : questions)
    if (q.command == o.command)
      return &q;
  return nullptr;
}

std::string target_of(const question& q, const inspect_options& o) {
  std::string target{q.target};
  if (q.takes == operand::optional && o.operands.empty())
    return target.substr(0, target.find('?'));
  if (const auto at = target.find("{}"); at != target.npos)
    target.replace(at, 2, percent_encode(o.operands.front()));
  char mark = target.find('?') == target.npos ? '?' : '&';
  if ((q.is == list && q.command != "stuck") || q.command == "rebalance")
    for (const auto& [name, value] : o.query) {
      target += mark + name + '=' + percent_encode(value);
      mark = '&';
    }
  return target;
}

/// A pod that is asked.
struct asked {
  std::string name;
  inspect_client at;
};

std::vector<asked> pods_of(const inspect_client& known, int& status) {
  std::vector<asked> all;
  const auto pods = known.ask("/api/v1/pods");
  if (!pods) {
    status = inspect_failed(pods.error().what);
    return all;
  }
  for (const auto& p : pods->value("pods", json::array())) {
    const auto url = p.value("admin", std::string{});
    const auto name = p.value("name", std::string{});
    if (p.value("self", false))
      all.push_back({name, known});
    else if (!url.empty())
      all.push_back({name, known.at(url)});
    else
      status = inspect_failed(printable(name) + " has no endpoint for operators");
  }
  return all;
}

/// The items of all pods, each with its pod's name.
json merge(const std::vector<std::pair<std::string, json>>& answers, const char* member) {
  auto items = json::array();
  for (const auto& [pod, answer] : answers)
    for (auto item : answer.value(member, json::array())) {
      item["pod_name"] = pod;
      items.push_back(std::move(item));
    }
  return items;
}

const char* items_of(const question& q) {
  return q.command == "stuck" ? "actors" : "items";
}

bool has_pages(const inspect_options& o) {
  return std::none_of(o.query.begin(), o.query.end(), [](const auto& argument) {
    return argument.first == "sort" && argument.second != "id";
  });
}

/// What of a list is not shown, and how to see it; empty: that is all.
std::string say_more(const question& q, const inspect_options& o, const json& answer) {
  if (q.is != list)
    return {};
  const auto shown = answer.value(items_of(q), json::array()).size();
  const auto matching = answer.value("matching", std::uint64_t{0});
  const auto next = answer.find("next");
  const bool goes_on = next != answer.end() && next->is_number();
  if (!goes_on && (has_pages(o) || shown >= matching))
    return {};
  auto said = std::to_string(shown) + (matching > 0 ? " of " + std::to_string(matching) : "");
  if (!goes_on || o.of == reach::cluster)
    said += "; more with a larger --limit";
  if (goes_on) {
    said += o.of == reach::cluster ? ", or at its --url" : "; more";
    said += " with --after " + next->dump();
  }
  return said;
}

int print_one(const question& q, const inspect_options& o, const json& answer) {
  if (o.as == form::for_programs)
    std::cout << core::to_lines(answer) << '\n';
  else if (q.is == list)
    std::cout << q.render(answer.value(items_of(q), json::array()));
  else
    std::cout << q.render(answer);
  if (const auto more = say_more(q, o, answer); o.as == form::for_people && !more.empty())
    std::cout << more << '\n';
  return q.is_no(answer) ? 1 : 0;
}

int ask_all(const question& q, const inspect_options& o, const std::string& target) {
  int status = 0;
  std::vector<std::pair<std::string, json>> answers;
  std::string not_found;
  for (const auto& pod : pods_of(inspect_client{o.connection}, status)) {
    auto answer = pod.at.ask(target, q.how);
    if (answer)
      answers.emplace_back(pod.name, *std::move(answer));
    else if (answer.error().status == 404)
      not_found = answer.error().what; // another pod may have it
    else
      status = inspect_failed(answer.error().what);
  }
  if (answers.empty() && !not_found.empty())
    return inspect_failed(not_found);
  if (o.as == form::for_programs) {
    auto j = json::array();
    for (const auto& [pod, answer] : answers)
      j.push_back({{"pod", pod}, {"answer", answer}});
    std::cout << core::to_lines(j) << '\n';
  } else if (q.is == list) {
    std::cout << q.render(merge(answers, items_of(q)));
    for (const auto& [pod, answer] : answers)
      if (const auto more = say_more(q, o, answer); !more.empty())
        std::cout << "pod " << printable(pod) << ": " << more << '\n';
  } else {
    for (const auto& [pod, answer] : answers)
      std::cout << "pod " << printable(pod) << '\n' << q.render(answer) << '\n';
  }
  for (const auto& [pod, answer] : answers)
    if (q.is_no(answer))
      status = 1;
  return status;
}

/// Page by page until there is no more; retained messages are the same at every pod.
int forget(const inspect_options& o) {
  std::uint64_t removed = 0;
  for (std::string after;;) {
    const auto answer = inspect_client{o.connection}.ask(
        "/api/v1/retained?filter=" + percent_encode(o.operands.front()) +
            (after.empty() ? "" : "&after=" + percent_encode(after)),
        inspect_method::remove);
    if (!answer)
      return inspect_failed(answer.error().what);
    removed += answer->value("removed", std::uint64_t{0});
    const auto next = answer->find("next");
    if (next == answer->end() || !next->is_string())
      break;
    after = next->get<std::string>();
  }
  if (o.as == form::for_programs)
    std::cout << json{{"removed", removed}}.dump() << '\n';
  else
    std::cout << removed << " retained messages are removed\n";
  return 0;
}

} // namespace

int inspect(const std::vector<std::string>& arguments) {
  auto parsed = parse_inspect(arguments);
  if (!parsed)
    return inspect_failed(parsed.error());
  auto& o = *parsed;
  if (o.help || o.command.empty()) {
    (o.help ? std::cout : std::cerr) << inspect_help();
    return o.help ? 0 : 1;
  }
  if (o.command == "completion") {
    std::cout << inspect_completion();
    return 0;
  }
  if (o.command == "forget")
    return o.operands.size() == 1 ? forget(o) : inspect_failed("forget takes a topic filter");
  if (o.command == "drain" && o.of == reach::pod)
    return o.operands.empty() ? inspect_drain(o) : inspect_failed("drain takes nothing more");
  if (o.command == "top")
    return o.of == reach::pod ? inspect_top(o) : inspect_failed("top shows one pod: see --url");
  if (o.command == "trace")
    return inspect_trace(o);
  if (o.command == "drain" && !o.every_pod)
    return inspect_failed(
        "drain --cluster ends every pod at once, and nobody is left to serve: say "
        "--all if that is meant, or drain one pod, at its --url");
  const auto* q = find(o);
  if (!q)
    return inspect_failed("there is no command '" + o.command + "'; see --help");
  const auto most = q->takes == operand::none ? 0u : 1u;
  if (o.operands.size() > most || (q->takes == operand::needed && o.operands.empty()))
    return inspect_failed(o.command +
                          (most == 0 ? " takes nothing more" : " takes one thing more"));
  const auto target = target_of(*q, o);
  if (o.of == reach::cluster && q->command != "pods")
    return ask_all(*q, o, target);
  const auto answer = inspect_client{o.connection}.ask(target, q->how);
  if (!answer)
    return inspect_failed(answer.error().what);
  return print_one(*q, o, *answer);
}

} // namespace mqttzoo::cli
