#include "actors/registrar.hpp"

#include "actors/cluster_view.hpp"
#include "core/log.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

} // namespace

registrar::registrar(caf::actor_config& config, unit_services& services, zk::paths paths)
    : pinned_base<registrar_actor>(config, services), paths_(std::move(paths)) {}

registrar::behavior_type registrar::make_behavior() {
  return {
      [this](claim_atom, const client_id& client, std::uint64_t number) { claim(client, number); },
      [this](forget_atom, const client_id& client) { claims_.erase(client); },
      [this](adopt_atom, const client_id& client) { adopted_here(client); },
      [this](adopted_atom, std::int64_t view) {
        send(pod().membership, adopted_atom::value, view);
      },
      [this](released_atom, const client_id& client) { released_here(client); },
      [this](roster_atom, std::int64_t number,
             const std::shared_ptr<const std::vector<client_id>>& clients) {
        take_roster(number, *clients);
      },
      [this](install_atom, const view_ref& v) { install(v); },
      [this](settle_atom, const view_ref& v) { settle(v); },
      [this](heard_atom, const member_ref& from, const pod_frame& frame) { hear(from, frame); },
      [this](shut_down_atom) { quit(); },
  };
}

void registrar::on_exit() {
  view_ = nullptr;
  holders_.clear();
  claims_.clear();
  put_off_.clear();
  early_.clear();
}

// --- views ---

void registrar::install(const view_ref& v) {
  if (view_ && v->number <= view_->number)
    return;
  view_ = v;
  gathered_ = settled_ = false;
  holders_.clear();
  put_off_.clear();
  count_put_off(0);
  missing_.clear();
  for (const auto& m : v->members)
    if (!is_self(m))
      missing_.insert(m->life);
  send(pod().home, roster_atom::value, v);
  take_early();
}

void registrar::take_roster(std::int64_t number, const std::vector<client_id>& clients) {
  if (number != view_->number)
    return; // a later view came meanwhile, and it was asked again
  struct page {
    registrar_frame frame;
    std::size_t bytes = 0;
  };
  std::unordered_map<pod_life, page> pages;
  for (const auto& client : clients) {
    const auto& to = home_of(client);
    if (is_self(to)) {
      enter(client, to);
      continue;
    }
    auto& p = pages[to->life];
    p.bytes += 2 + client.str().size();
    if (p.bytes > roster_page_bytes && !p.frame.clients.empty()) {
      p.frame.view = number;
      tell(to, frame_kind::roster, std::exchange(p.frame, {}));
      p.bytes = 2 + client.str().size();
    }
    p.frame.clients.push_back(client);
  }
  for (const auto& m : view_->members) {
    if (is_self(m))
      continue;
    if (auto& p = pages[m->life].frame; !p.clients.empty()) {
      p.view = number;
      tell(m, frame_kind::roster, p);
    }
    tell(m, frame_kind::roster_end, {number, 0, {}, {}});
  }
  gathered_ = true;
  const auto again = claims_; // an answer removes it
  for (const auto& [client, claim_number] : again)
    submit(client, claim_number);
  send(pod().membership, installed_atom::value, number);
  decide_all_if_clear();
}

void registrar::settle(const view_ref& v) {
  if (!view_ || v->number != view_->number)
    return;
  settled_ = true;
  decide_all_if_clear();
}

// --- of this pod ---

void registrar::claim(const client_id& client, std::uint64_t number) {
  claims_[client] = number;
  if (gathered_) // else with the roster
    submit(client, number);
}

void registrar::submit(const client_id& client, std::uint64_t number) {
  const auto& to = home_of(client);
  if (is_self(to))
    judge(client, {to, number});
  else
    ask(to, client, number);
}

/// The home here waits no longer than that.
void registrar::ask(const member_ref& to, const client_id& client, std::uint64_t number) {
  auto f = encode(frame_kind::claim, {view_->number, number, {client}, {}});
  f.until = now() + services().settings.cluster.claim_timeout;
  send(to->peer, tell_atom::value, std::move(f));
}

