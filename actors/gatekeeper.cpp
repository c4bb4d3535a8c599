#include "actors/gatekeeper.hpp"

#include "auth/policy.hpp"
#include "core/log.hpp"

#include <caf/send.hpp>

#include <chrono>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

std::chrono::nanoseconds since(net::time_point then, net::time_point now) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now - then);
}

} // namespace

gatekeeper::gatekeeper(caf::actor_config& config, unit_services& services)
    : pinned_base<gatekeeper_actor>(config, services) {}

gatekeeper::behavior_type gatekeeper::make_behavior() {
  return {
      [this](judge_atom, const std::shared_ptr<login_request>& r) { judge(r); },
      [this](judged_atom, const std::shared_ptr<login_request>& r) { judged(r); },
      [this](answered_atom, const std::shared_ptr<login_request>& r) { answered(r); },
      [this](judge_atom) { memory_.clear(); },
  };
}

void gatekeeper::judge(const std::shared_ptr<login_request>& r) {
  if (waiting_ >= services().settings.auth.waiting_max) {
    r->verdict = auth::verdict{mqtt::login_outcome::busy, {}};
    return answer(r);
  }
  services().counters.logins_waiting.set(++waiting_);
  const auth::instant at{pod().clock->unix_ms() / 1000, now()};
  pod().workers->post([r, at, to = pod().gatekeeper] {
    r->verdict = r->by->judge(r->what, at);
    caf::anon_send(to, judged_atom::value, r);
  });
}

void gatekeeper::judged(const std::shared_ptr<login_request>& r) {
  if (r->verdict)
    settle(r, *std::move(r->verdict));
  else
    ask_hook(r);
}

void gatekeeper::ask_hook(const std::shared_ptr<login_request>& r) {
  r->hook_key = memory_.key_of(r->what);
  const auto* known = memory_.find(r->hook_key);
  if (known && known->valid(now()) && known->at + services().settings.auth.hook_cache_ttl > now()) {
    services().counters.hook_cache_hits.add();
    return settle(r, auth::verdict_of(known->answer, r->what, known->at));
  }
  r->asked_at = now();
  r->hook_clears = memory_.clears();
  pod().hook->post(auth::make_hook_request(r->what),
                   [r, to = pod().gatekeeper](net::http_reply reply) {
                     r->reply = std::move(reply);
                     caf::anon_send(to, answered_atom::value, r);
                   });
}

void gatekeeper::answered(const std::shared_ptr<login_request>& r) {
  services().counters.hook.add(since(r->asked_at, now()));
  const auto& settings = services().settings.auth;
  auto said = r->reply.status == 0
                  ? expected<auth::hook_answer, std::string>{unexpected{r->reply.problem}}
                  : auth::parse_hook_answer(r->reply.status, r->reply.body);
  if (said) {
    auto verdict = auth::verdict_of(*said, r->what, now());
    if (r->hook_clears == memory_.clears()) // else the answer may be older than the reload
      memory_.keep(r->hook_key, *std::move(said), now(), settings.hook_cache_max);
    return settle(r, std::move(verdict));
  }
  static constinit core::log_throttle throttle{1, std::chrono::seconds{10}};
  log.log(throttle, core::log_level::error, "the hook does not answer as it should",
          {{"why", said.error()}});
  const auto* known =
      settings.hook_when_down == core::hook_outage::cache ? memory_.find(r->hook_key) : nullptr;
  settle(r, known && known->valid(now()) ? auth::verdict_of(known->answer, r->what, known->at)
                                         : auth::verdict{mqtt::login_outcome::hook_down, {}});
}

void gatekeeper::settle(const std::shared_ptr<login_request>& r, auth::verdict verdict) {
  services().counters.logins_waiting.set(--waiting_);
  services().counters.login.add(since(r->since, now()));
  r->verdict = std::move(verdict);
  answer(r);
}

void gatekeeper::answer(const std::shared_ptr<login_request>& r) {
  send(pod().at(r->unit).doorman, judged_atom::value, r);
}

} // namespace mqttzoo::actors
