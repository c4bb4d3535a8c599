#include "actors/membership.hpp"

#include "actors/frame_bytes.hpp"
#include "actors/frame_kinds.hpp"
#include "actors/peer.hpp"
#include "core/log.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

/// Links of pods that ZooKeeper has not told us of yet; more are closed, and dialled again.
constexpr std::size_t early_links_max = 64;

/// Who installs a view: directory, registrar, post office.
constexpr std::size_t installers = 3;

} // namespace

membership::~membership() = default;

membership::behavior_type membership::make_behavior() {
  listen();
  return {
      [this](installed_atom, std::int64_t number) { installed(number); },
      [this](adopted_atom, std::int64_t number) { adopted(number); },
      [this](settled_atom, std::int64_t number) { topics_go_on(number); },
      [this](drained_atom, std::int64_t number) { drained(number); },
      [this](yielded_atom, std::int64_t number) { yielded(number); },
      [this](handed_over_atom, const pod_life& life) { handed_over(life); },
      [this](linked_atom, const net::pod_link_ptr& link) { linked(link); },
      [this](heard_atom, const member_ref& from, const pod_frame& f) { heard(from, f); },
      [this](tell_atom, const pod_frame& f) { tell_all(f); },
      [this](shut_down_atom) { quit(); },
  };
}

void membership::on_exit() {
  ear_ = nullptr;
  services().timers->cancel(*this);
  for (auto& [life, p] : pods_)
    if (p.member->peer) {
      with_.links->let_go(p.record);
      leave(p.member->peer);
    }
  for (auto& [life, g] : ghosts_)
    leave(g.member->peer);
  pods_.clear();
  ghosts_.clear();
  for (auto& link : std::exchange(early_links_, {}))
    link->abort();
  view_ = nullptr;
}

void membership::leave(const peer_actor& p) {
  caf::anon_send(p, shut_down_atom::value);
  with_.on_left(p);
}

void membership::retire(const peer_actor& p) {
  caf::anon_send(p, retire_atom::value);
}

// --- a view ---

void membership::enter_view(std::int64_t number, const std::vector<std::string>& names) {
  std::set<pod_life> present;
  for (const auto& name : names)
    present.insert(pod_life{name});
  if (!present.contains(pod().life))
    return with_.on_removed();
  for (auto p = pods_.begin(); p != pods_.end();)
    if (present.contains(p->first))
      ++p;
    else
      dismiss(std::exchange(p, std::next(p))->first);
  for (const auto& [name, record] : reading_->records)
    take_in(pod_life{name}, record);
  std::vector<member_ref> members;
  for (const auto& [life, p] : pods_)
    members.push_back(p.member);
  pod().members.store(members.size(), std::memory_order_relaxed);
  auto move = move_of(members);
  view_ = make_ref<const cluster_view>(number, std::move(members), pods_.at(pod().life).member,
                                       std::move(move));
  log.info("the cluster has changed",
           {{"view", std::to_string(number)}, {"pods", std::to_string(view_->members.size())}});
  give_links();
  begin(step::installing);
}

void membership::take_in(const pod_life& life, const zk::pod_record& record) {
  auto member = make_ref<cluster_member>(life, record.mqtt);
  if (life != pod().life) {
    member->peer = spawn_on<peer>(services(), system(), member_ref{member}, view_);
    with_.links->keep(record);
  }
  log.info("a pod is here", {{"pod", life.str()}, {"links", record.links}});
  pods_.emplace(life, known_pod{record, std::move(member)});
}

void membership::dismiss(const pod_life& life) {
  const auto gone = pods_.extract(life);
  const auto& p = gone.mapped();
  log.warn("a pod has departed", {{"pod", life.str()}});
  with_.links->let_go(p.record);
  send(p.member->peer, depart_atom::value);
  for (auto* u : pod().units)
    send(u->porter, depart_atom::value, p.member);
  caf::anon_send(pod().sys, depart_atom::value, life);
  ghosts_.emplace(life, ghost{p.member});
}

void membership::linked(const net::pod_link_ptr& link) {
  early_links_.push_back(link);
  give_links();
  if (early_links_.size() <= early_links_max)
    return;
  services().counters.links_overflowed.add();
  early_links_.pop_back();
  link->abort();
}

void membership::give_links() {
  std::erase_if(early_links_, [&](const net::pod_link_ptr& link) {
    const auto& who = link->peer();
    for (const auto& [life, p] : pods_) {
      if (p.record.name != who.pod || p.record.incarnation < who.incarnation)
        continue;
      if (p.record.incarnation == who.incarnation && p.member->peer)
        send(p.member->peer, linked_atom::value, link);
      else
        link->abort(); // of an earlier life
      return true;
    }
    return !link->is_open();
  });
}

// --- its steps ---

void membership::begin(step next) {
  step_ = next;
  step_since_ = now();
  switch (step_) {
  case step::installing:
    not_installed_ = installers;
    send(pod().directory, install_atom::value, view_);
    send(pod().registrar, install_atom::value, view_);
    send(pod().post_office, install_atom::value, view_);
    break;
  case step::meeting:
    for (const auto& m : view_->members)
      if (m->peer)
        send(m->peer, install_atom::value, view_);
    if (pod().tracer)
      send(pod().tracer, install_atom::value, view_);
    pods_.at(pod().life).reached = view_->number;
    tell_step(frame_kind::reached);
    break;
  case step::yielding:
    begin_to_yield();
    break;
  case step::adopting:
    send(pod().adopter, adopt_atom::value, view_);
    break;
  case step::gathering:
    pods_.at(pod().life).adopted = view_->number;
    tell_step(frame_kind::has_adopted);
    break;
  case step::handing_over:
    for (const auto& [life, g] : ghosts_)
      send(g.member->peer, hand_over_atom::value, view_);
    break;
  case step::settled:
    settle();
    return;
  }
  go_on();
}

