// mqttzood: one pod. Wiring only: settings, store, pod, signals.
#include "actors/session_card.hpp" // which clang wants complete where a message of actors may end
#include "auth/policy.hpp"
#include "core/clock.hpp"
#include "core/config.hpp"
#include "core/log.hpp"
#include "core/options_text.hpp"
#include "core/reload.hpp"
#include "core/standard_streams.hpp"
#include "core/version.hpp"
#include "tools/descriptors.hpp"
#include "tools/open_store.hpp"
#include "tools/pod.hpp"
#include "tools/rehearsal.hpp"
#include "tools/service_manager.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

using namespace mqttzoo;

constexpr core::logger log_{core::log_folder::tools};

/// Exit codes an operator's scripts can tell apart.
enum exit_code : int { stopped = 0, failed_to_start = 1, bad_configuration = 2, fenced = 3 };

void print(std::FILE* to, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), to);
}

void report(const std::vector<core::config_problem>& problems) {
  for (const auto& p : problems)
    print(stderr, "mqttzood: " + p.where + ": " + p.what + "\n");
}

/// What and where, in two columns.
std::string banner_line(std::string_view what, std::string_view where) {
  constexpr std::size_t column = 23;
  std::string line = "  " + std::string{what};
  line.resize(std::max(line.size() + 1, 2 + column), ' ');
  return line + std::string{where} + '\n';
}

void print_banner(const core::settings& s, const tools::pod& pod) {
  std::string text = "MQTTZoo " + std::string{core::version()} + ", pod " + s.pod.name + '\n';
  for (const auto& p : pod.places())
    text += banner_line(p.what, p.where);
  text += banner_line("store", tools::store_place(s));
  if (!pod.admin_url().empty())
    text += banner_line("for operators", pod.admin_url());
  if (s.net.port) {
    const auto where = s.net.address + " -p " + std::to_string(pod.places().front().port);
    text += "Try, in two other terminals:\n  mosquitto_sub -h " + where +
            " -t 'hello/#' -v\n  mosquitto_pub -h " + where + " -t hello/zoo -m 'Hello, zoo!'\n";
  }
  print(stdout, text + "Stop with ^C; all options: mqttzood --help\n");
  std::fflush(stdout);
}

void refuse_reload(const std::string& what) {
  log_.error("reload refused, everything stays as it is", {{"what", what}});
}

void refuse_reload(const std::vector<core::config_problem>& problems) {
  for (const auto& p : problems)
    log_.error("reload refused, everything stays as it is", {{"where", p.where}, {"what", p.what}});
}

void reload(tools::pod& pod, core::settings& current, const std::vector<std::string>& arguments) {
  const auto wanted = core::load_config(arguments, core::process_environment());
  if (!wanted)
    return refuse_reload(wanted.error());
  const auto plan = core::plan_reload(current, wanted->values);
  if (!plan)
    return refuse_reload(plan.error());
  const auto policy = auth::policy::load(plan->result.auth);
  if (!policy)
    return refuse_reload(policy.error());
  if (const auto taken = pod.reload(plan->result, *policy); !taken)
    return refuse_reload(taken.error());
  for (const auto& c : plan->reloaded)
    log_.info("reloaded", {{"option", c.name}, {"from", c.from}, {"to", c.to}});
  for (const auto& c : plan->restarted)
    log_.warn("needs a restart", {{"option", c.name}, {"from", c.from}, {"to", c.to}});
  current = plan->result;
  core::configure_log(current.log);
  log_.info("accounts and access rules were read anew");
}

/// What is legal and still may be a mistake.
void warn_of_open_doors(const core::settings& s) {
  if (s.auth.anonymous == core::anonymous_rule::allow && s.auth.acl.empty())
    log_.warn("whoever reaches this pod may do everything: auth.anonymous is allow, and there is "
              "no auth.acl");
  for (const auto& l : s.net.listeners)
    if (l.anonymous == core::anonymous_rule::allow && s.auth.acl.empty())
      log_.warn("whoever reaches this listener may do everything: its anonymous is allow, and "
                "there is no auth.acl",
                {{"listener", l.name.empty() ? core::place_of(l) : l.name}});
  if (s.auth.anonymous == core::anonymous_rule::loopback && !s.auth.passwords.empty())
    log_.info("clients on this machine need no password: auth.anonymous is loopback");
}

