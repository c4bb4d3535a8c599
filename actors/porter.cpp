#include "actors/porter.hpp"

#include "actors/cluster_view.hpp"
#include "actors/porter_carrier.hpp"
#include "core/log.hpp"

#include <caf/send.hpp>

#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

} // namespace

porter::porter(caf::actor_config& config, unit_services& services)
    : pinned_base<porter_actor>(config, services) {}

porter::~porter() = default;

porter::behavior_type porter::make_behavior() {
  return {
      [this](attach_atom, const std::shared_ptr<attachment>& a, const member_ref& to,
             std::uint64_t number) { carry(a, to, number); },
      [this](attach_atom, const std::shared_ptr<far_attachment>& f) { attach_far(*f); },
      [this](go_on_atom) { take_turns(); },
      [this](heard_atom, const member_ref& from, const pod_frame& frame) { hear(from, frame); },
      [this](depart_atom, const member_ref& pod) { depart(pod); },
      [this](shut_down_atom) { shut_down(); },
  };
}

void porter::on_exit() {
  for (auto& [life, connections] : std::exchange(far_, {}))
    for (auto& [number, c] : connections)
      c->leave_porter();
  for (auto& [number, c] : std::exchange(carriers_, {}))
    c->close(stream_close::at_once);
  gone_.clear();
  turns_.clear();
}

// --- for carriers and far connections ---

void porter::tell(const member_ref& pod, pod_frame frame) {
  caf::anon_send(pod->peer, tell_atom::value, std::move(frame));
}

void porter::give_turn(std::weak_ptr<far_connection> c) {
  if (turns_.empty())
    caf::anon_send(services().porter, go_on_atom::value);
  turns_.push_back(std::move(c));
}

void porter::take_turns() {
  for (const auto& weak : std::exchange(turns_, {}))
    if (const auto c = weak.lock())
      c->take_turn();
}

void porter::forget(const far_connection& c) {
  const auto found = far_.find(c.pod()->life);
  if (found == far_.end())
    return;
  found->second.erase(c.address().number);
  if (found->second.empty())
    far_.erase(found);
}

// --- the client's side ---

void porter::carry(const std::shared_ptr<attachment>& a, const member_ref& to,
                   std::uint64_t number) {
  gone_.clear();
  carriers_.emplace(number, std::make_unique<carrier>(*this, a, to, number));
}

/// From within its own event, perhaps.
void porter::leave(carrier& c) {
  gone_.clear();
  c.rest();
  const auto found = carriers_.find(c.number());
  gone_.push_back(std::move(found->second));
  carriers_.erase(found);
}

/// The home asks the registrar anew who has the session.
void porter::give_back(carrier& c) {
  caf::anon_send(pod().home, claim_atom::value, c.let_go());
  leave(c);
}

void porter::hear_as_client(const member_ref& from, const stream_frame& f) {
  const auto found = carriers_.find(f.to.number);
  if (found == carriers_.end()) {
    if (f.kind == frame_kind::opened) // the client is gone meanwhile
      tell(from, make_closed({stream_side::session, f.from, f.to.number}, stream_close::at_once));
    return;
  }
  auto& c = *found->second;
  if (c.pod()->life != from->life)
    return misbehaved(from, "a stream of another pod");
  const bool answers = f.kind == frame_kind::opened || f.kind == frame_kind::not_here;
  if (c.is_open() == answers && f.kind != frame_kind::closed)
    return misbehaved(from, "a stream is not in the state for it");
  if (f.kind == frame_kind::opened) {
    c.open(f.from);
  } else if (f.kind == frame_kind::not_here) {
    c.not_here();
  } else if (f.kind == frame_kind::bytes) {
    c.take(f.bytes);
  } else if (f.kind == frame_kind::credit) {
    if (!c.welcome(f.credit))
      misbehaved(from, "more bytes are welcome than the window has");
  } else {
    c.close(f.how);
    leave(c);
  }
}

