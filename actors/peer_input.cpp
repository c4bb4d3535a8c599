// What comes from another pod.
#include "actors/courier.hpp"
#include "actors/frame_kinds.hpp"
#include "actors/peer.hpp"
#include "actors/peer_frames.hpp"
#include "core/log.hpp"

#include <array>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

/// All clients of another pod together may have as much in transit here as so many of this one.
constexpr std::size_t transit_publishers_max = 64;

bool within(net::link_kind kind, net::link_kind first, net::link_kind last) noexcept {
  return first <= kind && kind <= last;
}

/// The other pod says what it wants stored. Of a group's message it goes by the QoS: what an ending
/// session hands over is stored here already, or need not be, but not yet for the member there.
bool waits_for_word(const unsettled::entry& e) noexcept {
  const bool once = e.message->qos() == mqtt::qos::exactly_once;
  return !e.spoken && (e.ticket->store_first() || (e.group && once));
}

} // namespace

void peer::on_frame(net::link_kind kind, std::string_view body) {
  run_inline([&] {
    take(kind, body);
    tell_if_drained();
  });
}

void peer::on_confirmed() {
  run_inline([&] {
    member_->frame_bytes_max.store(channel_.frame_bytes_max(), std::memory_order_relaxed);
    send_waiting();
    tell_if_drained();
  });
}

void peer::take(net::link_kind kind, std::string_view body) {
  using namespace frame_kind;
  constexpr std::array<std::pair<net::link_kind, void (peer::*)(std::string_view)>, 6> own{{
      {frame_kind::messages, &peer::take_messages},
      {settled, &peer::take_settled},
      {word, &peer::take_word},
      {frame_kind::outcome, &peer::take_outcome},
      {group, &peer::take_group},
      {frame_kind::returned, &peer::take_returned},
  }};
  for (const auto& [of, read] : own)
    if (of == kind)
      return (this->*read)(body);
  pass_to_actor(kind, body);
}

void peer::take_messages(std::string_view body) {
  messages_reader in{body};
  if (in.failed())
    return misbehaved("messages");
  auto& local = *services().local_courier;
  auto& to = local.look_up(in.topic());
  auto b = make_ref<batch>(to.name, card_ref{}, mqtt::connection_epoch::none);
  b->origin = {member_, in.first_number(), in.orphans_of(), to_client(in.client())};
  const auto at = now();
  while (auto m = in.next(to.name, at))
    b->add({std::move(m), mqtt::packet_id::none});
  if (in.failed() || b->publications.empty())
    return misbehaved("messages");
  services().counters.far_publishes_received.add(b->publications.size());
  trace(*b, mqtt::trace_event::came_from_pod);
  b->count_for_pod();
  local.route(to, std::move(b));
  watch_transit();
}

/// What needs no promise nobody there is held back for, and only this pod knows that it cannot
/// follow. Topics here wait for nothing that comes through the link, so it is read again.
void peer::watch_transit() {
  const auto bound = transit_publishers_max * services().settings.net.transit_bytes_max;
  if (member_->transit_bytes.load() <= bound)
    return channel_.resume_reading();
  channel_.pause_reading();
  member_->transit_waiter.store(true);
  if (member_->transit_bytes.load() <= bound && member_->transit_waiter.exchange(false))
    channel_.resume_reading();
}

void peer::take_settled(std::string_view body) {
  const auto r = decode_settled(body);
  if (!r)
    return misbehaved("settled");
  for (const auto n : r->numbers)
    if (auto* e = unsettled_.find(n); e && r->delayed)
      e->ticket->delay(r->outcome);
    else if (e)
      settle(*e, r->outcome);
}

void peer::settle(unsettled::entry& e, const mqtt::settlement& outcome) {
  if (mqtt::is_failure(outcome)) // not every reason may stand in a PUBACK
    e.ticket->refuse(outcome.reason == mqtt::reason_code::quota_exceeded
                         ? outcome
                         : mqtt::reason_code::implementation_specific_error);
  if (!waits_for_word(e))
    unsettled_.settle(e);
}

void peer::take_word(std::string_view body) {
  auto w = decode_word(body);
  if (!w)
    return misbehaved("word");
  auto* e = unsettled_.find(w->number);
  if (!e || !waits_for_word(*e))
    return misbehaved("word for a message that waits for none");
  e->spoken = true;
  send(
      pod().post_office, word_atom::value, e->ticket, e->message,
      far_word{member_, w->number, std::make_shared<const std::vector<zk::op>>(std::move(w->ops))});
}

void peer::take_outcome(std::string_view body) {
  if (const auto o = decode_outcome(body))
    send(pod().post_office, outcome_atom::value, member_, o->number, o->outcome);
  else
    misbehaved("outcome");
}

void peer::take_group(std::string_view body) {
  auto mail = decode_group(body, now());
  if (!mail)
    return misbehaved("message for a group");
  mail->pod = member_;
  trace(*mail->message, mqtt::trace_event::came_from_pod, {}, mail->filter);
  if (mail->number > 0) {
    using policy = mqtt::ticket::policy;
    auto ticket = make_ref<far_ticket>(mail->message->qos() == mqtt::qos::exactly_once
                                           ? policy::store_first
                                           : policy::store_if_needed,
                                       member_, mail->number, std::move(mail->client));
    ticket->addressees = 1;
    ticket->patient = mail->message->publisher_waits();
    mail->promise = std::move(ticket);
  }
  send(pod().index, deliver_atom::value, std::move(*mail));
}

void peer::take_returned(std::string_view body) {
  const auto number = decode_returned(body);
  if (!number)
    return misbehaved("returned");
  auto* e = unsettled_.find(*number);
  if (!e || !e->group)
    return;
  send(pod().index, returned_atom::value, group_mail{*e->group, e->message, e->ticket, member_, 0});
  unsettled_.settle(*e);
}

void peer::pass_to_actor(net::link_kind kind, std::string_view body) {
  using namespace frame_kind;
  pod_frame f{kind, std::string{body}, nullptr};
  if (within(kind, reached, has_settled))
    send(pod().membership, heard_atom::value, member_, std::move(f));
  else if (kind == given)
    send(pod().adopter, heard_atom::value, member_, std::move(f));
  else if (within(kind, first_of_registrar, last_of_registrar))
    send(pod().registrar, heard_atom::value, member_, std::move(f));
  else if (within(kind, first_of_porter, last_of_porter))
    send(services().porter, heard_atom::value, member_, std::move(f));
  else if (within(kind, first_of_post_office, last_of_post_office))
    send(pod().post_office, heard_atom::value, member_, std::move(f));
  else if (within(kind, first_of_tracer, last_of_tracer) && pod().tracer)
    send(pod().tracer, heard_atom::value, member_, std::move(f));
  else
    misbehaved("frame of an unknown kind");
}

void peer::misbehaved(std::string_view what) {
  log.error("another pod sent what makes no sense; its link is closed",
            {{"pod", member_->life.str()}, {"what", what}});
  if (channel_.is_open())
    services().counters.links_lost.add();
  unlinked_since_ = now();
  channel_.abort();
}

void peer::on_link_lost(const net::link_end& why) {
  services().counters.links_lost.add();
  log.warn(
      "a link is lost",
      {{"pod", member_->life.str()}, {"why", net::to_string(why.cause)}, {"detail", why.detail}});
}

} // namespace mqttzoo::actors
