// The tracer and those of other pods.
#include "actors/frame_kinds.hpp"
#include "actors/tracer.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::actors {

void tracer::enter_view(const view_ref& view) {
  view_ = view;
  for (auto& k : kept_)
    if (k.is == trace_state::following)
      call_others(k);
  if (std::erase_if(guests_, [&](const guest& g) { return !view->contains(g.owner->life); }) > 0)
    install_in_units();
  arm();
}

/// Those that were not called yet. A message is told apart by its pod's number, of which there are
/// so many.
void tracer::call_others(kept& k) {
  if (!view_)
    return;
  for (const auto& m : view_->members) {
    if (!m->peer || !k.others.try_emplace(m->life.str()).second)
      continue;
    if (k.last_pod + std::size_t{1} >= running_trace::pods_most) {
      k.declined[m->life.str()] = true;
      continue;
    }
    auto terms = k.running->terms;
    terms.lasts = std::chrono::ceil<std::chrono::milliseconds>(k.due - now());
    send(m->peer, tell_atom::value,
         encode_trace({k.running->id, k.running->tag, ++k.last_pod, std::move(terms)}));
  }
}

void tracer::heard(const member_ref& from, const pod_frame& f) {
  bool made_sense = false;
  if (f.kind == frame_kind::trace)
    made_sense = called(from, f.body);
  else if (f.kind == frame_kind::untrace)
    made_sense = uncalled(from, f.body);
  else if (f.kind == frame_kind::traced)
    made_sense = reported(from, f.body);
  if (!made_sense)
    send(from->peer, misbehaved_atom::value, std::string{"of a trace"});
}

bool tracer::called(const member_ref& from, std::string_view body) {
  auto c = decode_trace(body);
  if (!c)
    return false;
  if (guests_.size() >= services().settings.trace.max || is_used(c->tag)) {
    send(from->peer, tell_atom::value, encode_untrace(c->id));
    return true;
  }
  const auto lasts =
      std::min(c->terms.lasts, services().settings.trace.duration_max) + finishing_time;
  guests_.push_back({make_ref<running_trace>(c->id, c->tag, c->pod, std::move(c->terms), clocks()),
                     from, now() + lasts});
  install_in_units();
  arm();
  return true;
}

bool tracer::uncalled(const member_ref& from, std::string_view body) {
  const auto id = decode_untrace(body);
  if (!id)
    return false;
  if (auto* k = find(*id))
    k->declined[from->life.str()] = true;
  const auto is_it = [&](const guest& g) {
    return g.running->id == *id && g.owner->life == from->life;
  };
  if (std::erase_if(guests_, is_it) > 0)
    install_in_units();
  arm();
  return true;
}

bool tracer::reported(const member_ref& from, std::string_view body) {
  auto r = decode_traced(body);
  if (!r)
    return false;
  auto* k = find(r->id);
  const auto& life = from->life.str();
  if (!k || !k->others.contains(life)) // dropped meanwhile
    return true;
  k->others[life] = {r->followed, r->skipped, r->lost};
  for (auto& s : r->steps) {
    if (mqtt::tag_of(s.of) != k->running->tag)
      return false;
    s.pod = life;
    take(*k, std::move(s));
  }
  return true;
}

void tracer::report(const guest& g, std::vector<trace_step> steps) {
  constexpr std::size_t steps_at_once = 100; // whose names are cut: see trace_recorder.hpp
  for (std::size_t i = 0; i < steps.size(); i += steps_at_once) {
    trace_report r{g.running->id,
                   g.running->followed(),
                   g.running->skipped.load(std::memory_order_relaxed),
                   g.running->lost.load(std::memory_order_relaxed),
                   {}};
    const auto n = std::min(steps_at_once, steps.size() - i);
    r.steps.assign(steps.begin() + static_cast<std::ptrdiff_t>(i),
                   steps.begin() + static_cast<std::ptrdiff_t>(i + n));
    send(g.owner->peer, tell_atom::value, encode_traced(r));
  }
}

} // namespace mqttzoo::actors