// --- the session's side ---

void porter::attach_far(far_attachment& f) {
  const stream_address there{stream_side::client, f.unit, f.number};
  auto c = std::make_shared<far_connection>(
      *this, f.pod, there, client_origin{std::move(f.address), std::move(f.listener)});
  if (!far_[f.pod->life].emplace(f.number, c.get()).second) {
    c->leave_porter();
    return misbehaved(f.pod, "two streams have one number");
  }
  auto a = std::make_shared<attachment>();
  a->connect = std::move(f.connect);
  const auto& packet = a->connect.packet;
  if (const auto method = pod().methods.find(packet.authentication_method);
      method != pod().methods.end()) // for when it authenticates again
    a->connect.exchange = method->second->begin(packet);
  a->unit = services().index;
  a->connection = std::move(c);
  a->session = f.session;
  a->epoch = f.epoch;
  tell(f.pod, make_opened(there, services().index));
  send(f.session->handle, attach_atom::value, std::move(a));
}

void porter::hear_as_session(const member_ref& from, const stream_frame& f) {
  const auto of_pod = far_.find(from->life);
  if (of_pod == far_.end())
    return;
  const auto found = of_pod->second.find(f.to.number);
  if (found == of_pod->second.end())
    return; // closed meanwhile
  const auto c = found->second->shared_from_this();
  if (f.kind == frame_kind::bytes) {
    if (c->take(f.bytes))
      return;
    misbehaved(from, "more bytes than the window has");
    tell(from, make_closed(c->address(), stream_close::at_once));
    c->end_input(net::close_cause::io_error); // a part is missing
  } else if (f.kind == frame_kind::credit) {
    if (!c->taken(f.credit))
      misbehaved(from, "more bytes were taken than were sent");
  } else {
    c->end_input(net::close_cause::by_peer);
  }
}

// --- frames ---

void porter::hear(const member_ref& from, const pod_frame& frame) {
  if (frame.kind == frame_kind::attach)
    return hear_attach(from, frame);
  const auto f = decode_stream_frame(frame);
  if (!f || static_cast<std::size_t>(f->to.unit) >= pod().units.size())
    return misbehaved(from, "a porter's frame is malformed");
  if (f->to.unit != services().index)
    send(pod().at(f->to.unit).porter, heard_atom::value, from, frame);
  else if (f->to.side == stream_side::client)
    hear_as_client(from, *f);
  else
    hear_as_session(from, *f);
}

void porter::hear_attach(const member_ref& from, const pod_frame& frame) {
  auto f = decode_attach(frame, now());
  if (!f)
    return misbehaved(from, "a porter's frame is malformed");
  f->pod = from;
  send(pod().home, attach_atom::value, std::move(f));
}

void porter::misbehaved(const member_ref& from, const char* what) {
  log.error("another pod's porter makes no sense", {{"pod", from->life.str()}, {"what", what}});
  send(from->peer, misbehaved_atom::value, std::string{what});
}

// --- ends ---

void porter::depart(const member_ref& pod) {
  std::vector<carrier*> carried;
  for (const auto& [number, c] : carriers_)
    if (c->pod()->life == pod->life)
      carried.push_back(c.get());
  for (auto* c : carried) {
    if (!c->is_open()) {
      give_back(*c);
      continue;
    }
    c->close(stream_close::after_flush);
    leave(*c);
  }
  const auto found = far_.find(pod->life);
  if (found == far_.end())
    return;
  std::vector<std::shared_ptr<far_connection>> ended;
  for (const auto& [number, c] : found->second)
    ended.push_back(c->shared_from_this());
  for (const auto& c : ended)
    c->end_input(net::close_cause::by_peer);
}

void porter::shut_down() {
  for (auto& [number, c] : carriers_) {
    c->tell_closed();
    c->close(stream_close::after_flush);
  }
  carriers_.clear();
  quit();
}

} // namespace mqttzoo::actors
