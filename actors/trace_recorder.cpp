#include "actors/trace_recorder.hpp"

#include "actors/session_card.hpp"
#include "actors/unit_services.hpp"
#include "mqtt/properties.hpp"
#include "mqtt/topic_filter.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <memory>

namespace mqttzoo::actors {

using mqtt::trace_event;
using mqtt::trace_mark;

namespace {

/// Not in the middle of a character.
void cut(std::string& name) {
  auto bytes = trace_recorder::name_bytes_max;
  if (name.size() <= bytes)
    return;
  while (bytes > 0 && (static_cast<unsigned char>(name[bytes]) & 0xC0) == 0x80)
    --bytes;
  name.resize(bytes);
}

} // namespace

void trace_recorder::install(running_traces all) {
  std::vector<entry> next;
  for (const auto& t : *all) {
    const auto known = std::find_if(traces_.begin(), traces_.end(),
                                    [&](const entry& e) { return e.trace->id == t->id; });
    next.push_back({t, known == traces_.end() ? 0 : known->seen});
  }
  if (traces_.empty() && !next.empty()) {
    steady_ = next.front().trace->begun.steady;
    unix_us_ = next.front().trace->begun.unix_us;
  }
  traces_ = std::move(next);
  of_.counters.traces.set(traces_.size());
  if (!traces_.empty())
    return;
  flush();
  awaited_.clear();
}

void trace_recorder::flush() {
  if (steps_.empty())
    return;
  auto taken = std::make_shared<const std::vector<trace_step>>(std::exchange(steps_, {}));
  if (of_.pod->tracer)
    caf::anon_send(of_.pod->tracer, noted_atom::value, std::move(taken));
}

void trace_recorder::stop() {
  of_.timers->cancel(*this);
  of_.counters.traces.set(0);
  traces_.clear();
  steps_.clear();
  awaited_.clear();
}

void trace_recorder::on_due(net::time_point) {
  flushing_ = false;
  flush();
}

std::int64_t trace_recorder::unix_us() const {
  return unix_us_ +
         std::chrono::duration_cast<std::chrono::microseconds>(of_.now() - steady_).count();
}

running_trace* trace_recorder::find(trace_mark m) const noexcept {
  if (m != trace_mark::none)
    for (const auto& e : traces_)
      if (e.trace->tag == mqtt::tag_of(m))
        return e.trace.get();
  return nullptr;
}

// --- which messages ---

trace_mark trace_recorder::follow(const session_card& by, const mqtt::trace_candidate& p) {
  for (auto& e : traces_) {
    if (!e.trace->open.load(std::memory_order_relaxed) || !wants(e, by, p))
      continue;
    const auto mark = take_mark(*e.trace);
    if (mark == trace_mark::none)
      continue; // perhaps the next one has room
    trace_step s;
    s.of = mark;
    s.what = {trace_event::received, mqtt::trace_cause::none, p.qos, p.id};
    s.retain = p.retain;
    s.who = by.client.str();
    s.name = p.topic;
    s.payload_bytes = static_cast<std::uint32_t>(p.payload_bytes);
    add(*e.trace, std::move(s));
    if (p.id != mqtt::packet_id::none && awaited_.size() < awaited_max)
      awaited_.insert_or_assign(awaited{by.number, p.id}, mark);
    return mark;
  }
  return trace_mark::none;
}

bool trace_recorder::wants(entry& e, const session_card& by, const mqtt::trace_candidate& p) {
  const auto& terms = e.trace->terms;
  switch (terms.by) {
  case trace_terms::subject::client:
    return by.client.str() == terms.text;
  case trace_terms::subject::topic:
    return mqtt::matches(terms.text, p.topic);
  case trace_terms::subject::property:
    return mqtt::has_user_property(p.forwarded, terms.text, terms.value);
  case trace_terms::subject::sample:
    return e.seen++ % terms.one_in == 0;
  }
  return false;
}

trace_mark trace_recorder::take_mark(running_trace& of) {
  if (within_rate())
    return of.take_mark();
  of.skipped.fetch_add(1, std::memory_order_relaxed);
  of_.counters.trace_messages_skipped.add();
  return trace_mark::none;
}

/// Units share the pod's rate; a second's worth may come at once.
bool trace_recorder::within_rate() {
  const auto rate = std::max(1.0, static_cast<double>(of_.settings.trace.messages_rate) /
                                      static_cast<double>(of_.pod->units.size()));
  const auto now = of_.now();
  const std::chrono::duration<double> passed = now - std::exchange(allowed_at_, now);
  allowed_ = std::min(rate, allowed_ + passed.count() * rate);
  if (allowed_ < 1)
    return false;
  --allowed_;
  return true;
}

/// A followed client gets a message that nobody follows so far.
void trace_recorder::reach(const session_card& at, const mqtt::message& m) {
  for (const auto& e : traces_) {
    const auto& terms = e.trace->terms;
    if (terms.by != trace_terms::subject::client || terms.text != at.client.str() ||
        !e.trace->open.load(std::memory_order_relaxed))
      continue;
    const auto before = m.trace(); // of a trace that is over, if any
    m.begin_trace(take_mark(*e.trace), before);
    if (auto* of = find(m.trace())) { // another unit may have been first, for another trace
      trace_step s;
      s.of = m.trace();
      s.what = {trace_event::reached, mqtt::trace_cause::none, m.qos()};
      s.retain = m.retain();
      s.who = at.client.str();
      s.name = m.topic();
      s.payload_bytes = static_cast<std::uint32_t>(m.payload().size());
      add(*of, std::move(s));
    }
    return;
  }
}

// --- their steps ---

void trace_recorder::note(const session_card& at, const mqtt::message& m,
                          const mqtt::trace_note& what) {
  const bool is_first = what.what == trace_event::queued || what.what == trace_event::sent ||
                        what.what == trace_event::dropped || what.what == trace_event::expired;
  if (is_first && !find(m.trace()))
    reach(at, m);
  add(m.trace(), at, what);
}

void trace_recorder::note_refusal(const session_card& at, trace_mark mark,
                                  const mqtt::trace_note& what) {
  awaited_.erase({at.number, what.id});
  add(mark, at, what);
}

void trace_recorder::note_answer(const session_card& at, mqtt::packet_id id,
                                 const mqtt::trace_note& what) {
  const auto found = awaited_.find({at.number, id});
  if (found == awaited_.end())
    return;
  const auto mark = found->second;
  if (what.what != trace_event::withheld)
    awaited_.erase(found);
  add(mark, at, what);
}

/// At a session, if that trace still runs.
void trace_recorder::add(trace_mark of, const session_card& at, const mqtt::trace_note& what) {
  auto* to = find(of);
  if (!to)
    return;
  trace_step s;
  s.of = of;
  s.what = what;
  s.who = at.client.str();
  add(*to, std::move(s));
}

void trace_recorder::note(const mqtt::message& m, trace_step step) {
  auto* of = find(m.trace());
  if (!of)
    return;
  step.of = m.trace();
  add(*of, std::move(step));
}

void trace_recorder::note(const batch& b, const trace_step& step) {
  for (const auto& p : b.publications)
    note(*p.message, step);
}

void trace_recorder::add(running_trace& to, trace_step step) {
  if (steps_.size() >= steps_a_flush_max) {
    to.lost.fetch_add(1, std::memory_order_relaxed);
    of_.counters.trace_steps_lost.add();
    return;
  }
  cut(step.who);
  cut(step.name);
  step.at_unix_us = unix_us();
  steps_.push_back(std::move(step));
  if (std::exchange(flushing_, true))
    return;
  of_.timers->schedule(*this, of_.now() + flush_interval);
}

} // namespace mqttzoo::actors