void registrar::adopted_here(const client_id& client) {
  if (!gathered_)
    return; // the roster has it
  const auto& to = home_of(client);
  if (is_self(to))
    enter(client, to);
  else
    tell(to, frame_kind::adopted, {view_->number, 0, {client}, {}});
}

void registrar::released_here(const client_id& client) {
  if (!gathered_)
    return; // the roster does not have it
  const auto& to = home_of(client);
  if (is_self(to))
    strike(client, to);
  else
    tell(to, frame_kind::released, {view_->number, 0, {client}, {}});
}

// --- judging ---

void registrar::judge(const client_id& client, const claim_of& c) {
  if (const auto found = holders_.find(client); found != holders_.end())
    return answer(client, c, found->second);
  if (!can_grant())
    return put_off(client, c);
  holders_.emplace(client, c.by);
  answer(client, c, c.by);
}

void registrar::put_off(const client_id& client, const claim_of& c) {
  if (put_off_count_ >= services().settings.sessions.max) {
    services().counters.claims_overflowed.add();
    static constinit core::log_throttle throttle{1, std::chrono::seconds{10}};
    log.log(throttle, core::log_level::warn, "too many clients wait for a view to settle",
            {{"claims", put_off_count_}});
    return; // the pod that claims gives up by itself
  }
  put_off_[client].push_back(c);
  count_put_off(put_off_count_ + 1);
}

void registrar::count_put_off(std::size_t n) {
  if (put_off_count_ == 0)
    put_off_since_ = now();
  put_off_count_ = n;
  services().counters.claims_put_off.set(n);
}

/// The client has a holder now, or may have one.
void registrar::decide(const client_id& client) {
  auto waiting = put_off_.extract(client);
  if (waiting.empty())
    return;
  count_put_off(put_off_count_ - waiting.mapped().size());
  for (const auto& c : waiting.mapped())
    judge(client, c);
}

void registrar::decide_all_if_clear() {
  if (!can_grant())
    return;
  count_put_off(0);
  for (const auto& [client, claims] : std::exchange(put_off_, {}))
    for (const auto& c : claims)
      judge(client, c);
}

void registrar::enter(const client_id& client, const member_ref& holder) {
  const auto [at, is_new] = holders_.try_emplace(client, holder);
  if (!is_new && at->second->life != holder->life)
    log.error(
        "two pods have a session of one client",
        {{"client", client.str()}, {"pod", at->second->life.str()}, {"other", holder->life.str()}});
  decide(client);
}

void registrar::strike(const client_id& client, const member_ref& holder) {
  const auto found = holders_.find(client);
  if (found != holders_.end() && found->second->life == holder->life)
    holders_.erase(found);
}

void registrar::answer(const client_id& client, const claim_of& c, const member_ref& holder) {
  if (is_self(c.by))
    return take_verdict(client, c.number, holder);
  if (holder->life == c.by->life) // also if it claimed twice: the first answer may have been void
    tell(c.by, frame_kind::granted, {view_->number, c.number, {client}, {}});
  else
    tell(c.by, frame_kind::held, {view_->number, c.number, {client}, holder->life});
}

/// For the home here, which knows whether anybody still waits for it.
void registrar::take_verdict(const client_id& client, std::uint64_t number,
                             const member_ref& holder) {
  if (const auto found = claims_.find(client); found != claims_.end() && found->second == number)
    claims_.erase(found);
  if (is_self(holder))
    send(pod().home, granted_atom::value, client, number);
  else
    send(pod().home, held_atom::value, client, number, holder);
}

const member_ref& registrar::home_of(const client_id& client) const {
  return view_->home_of(client_bucket{paths_.client_bucket(client)});
}

void registrar::tell(const member_ref& whom, net::link_kind kind, const registrar_frame& f) {
  send(whom->peer, tell_atom::value, encode(kind, f));
}

} // namespace mqttzoo::actors
