#include "actors/tracer.hpp"

#include "core/log.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

constexpr const char* by_time = "its time is over";
constexpr const char* by_steps = "it has as many steps as trace.steps.max allows";

} // namespace

std::string_view to_string(trace_state s) noexcept {
  switch (s) {
  case trace_state::following:
    return "following";
  case trace_state::finishing:
    return "finishing";
  case trace_state::ended:
    return "ended";
  }
  return "?";
}

tracer::tracer(caf::actor_config& config, unit_services& services)
    : pinned_base<tracer_actor>(config, services),
      random_(pod().random_seed != 0 ? core::random_source{pod().random_seed}
                                     : core::random_source::from_system()) {}

tracer::behavior_type tracer::make_behavior() {
  return {
      [this](noted_atom, const std::shared_ptr<const std::vector<trace_step>>& steps) {
        noted(*steps);
      },
      [this](install_atom, const view_ref& view) { enter_view(view); },
      [this](heard_atom, const member_ref& from, const pod_frame& f) { heard(from, f); },
      [this](shut_down_atom) { quit(); },
  };
}

void tracer::on_exit() {
  services().timers->cancel(*this);
  kept_.clear();
  guests_.clear();
  view_ = nullptr;
}

void tracer::describe(facts& to) const {
  to.add("traces", kept_.size());
  to.add("traces_of_other_pods", guests_.size());
}

// --- for people ---

std::optional<trace_id> tracer::start(trace_terms terms) {
  if (!make_room())
    return std::nullopt;
  auto id = trace_id::none;
  while (id == trace_id::none || find(id))
    id = trace_id{static_cast<std::uint32_t>(random_())};
  run_inline([&] {
    auto& k = kept_.emplace_back();
    k.due = now() + terms.lasts;
    k.running =
        make_ref<running_trace>(id, draw_tag(), std::uint8_t{0}, std::move(terms), clocks());
    install_in_units();
    call_others(k);
    arm();
  });
  log.info("a trace begins", {{"trace", std::to_string(static_cast<std::uint32_t>(id))}});
  return id;
}

bool tracer::make_room() {
  while (kept_.size() >= services().settings.trace.max) {
    const auto ended = std::find_if(kept_.begin(), kept_.end(),
                                    [](const kept& k) { return k.is == trace_state::ended; });
    if (ended == kept_.end())
      return false;
    kept_.erase(ended);
  }
  return true;
}

/// Two pods that draw the same one at the same time are told apart by nobody; of 255 that is rare.
mqtt::trace_tag tracer::draw_tag() {
  for (;;) {
    const auto tag = static_cast<mqtt::trace_tag>(random_.between(1, 255));
    if (!is_used(tag))
      return tag;
  }
}

bool tracer::is_used(mqtt::trace_tag t) const {
  return std::any_of(kept_.begin(), kept_.end(),
                     [&](const kept& k) { return k.running && k.running->tag == t; }) ||
         std::any_of(guests_.begin(), guests_.end(),
                     [&](const guest& g) { return g.running->tag == t; });
}

std::vector<trace_summary> tracer::list() const {
  std::vector<trace_summary> all;
  for (const auto& k : kept_)
    all.push_back(summarize(k));
  return all;
}

trace_summary tracer::summarize(const kept& k) const {
  trace_summary s;
  s.id = k.running->id;
  s.terms = k.running->terms;
  s.state = k.is;
  s.ended_by = k.ended_by;
  s.started_unix_us = k.running->begun.unix_us;
  s.followed = k.running->followed();
  s.skipped = k.running->skipped.load(std::memory_order_relaxed);
  s.lost = k.running->lost.load(std::memory_order_relaxed) + k.overflowed;
  s.steps = k.steps.size();
  for (const auto& [life, c] : k.others) {
    s.followed += c.followed;
    s.skipped += c.skipped;
    s.lost += c.lost;
    s.others.push_back({life, !k.declined.contains(life)});
  }
  return s;
}

