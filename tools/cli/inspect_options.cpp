#include "tools/cli/inspect_options.hpp"

#include "core/numbers.hpp"
#include "core/secret_file.hpp"
#include "core/units.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <unistd.h>
#include <utility>

namespace mqttzoo::cli {

namespace {

/// A sentence if it cannot be read.
std::string read_token(std::string_view option, const std::string& file, std::string& into) {
  auto token = core::read_secret(option, file);
  if (!token)
    return std::move(token.error());
  into = *std::move(token);
  return {};
}

bool takes_no_value(const std::string& name) {
  return name == "--json" || name == "--table" || name == "--cluster" || name == "--insecure" ||
         name == "--waiting" || name == "--wait" || name == "--all";
}

void take_flag(const std::string& name, inspect_options& o) {
  if (name == "--json")
    o.as = inspect_options::form::for_programs;
  else if (name == "--table")
    o.as = inspect_options::form::for_people;
  else if (name == "--cluster")
    o.of = inspect_options::reach::cluster;
  else if (name == "--insecure")
    o.connection.insecure = true;
  else if (name == "--wait")
    o.wait = true;
  else if (name == "--all")
    o.every_pod = true;
  else
    o.query.emplace_back("waiting", "true");
}

/// Of `trace`; nothing if it is another option, else a sentence, empty if all is well.
std::optional<std::string> take_of_trace(const std::string& name, const std::string& value,
                                         json& trace) {
  const auto ms = core::units::read_duration_ms(value);
  const auto n = core::read_number<std::uint32_t>(value);
  if (name == "--client" || name == "--topic") {
    trace[name.substr(2)] = value;
  } else if (name == "--property") {
    const auto equals = value.find('=');
    if (equals == value.npos)
      return "--property takes NAME=VALUE, not " + value;
    trace["property"] = {{"name", value.substr(0, equals)}, {"value", value.substr(equals + 1)}};
  } else if (name == "--sample") {
    if (!n)
      return "--sample takes a number, not " + value;
    trace["one_in"] = *n;
  } else if (name == "--messages") {
    if (!n)
      return "--messages takes a number, not " + value;
    trace["messages_max"] = *n;
  } else if (name == "--for") {
    if (!ms)
      return "--for takes a time such as 30s, not " + value;
    trace["for_ms"] = *ms;
  } else {
    return std::nullopt;
  }
  return std::string{};
}

/// One option with its value; a sentence if that is wrong.
std::string take(const std::string& name, const std::string& value, inspect_options& o) {
  constexpr std::pair<std::string_view, std::string inspect_connection::*> texts[] = {
      {"--url", &inspect_connection::url},
      {"--cafile", &inspect_connection::ca_file},
      {"--cert", &inspect_connection::certificate},
      {"--key", &inspect_connection::key}};
  for (const auto& [option, member] : texts)
    if (name == option) {
      o.connection.*member = value;
      return {};
    }
  for (const auto* option : {"kind", "contains", "sort", "limit", "unit", "after", "rate"})
    if (name == std::string{"--"} + option) {
      o.query.emplace_back(option, value);
      return {};
    }
  if (auto of_trace = take_of_trace(name, value, o.trace))
    return *std::move(of_trace);
  if (name == "--token")
    return read_token(name, value, o.connection.token);
  const auto n = core::read_number<std::uint32_t>(value);
  if (!n && (name == "--timeout" || name == "--interval" || name == "--rounds"))
    return name + " takes a number, not " + value;
  if (name == "--timeout")
    o.connection.timeout = std::chrono::seconds{std::max(1u, *n)};
  else if (name == "--interval")
    o.interval = std::chrono::seconds{std::max(1u, *n)};
  else if (name == "--rounds")
    o.rounds = *n;
  else
    return "Unknown option '" + name + "'.";
  return {};
}

} // namespace

expected<inspect_options, std::string> parse_inspect(const std::vector<std::string>& arguments) {
  inspect_options o;
  if (::isatty(STDOUT_FILENO) == 0)
    o.as = inspect_options::form::for_programs;
  if (const char* url = std::getenv("MQTTZOO_INSPECT_URL"))
    o.connection.url = url;
  if (const char* file = std::getenv("MQTTZOO_INSPECT_TOKEN"))
    if (auto wrong = read_token("MQTTZOO_INSPECT_TOKEN", file, o.connection.token); !wrong.empty())
      return unexpected(std::move(wrong));
  bool only_operands = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto& a = arguments[i];
    if (only_operands || !a.starts_with("--")) {
      if (o.command.empty())
        o.command = a;
      else
        o.operands.push_back(a);
    } else if (a == "--") {
      only_operands = true;
    } else if (a == "--help") {
      o.help = true;
    } else if (takes_no_value(a)) {
      take_flag(a, o);
    } else if (i + 1 == arguments.size()) {
      return unexpected(a + " needs a value.");
    } else if (auto wrong = take(a, arguments[++i], o); !wrong.empty()) {
      return unexpected(std::move(wrong));
    }
  }
  return o;
}