/// Takes the next step once the present one is done.
void membership::go_on() {
  if (!view_)
    return;
  if (step_ == step::meeting && all_have(&known_pod::reached))
    begin(view_->move.by ? step::yielding : step::adopting);
  else if (step_ == step::yielding)
    ask_for_yield();
  else if (step_ == step::gathering && all_have(&known_pod::adopted))
    begin(step::handing_over);
  else if (step_ == step::handing_over && ghosts_.empty())
    begin(step::settled);
  else if (step_ == step::settled)
    tell_usher();
}

/// Topics keep what needs a promise since this view is installed, so what is under way ends.
void membership::begin_to_yield() {
  asked_to_yield_ = false;
  if (view_->move.by == view_->self) {
    pods_.at(pod().life).drained = view_->number;
    send(pod().usher, install_atom::value, view_);
  } else {
    send(view_->move.by->peer, yield_atom::value, view_);
  }
}

void membership::ask_for_yield() {
  if (pods_.at(view_->move.by->life).yielded == view_->number)
    return begin(step::adopting);
  if (view_->move.by != view_->self || asked_to_yield_ || !all_have(&known_pod::drained))
    return;
  asked_to_yield_ = true;
  send(pod().usher, yield_atom::value, view_);
}

bool membership::all_have(std::int64_t known_pod::*this_far) const {
  return std::all_of(pods_.begin(), pods_.end(),
                     [&](const auto& p) { return p.second.*this_far == view_->number; });
}

void membership::installed(std::int64_t number) {
  if (step_ == step::installing && number == view_->number && --not_installed_ == 0)
    begin(step::meeting);
}

void membership::adopted(std::int64_t number) {
  if (step_ == step::adopting && number == view_->number)
    begin(step::gathering);
}

void membership::drained(std::int64_t number) {
  if (step_ == step::yielding && number == view_->number)
    send(view_->move.by->peer, tell_atom::value, step_frame(frame_kind::drained));
}

void membership::yielded(std::int64_t number) {
  if (step_ != step::yielding || number != view_->number)
    return;
  pods_.at(pod().life).yielded = number;
  tell_step(frame_kind::yielded);
  go_on();
}

void membership::handed_over(const pod_life& life) {
  const auto found = ghosts_.find(life);
  if (found == ghosts_.end())
    return; // its end is on its way
  found->second.handed_over = true;
  if (!std::all_of(ghosts_.begin(), ghosts_.end(),
                   [](const auto& entry) { return entry.second.handed_over; }))
    return;
  for (const auto& entry : std::exchange(ghosts_, {}))
    retire(entry.second.member->peer);
  go_on();
}

void membership::settle() {
  send(pod().directory, settle_atom::value, view_);
  send(pod().registrar, settle_atom::value, view_);
  send(pod().reaper, settle_atom::value, view_);
  log.info("the cluster is settled", {{"view", std::to_string(view_->number)}});
}

/// Who hears it of all pods takes sessions that moved out of its routes. A view that was overtaken
/// is not told of: its topics wait for the next one.
void membership::topics_go_on(std::int64_t number) {
  if (!settled() || number != view_->number)
    return;
  pods_.at(pod().life).settled = number;
  tell_step(frame_kind::has_settled);
  tell_usher();
}

pod_frame membership::step_frame(net::link_kind kind) const {
  pod_frame f{kind, {}, nullptr};
  append_u64(f.body, static_cast<std::uint64_t>(view_->number));
  return f;
}

/// It makes new views, and none may come while a pod still passes on what a departed one had.
void membership::tell_usher() {
  if (pod().usher && all_have(&known_pod::settled))
    send(pod().usher, settle_atom::value, view_);
}

void membership::tell_step(net::link_kind kind) {
  tell_all(step_frame(kind));
}

void membership::tell_all(const pod_frame& f) {
  if (!view_)
    return;
  for (const auto& m : view_->members)
    if (m->peer)
      send(m->peer, tell_atom::value, f);
}

void membership::heard(const member_ref& from, const pod_frame& f) {
  if (f.kind == frame_kind::figures)
    return caf::anon_send(pod().sys, heard_atom::value, from, f);
  frame_reader in{f.body};
  const auto number = static_cast<std::int64_t>(in.u64());
  if (!in.complete())
    return send(from->peer, misbehaved_atom::value, std::string{"number of a view"});
  const auto p = pods_.find(from->life);
  if (p == pods_.end())
    return;
  auto& known = p->second;
  auto& this_far = f.kind == frame_kind::reached       ? known.reached
                   : f.kind == frame_kind::has_adopted ? known.adopted
                   : f.kind == frame_kind::drained     ? known.drained
                   : f.kind == frame_kind::has_settled ? known.settled
                                                       : known.yielded;
  this_far = std::max(this_far, number);
  go_on();
}

} // namespace mqttzoo::actors