std::optional<trace_page> tracer::read(trace_id id, std::size_t after, std::size_t limit) const {
  const auto* k = find(id);
  if (!k)
    return std::nullopt;
  trace_page page{summarize(*k), std::min(after, k->steps.size()), {}, {}};
  const auto first = k->steps.begin() + static_cast<std::ptrdiff_t>(page.first);
  const auto n = std::min(limit, k->steps.size() - page.first);
  page.steps.assign(first, first + static_cast<std::ptrdiff_t>(n));
  std::vector<std::uint32_t> numbers;
  for (const auto& s : page.steps)
    numbers.push_back(mqtt::number_of(s.of));
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  for (const auto number : numbers)
    page.messages.emplace_back(number, k->lives.at(number));
  return page;
}

bool tracer::drop(trace_id id) {
  auto* k = find(id);
  if (!k)
    return false;
  run_inline([&] {
    if (k->is != trace_state::ended)
      end(*k, "it was dropped");
    std::erase_if(kept_, [&](const kept& other) { return &other == k; });
    arm();
  });
  return true;
}

tracer::kept* tracer::find(trace_id id) {
  return const_cast<kept*>(std::as_const(*this).find(id));
}

const tracer::kept* tracer::find(trace_id id) const {
  const auto found =
      std::find_if(kept_.begin(), kept_.end(), [&](const kept& k) { return k.running->id == id; });
  return found == kept_.end() ? nullptr : &*found;
}

// --- what is noted ---

void tracer::noted(const std::vector<trace_step>& steps) {
  std::vector<trace_step> of_guest;
  for (auto& k : kept_)
    for (const auto& s : steps)
      if (k.running->tag == mqtt::tag_of(s.of))
        take(k, s);
  for (const auto& g : guests_) {
    of_guest.clear();
    for (const auto& s : steps)
      if (g.running->tag == mqtt::tag_of(s.of))
        of_guest.push_back(s);
    if (!of_guest.empty())
      report(g, of_guest);
  }
}

void tracer::take(kept& k, trace_step step) {
  if (k.is == trace_state::ended || k.steps.size() >= services().settings.trace.steps_max) {
    ++k.overflowed;
    return;
  }
  if (step.pod.empty())
    step.pod = pod().clustered() ? pod().life.str() : services().settings.pod.name;
  k.lives[mqtt::number_of(step.of)].add(step);
  k.steps.push_back(std::move(step));
  if (k.steps.size() >= services().settings.trace.steps_max)
    end(k, by_steps);
}

// --- its time ---

void tracer::on_due(net::time_point at) {
  run_inline([&] { pass_time(at); });
}

void tracer::pass_time(net::time_point at) {
  for (auto& k : kept_) {
    if (k.is == trace_state::ended || k.due > at)
      continue;
    if (k.is == trace_state::finishing) {
      end(k, by_time);
      continue;
    }
    k.is = trace_state::finishing;
    k.running->open.store(false, std::memory_order_relaxed);
    k.due = at + finishing_time;
  }
  for (const auto& g : guests_)
    if (g.due - finishing_time <= at)
      g.running->open.store(false, std::memory_order_relaxed);
  if (std::erase_if(guests_, [&](const guest& g) { return g.due <= at; }) > 0)
    install_in_units();
  arm();
}

void tracer::end(kept& k, const char* why) {
  k.is = trace_state::ended;
  k.ended_by = why;
  k.running->open.store(false, std::memory_order_relaxed);
  install_in_units();
  if (view_)
    for (const auto& m : view_->members)
      if (m->peer && k.others.contains(m->life.str()))
        send(m->peer, tell_atom::value, encode_untrace(k.running->id));
  log.info("a trace ends",
           {{"trace", std::to_string(static_cast<std::uint32_t>(k.running->id))}, {"why", why}});
}

void tracer::arm() {
  auto next = net::time_point::max();
  for (const auto& k : kept_)
    if (k.is != trace_state::ended)
      next = std::min(next, k.due);
  for (const auto& g : guests_)
    next = std::min<net::time_point>(
        next, g.running->open.load(std::memory_order_relaxed) ? g.due - finishing_time : g.due);
  if (next != net::time_point::max())
    services().timers->schedule(*this, next);
  else
    services().timers->cancel(*this);
}

void tracer::install_in_units() {
  auto all = std::make_shared<std::vector<ref<running_trace>>>();
  for (const auto& k : kept_)
    if (k.is != trace_state::ended)
      all->push_back(k.running);
  for (const auto& g : guests_)
    all->push_back(g.running);
  for (auto* u : pod().units)
    send(u->courier_handle, follow_atom::value, running_traces{all});
}

} // namespace mqttzoo::actors