int inspect_failed(const std::string& what) {
  std::cerr << "mqttzoo inspect: " << what << '\n';
  return 1;
}

const char* inspect_help() {
  return R"(Says what a pod's actors do and what they wait for.

usage: mqttzoo inspect COMMAND [options]

  pods                  the pods of the cluster, and how far they agree on it
  pod                   one pod at a glance
  ready                 whether it is ready, and why not
  health                whether its threads turn: what a health check asks
  top                   the busiest actors, live; keys: b busy, m messages, x mailbox, w wait, q quit
  actors                all actors; actors ID: one of them in full
  clients               all sessions; client ID: one of them, and what it waits for
  topics                live topics; topic NAME: who gets its messages
  stuck                 actors that have waited for longer than inspect.stuck.after
  links                 links to other pods
  bank                  who holds how many credits, and until when
  zk [PATH]             what stands in the store, decoded
  watches [PATH]        on what of it this pod's actors listen
  trace                 follow messages, and see what becomes of each; at all pods of the cluster
  disconnect CLIENT     end a client's connection      (needs admin.actions.allowed)
  drop CLIENT           end a session with all it has  (needs admin.actions.allowed)
  forget FILTER         remove retained messages       (needs admin.actions.allowed)
  drain                 send a pod's clients elsewhere, hand its sessions over, end it; --wait: until it
                        has ended; --cluster --all: every pod, which leaves nobody to serve
                        (needs admin.actions.allowed)
  rebalance             move a pod's sessions to the pods that are their homes; with --cluster all
                        pods'; --rate N a second       (needs admin.actions.allowed)
  completion            a script for bash: source <(mqttzoo inspect completion)

  --url URL             a pod's endpoint (http://127.0.0.1:8080, or MQTTZOO_INSPECT_URL)
  --token FILE          that holds its token (MQTTZOO_INSPECT_TOKEN names one, too)
  --cafile FILE, --cert FILE, --key FILE
                        TLS; --insecure: do not check the host's name
  --cluster             ask every pod that this one knows
  --json, --table       the form; tables on a terminal, else JSON
  --limit N             items of a list (100); --after ID: those behind that one
  --sort WHAT           id, messages, runs, busy, mailbox, wait
  --kind KIND           session, topic, courier, bank, peer ...; --unit N
  --contains TEXT       in a client id or a topic
  --waiting             only actors that wait
  --interval SECONDS    of top (2); --rounds N: end after so many (as JSON: 1, a line each)
  --timeout SECONDS     of one question (10)

of trace, one of the first four:
  --client ID           what it publishes, and what reaches its session
  --topic FILTER        what is published to these topics
  --property NAME=VALUE what has that user property
  --sample N            of so many publishes one
  --for TIME            how long: 30s (default), 5m; --messages N: of so many messages a pod (1000)

examples:
  mqttzoo inspect client meter-17                what does this client wait for?
  mqttzoo inspect clients --waiting --sort wait  which clients have waited the longest?
  mqttzoo inspect topic 'plant/7/temperature'    who gets it?
  mqttzoo inspect --cluster ready                is every pod ready?
  mqttzoo inspect drain --wait                   before a machine is taken down
  mqttzoo inspect --cluster rebalance --rate 200 after a pod was added
  mqttzoo inspect actors --sort mailbox --limit 10 --json
  mqttzoo inspect zk /mqttzoo/bank/free
  mqttzoo inspect trace --topic 'plant/7/#' --for 1m   where do these messages get lost?

The status is 1 if something could not be asked or was not found.
)";
}

const char* inspect_completion() {
  return R"(_mqttzoo_inspect() {
  local word=${COMP_WORDS[COMP_CWORD]}
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W 'pub sub bench inspect migrate --help --version' -- "$word"))
    return
  fi
  [[ ${COMP_WORDS[1]} == inspect ]] || return
  case ${COMP_WORDS[COMP_CWORD-1]} in
  --sort) COMPREPLY=($(compgen -W 'id messages runs busy mailbox wait' -- "$word")) ;;
  --kind) COMPREPLY=($(compgen -W 'session topic group courier doorman gatekeeper home index post_office bank reaper usher peer membership directory registrar porter adopter sys_topics tracer' -- "$word")) ;;
  --token|--cafile|--cert|--key) COMPREPLY=($(compgen -f -- "$word")) ;;
  *) COMPREPLY=($(compgen -W 'pods pod ready health top actors clients client topics topic stuck links bank zk watches trace disconnect drop forget drain rebalance completion --client --topic --property --sample --for --messages --url --token --cafile --cert --key --insecure --cluster --json --table --limit --after --sort --kind --unit --contains --waiting --wait --all --rate --interval --rounds --timeout --help' -- "$word")) ;;
  esac
}
complete -F _mqttzoo_inspect mqttzoo
)";
}

} // namespace mqttzoo::cli
