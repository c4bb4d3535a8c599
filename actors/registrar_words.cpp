// The registrar's ear: what other pods' registrars say, checked and taken in its view.
#include "actors/cluster_view.hpp"
#include "actors/registrar.hpp"
#include "core/log.hpp"

#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

} // namespace

void registrar::hear(const member_ref& from, const pod_frame& frame) {
  auto f = decode_registrar_frame(frame);
  if (!f)
    return misbehaved(from, "a registrar's frame is malformed");
  if (!view_ || f->view > view_->number)
    return keep_for_later(from, frame, std::move(*f));
  if (f->view < view_->number)
    return; // it will be said again in ours
  const auto member = view_->find(from->life);
  if (member && !is_self(member))
    take(member, frame.kind, *f);
}

void registrar::keep_for_later(const member_ref& from, const pod_frame& frame, registrar_frame f) {
  auto& e = early_[from->life];
  if (f.view < e.view)
    return;
  if (f.view > e.view)
    e = {f.view, 0, {}};
  e.bytes += frame.body.size() + sizeof f;
  if (e.bytes > early_bytes_max) {
    e.frames.clear();
    return misbehaved(from, "too much of a view that is not installed here");
  }
  e.frames.emplace_back(frame.kind, std::move(f));
}

void registrar::take_early() {
  std::vector<std::pair<member_ref, early>> now;
  for (auto at = early_.begin(); at != early_.end();) {
    const auto member = view_->find(at->first);
    if (at->second.view == view_->number && member && !is_self(member))
      now.emplace_back(member, std::move(at->second));
    if (at->second.view <= view_->number)
      at = early_.erase(at);
    else
      ++at;
  }
  for (const auto& [member, e] : now)
    for (const auto& [kind, f] : e.frames)
      take(member, kind, f);
}

/// What is wrong with it, null if nothing.
const char* registrar::check(const member_ref& from, net::link_kind kind,
                             const registrar_frame& f) const {
  const bool is_verdict = kind == frame_kind::granted || kind == frame_kind::held;
  for (const auto& client : f.clients)
    if (is_verdict && home_of(client)->life != from->life)
      return "a verdict about a client whose home is another pod";
    else if (!is_verdict && !is_self(home_of(client)))
      return "a client whose home is another pod";
  const bool is_roster = kind == frame_kind::roster || kind == frame_kind::roster_end;
  if (is_roster && !missing_.contains(from->life))
    return "a roster that had come to its end goes on";
  if (kind == frame_kind::held) {
    const auto holder = view_->find(f.holder);
    if (!holder || is_self(holder))
      return "a session is said to be at a pod that cannot have it";
  }
  return nullptr;
}

void registrar::take(const member_ref& from, net::link_kind kind, const registrar_frame& f) {
  if (const auto* wrong = check(from, kind, f))
    return misbehaved(from, wrong);
  if (kind == frame_kind::roster_end) {
    missing_.erase(from->life);
    return decide_all_if_clear();
  }
  for (const auto& client : f.clients)
    if (kind == frame_kind::roster || kind == frame_kind::adopted)
      enter(client, from);
    else if (kind == frame_kind::claim)
      judge(client, {from, f.number});
    else if (kind == frame_kind::granted)
      take_verdict(client, f.number, view_->self);
    else if (kind == frame_kind::held)
      take_verdict(client, f.number, view_->find(f.holder));
    else // released
      strike(client, from);
}

void registrar::misbehaved(const member_ref& from, std::string what) {
  log.error("another pod's registrar makes no sense", {{"pod", from->life.str()}, {"what", what}});
  send(from->peer, misbehaved_atom::value, std::move(what));
}

} // namespace mqttzoo::actors