/// Says on standard error what is not. Nothing of it is logged: a start does so itself, once.
bool is_good(const core::settings& settings) {
  core::log_settings quiet;
  quiet.level = core::log_level::error;
  core::configure_log(quiet);
  const auto good = tools::rehearse(settings);
  if (!good)
    print(stderr, "mqttzood: " + good.error() + "\n");
  return good.has_value();
}

void log_start(const core::settings& s, const tools::pod& pod) {
  std::string places;
  for (const auto& p : pod.places())
    places += (places.empty() ? "" : ", ") + p.where;
  log_.info("the pod is started",
            {{"version", core::version()}, {"pod", s.pod.name}, {"listens_at", places}});
}

int run(core::settings settings, const std::vector<std::string>& arguments) {
  // Blocked before any thread exists, so that every thread leaves signals to this one.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int s : {SIGINT, SIGTERM, SIGHUP})
    sigaddset(&signals, s);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  if (!is_good(settings)) // perhaps a file that is about to come: it may be tried again
    return failed_to_start;
  core::configure_log(settings.log);
  tools::raise_descriptors();
  const auto policy = auth::policy::load(settings.auth);
  if (!policy) {
    print(stderr, "mqttzood: " + policy.error() + "\n");
    return bad_configuration;
  }
  warn_of_open_doors(settings);
  const core::system_clock clock;
  auto store = tools::open_store(settings);
  if (!store) {
    print(stderr, "mqttzood: " + store.error() + "\n");
    return failed_to_start;
  }
  std::atomic<bool> lost = false;
  tools::pod::environment environment{**store, clock, *policy};
  environment.on_fenced = [&lost] {
    if (!lost.exchange(true))
      log_.error("this pod is no member of the cluster any more: stopping, as others take over");
    kill(getpid(), SIGTERM);
  };
  // As if the operator had sent it: the first one drains, the next one stops.
  environment.on_drain_wanted = environment.on_drained = [] { kill(getpid(), SIGTERM); };
  auto pod = tools::pod::start(settings, std::move(environment));
  if (!pod) {
    print(stderr, "mqttzood: " + pod.error() + "\n");
    return failed_to_start;
  }
  print_banner(settings, **pod);
  log_start(settings, **pod);
  tools::tell_service_manager(tools::service_state::ready);
  bool drains = false;
  for (int signal = 0; sigwait(&signals, &signal) == 0;) {
    if (signal == SIGHUP) {
      reload(**pod, settings, arguments);
      continue;
    }
    log_.info("the pod is told to stop", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
    tools::tell_service_manager(tools::service_state::stopping);
    if (signal == SIGTERM && !lost && !std::exchange(drains, true))
      (*pod)->drain();
    else
      break; // ^C; or it is drained; or somebody will not wait for that
  }
  (*pod)->stop();
  log_.info("the pod has stopped");
  return lost ? fenced : stopped;
}

} // namespace

int main(int argc, char** argv) {
  core::open_standard_streams();
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto config = core::load_config(arguments, core::process_environment());
  if (!config) {
    report(config.error());
    return bad_configuration;
  }
  switch (config->action) {
  case core::config_action::help:
    print(stdout, core::help_text("mqttzood"));
    return stopped;
  case core::config_action::version:
    print(stdout, "mqttzood " + std::string{core::version()} + "\n");
    return stopped;
  case core::config_action::options_markdown:
    print(stdout, core::options_markdown());
    return stopped;
  case core::config_action::check:
    if (const auto policy = auth::policy::load(config->values.auth); !policy) {
      print(stderr, "mqttzood: " + policy.error() + "\n");
      return bad_configuration;
    }
    if (!is_good(config->values))
      return bad_configuration;
    print(stdout, core::describe_config(*config) + "configuration is good\n");
    return stopped;
  case core::config_action::run:
    return run(config->values, arguments);
  }
  return failed_to_start;
}
