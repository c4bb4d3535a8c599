// mqttzood: one pod. Wiring only: settings, store, pod, signals.
#include "core/clock.hpp"
#include "core/config.hpp"
#include "core/log.hpp"
#include "core/options_text.hpp"
#include "core/reload.hpp"
#include "core/version.hpp"
#include "tools/open_store.hpp"
#include "tools/pod.hpp"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <string>
#include <unistd.h>
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

void print_banner(const core::settings& s, std::uint16_t port) {
  const auto at = s.net.address + ":" + std::to_string(port);
  const auto where = s.net.address + " -p " + std::to_string(port);
  print(stdout, "MQTTZoo " + std::string{core::version()} + ", pod " + s.pod.name + "\n" +
                    "  MQTT 3.1, 3.1.1, 5.0   " + at + "\n" + "  store                  " +
                    tools::store_place(s) + "\n" + "Try, in two other terminals:\n" +
                    "  mosquitto_sub -h " + where + " -t 'hello/#' -v\n" + "  mosquitto_pub -h " +
                    where + " -t hello/zoo -m 'Hello, zoo!'\n" +
                    "Stop with ^C; all options: mqttzood --help\n");
  std::fflush(stdout);
}

void reload(tools::pod& pod, core::settings& current, const std::vector<std::string>& arguments) {
  const auto wanted = core::load_config(arguments, core::process_environment());
  if (!wanted) {
    for (const auto& p : wanted.error())
      log_.error("reload refused, everything stays as it is",
                 {{"where", p.where}, {"what", p.what}});
    return;
  }
  auto plan = core::plan_reload(current, wanted->values);
  for (const auto& c : plan.reloaded)
    log_.info("reloaded", {{"option", c.name}, {"from", c.from}, {"to", c.to}});
  for (const auto& c : plan.restarted)
    log_.warn("needs a restart", {{"option", c.name}, {"from", c.from}, {"to", c.to}});
  current = plan.result;
  core::configure_log(current.log);
  pod.reload(current);
}

int run(core::settings settings, const std::vector<std::string>& arguments) {
  // Blocked before any thread exists, so that every thread leaves signals to this one.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int s : {SIGINT, SIGTERM, SIGHUP})
    sigaddset(&signals, s);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  core::configure_log(settings.log);
  const core::system_clock clock;
  auto store = tools::open_store(settings);
  if (!store) {
    print(stderr, "mqttzood: " + store.error() + "\n");
    return failed_to_start;
  }
  std::atomic<bool> lost = false;
  tools::pod::environment environment{**store, clock};
  environment.on_fenced = [&lost] {
    if (!lost.exchange(true))
      log_.error("this pod is no member of the cluster any more: stopping, as others take over");
    kill(getpid(), SIGTERM);
  };
  auto pod = tools::pod::start(settings, std::move(environment));
  if (!pod) {
    print(stderr, "mqttzood: " + pod.error() + "\n");
    return failed_to_start;
  }
  print_banner(settings, (*pod)->port());
  for (int signal = 0; sigwait(&signals, &signal) == 0;) {
    if (signal != SIGHUP)
      break;
    reload(**pod, settings, arguments);
  }
  (*pod)->stop();
  return lost ? fenced : stopped;
}

} // namespace

int main(int argc, char** argv) {
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
    print(stdout, core::describe_config(*config) + "configuration is good\n");
    return stopped;
  case core::config_action::run:
    return run(config->values, arguments);
  }
  return failed_to_start;
}
