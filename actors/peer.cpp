#include "actors/peer.hpp"

#include "actors/courier.hpp"
#include "actors/frame_kinds.hpp"
#include "actors/peer_frames.hpp"
#include "actors/retained_frames.hpp"
#include "core/log.hpp"
#include "core/name_map.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

/// Of a frame, for its names and numbers beside a message.
constexpr std::size_t frame_overhead_bytes_max = 160 * 1024;

/// Numbers in a frame of what was settled: 32 KiB of them.
constexpr std::size_t settled_at_once_max = 4096;

} // namespace

peer::peer(caf::actor_config& config, unit_services& services, member_ref member, view_ref before)
    : pinned_base<peer_actor>(config, services), member_(std::move(member)),
      channel_(*services.timers, *services.pod->clock, *this), view_(std::move(before)) {}

peer::behavior_type peer::make_behavior() {
  unlinked_since_ = now();
  return {
      [this](publish_atom, const batch_ref& b, const ticket_list& tickets) { forward(b, tickets); },
      [this](deliver_atom, const group_mail& mail) { send_group(mail); },
      [this](returned_atom, std::uint64_t number) { write(encode_returned(number)); },
      [this](settled_atom, const far_receipt& r) { write(encode_settled(r)); },
      [this](settled_atom) { empty_pigeonhole(); },
      [this](word_atom, std::uint64_t number,
             const std::shared_ptr<const std::vector<zk::op>>& ops) {
        write(encode_word(number, *ops));
      },
      [this](outcome_atom, std::uint64_t number, mqtt::reason_code result) {
        outcome(number, result);
      },
      [this](transit_fell_atom) { watch_transit(); },
      [this](tell_atom, const pod_frame& f) { tell(f); },
      [this](linked_atom, const net::pod_link_ptr& link) {
        if (is_ == life::member)
          channel_.open(link);
        else
          link->abort();
      },
      [this](misbehaved_atom, const std::string& what) { misbehaved(what); },
      [this](install_atom, const view_ref& view) { view_ = view; },
      [this](yield_atom, const view_ref& view) {
        drains_in_ = view;
        tell_if_drained();
      },
      [this](depart_atom) { depart(); },
      [this](hand_over_atom, const view_ref& view) { hand_over(view); },
      [this](shut_down_atom) { close(); },
      [this](retire_atom) { quit(); },
  };
}

void peer::on_exit() {
  close();
  // The post office has ended, and who published these too.
  for (auto& e : unsettled_.extract_unless([](const auto&) { return false; }))
    e.ticket->refuse(mqtt::reason_code::implementation_specific_error);
  view_ = nullptr;
  drains_in_ = nullptr;
  heirs_ = nullptr;
  member_ = nullptr; // breaks the cycle member -> handle -> peer -> member
}

// --- to the other pod ---

/// Nobody can be held back for the news of a retained message. Questions of clients that connect
/// have as much room of their own as the queue: whoever publishes more than the link takes must not
/// keep others from connecting.
void peer::tell(const pod_frame& f) {
  if (f.until != mqtt::time_point::max()) {
    channel_.drop_late();
    if (channel_.timed_bytes() > services().settings.links.queue_bytes_max)
      return;
  }
  const bool withheld = f.kind == frame_kind::retained_news && f.payload && full();
  write(withheld ? encode_withheld_news(f) : f);
}

void peer::write(pod_frame f) {
  if (is_ == life::member)
    channel_.send(f.kind, std::move(f.body), std::move(f.payload), f.until);
}

/// One frame for each run of the same outcome.
void peer::empty_pigeonhole() {
  if (!member_)
    return;
  far_receipt r;
  for (const auto& s : member_->settlements.take()) {
    const bool alike = s.outcome == r.outcome && s.delayed == r.delayed;
    if (!r.numbers.empty() && (!alike || r.numbers.size() >= settled_at_once_max))
      write(encode_settled(std::exchange(r, {})));
    r.outcome = s.outcome;
    r.delayed = s.delayed;
    r.numbers.push_back(s.number);
  }
  if (!r.numbers.empty())
    write(encode_settled(r));
}

bool peer::full() {
  channel_.drop_late();
  return channel_.backlog_bytes() > services().settings.links.queue_bytes_max;
}

/// `names_bytes`: of what stands beside the message and its topic.
bool peer::fits(const mqtt::message& m, std::size_t names_bytes) const noexcept {
  const auto bound =
      std::min(services().settings.links.frame_bytes_max, channel_.frame_bytes_max());
  return m.footprint_bytes() + frame_overhead_bytes_max <= bound ||
         m.footprint_bytes() + m.topic().size() + names_bytes + 256 <= bound;
}

/// It is too long for the other pod, which cannot say so: nothing of it goes there.
void peer::leave_out(const mqtt::message& m, std::uint64_t number, std::string_view group) {
  log.error("a message is longer than links.frame.bytes.max and does not reach another pod",
            {{"topic", m.topic()}, {"pod", member_->life.str()}});
  services().counters.publishes_dropped.add();
  trace(m, mqtt::trace_event::dropped, mqtt::trace_cause::frame_size, group);
  auto* e = unsettled_.find(number);
  if (!e)
    return;
  e->ticket->refuse({mqtt::reason_code::quota_exceeded, mqtt::limit::link_frame, 0});
  if (e->ticket->store_first()) // else the post office waits for a word from there
    send(pod().post_office, decline_atom::value, e->ticket, e->message);
  unsettled_.settle(*e);
}

void peer::forward(const batch_ref& b, const ticket_list& tickets) {
  if (is_ != life::member) {
    enter_promised(*b, tickets);
    return end_without_it(); // it departed, or this one stops, while that was on its way
  }
  if (waiting_.empty() && !full())
    return send_messages(*b, tickets);
  const bool promised =
      std::any_of(tickets.begin(), tickets.end(), [](const auto& t) { return t != nullptr; });
  if (promised) {
    trace(*b, mqtt::trace_event::link_full);
    waiting_.push_back({b, tickets});
  } else {
    trace(*b, mqtt::trace_event::dropped, mqtt::trace_cause::link);
    services().counters.publishes_dropped.add(b->publications.size());
  }
}

void peer::trace(const batch& b, mqtt::trace_event what, mqtt::trace_cause why) {
  if (b.followed())
    for (const auto& p : b.publications)
      trace(*p.message, what, why);
}

void peer::trace(const mqtt::message& m, mqtt::trace_event what, mqtt::trace_cause why,
                 std::string_view group) {
  if (m.trace() == mqtt::trace_mark::none)
    return;
  trace_step s;
  s.what = {what, why};
  s.who = member_->life.str();
  s.name = group;
  services().traces.note(m, std::move(s));
}

void peer::send_waiting() {
  while (!waiting_.empty() && !full()) {
    const auto next = std::move(waiting_.front());
    waiting_.pop_front();
    send_messages(*next.messages, next.tickets);
  }
}

/// Enters what is promised, in the order of the batch.
void peer::enter_promised(const batch& b, const ticket_list& tickets) {
  if (tickets.empty())
    return;
  for (std::size_t i = 0; i < tickets.size(); ++i)
    unsettled_.push(
        {b.publications[i].message, tickets[i], nullptr, b.origin.orphans_of, view_, false});
}

/// All messages of a batch are one client's. Empty if none needs a promise, or it is not known.
std::string_view peer::client_of(const ticket_list& tickets) {
  for (const auto& t : tickets)
    if (const auto* client = t ? t->client() : nullptr)
      return client->str();
  return {};
}

void peer::send_messages(const batch& b, const ticket_list& tickets) {
  const auto first = tickets.empty() ? 0 : unsettled_.next_number();
  const auto number_of = [&](std::size_t i) { return tickets.empty() ? 0 : first + i; };
  enter_promised(b, tickets);
  const auto at = now();
  const auto client = client_of(tickets);
  messages_writer frame{b.topic->name(), b.origin.orphans_of, first, client};
  for (std::size_t i = 0; i < b.publications.size(); ++i) {
    const auto& m = b.publications[i].message;
    const bool skip = !fits(*m, client.size());
    if (!frame.empty() && (skip || !frame.has_room())) {
      write(frame.take());
      frame = {b.topic->name(), b.origin.orphans_of, number_of(i), client};
    }
    if (!skip) {
      services().counters.far_publishes_sent.add();
      trace(*m, mqtt::trace_event::sent_to_pod);
      frame.add(m, at);
      continue;
    }
    leave_out(*m, number_of(i));
    frame = {b.topic->name(), b.origin.orphans_of, number_of(i + 1), client};
  }
  if (!frame.empty())
    write(frame.take());
}

void peer::send_group(const group_mail& mail) {
  if (!mail.promise && full()) {
    trace(*mail.message, mqtt::trace_event::dropped, mqtt::trace_cause::link, mail.filter);
    return services().counters.publishes_dropped.add();
  }
  auto sent = mail;
  sent.number = 0;
  if (mail.promise) {
    sent.number = unsettled_.next_number();
    unsettled_.push({mail.message,
                     mail.promise,
                     std::make_shared<const std::string>(mail.filter),
                     {},
                     view_,
                     false});
  }
  if (is_ != life::member)
    return end_without_it();
  if (!fits(*mail.message, mail.filter.size() + client_of({mail.promise}).size()))
    return leave_out(*mail.message, sent.number, mail.filter);
  trace(*mail.message, mqtt::trace_event::sent_to_pod, {}, mail.filter);
  write(encode_group(sent, now()));
}

// --- the end ---

void peer::outcome(std::uint64_t number, mqtt::reason_code result) {
  auto* e = unsettled_.find(number);
  if (!e)
    return;
  write(encode_outcome({number, result}));
  // A session of its word may have another owner or have ended: it gives another word, or, if it
  // has departed, those have it who adopted its sessions.
  if (result == mqtt::reason_code::server_moved)
    e->spoken = false;
  else
    unsettled_.settle(*e);
  end_without_it();
  tell_if_drained();
}

void peer::tell_if_drained() {
  if (drains_in_ && is_ == life::member && unsettled_.empty() && waiting_.empty())
    send(pod().membership, drained_atom::value, std::exchange(drains_in_, nullptr)->number);
}

void peer::depart() {
  is_ = life::departed;
  channel_.discard();
  for (auto& w : std::exchange(waiting_, {}))
    enter_promised(*w.messages, w.tickets);
}

/// Clients are told later than the other pods that this one stops: what they publish meanwhile
/// still comes here.
void peer::close() {
  depart();
  is_ = life::closed;
  refuse_unspoken();
}

/// What the other pod cannot settle any more is for its heirs, or nobody's if this pod stops.
void peer::end_without_it() {
  if (is_ == life::handing_over)
    pass_on_unspoken();
  else if (is_ == life::closed)
    refuse_unspoken();
}

/// Nobody knows what becomes of them: that may not look like a promise that was kept. What the
/// store is asked about still has an outcome.
void peer::refuse_unspoken() {
  for (auto& e : unsettled_.extract_unless([](const auto& e) { return e.spoken; }))
    e.ticket->refuse(mqtt::reason_code::implementation_specific_error);
}

void peer::hand_over(const view_ref& view) {
  heirs_ = view;
  is_ = life::handing_over;
  pass_on_unspoken();
}

/// All but what the store is asked about, which may stand there already, and what comes behind that
/// in the same topic. Not behind itself, though: what came here once more, for the sessions of a
/// pod that departed before, is what its other part waits for.
void peer::pass_on_unspoken() {
  core::name_view_set undecided;
  std::unordered_set<const publish_ticket*> half_spoken;
  auto all = unsettled_.extract_unless([&](const unsettled::entry& e) {
    const auto topic = e.message->topic();
    if (e.spoken) {
      undecided.insert(topic);
      half_spoken.insert(e.ticket.get());
    }
    return e.spoken ||
           (!e.group && undecided.contains(topic) && !half_spoken.contains(e.ticket.get()));
  });
  for (auto& e : all)
    pass_on(std::move(e));
  if (unsettled_.empty())
    send(pod().membership, handed_over_atom::value, member_->life);
}

void peer::pass_on(unsettled::entry e) {
  if (e.group) {
    send(pod().index, returned_atom::value, group_mail{*e.group, e.message, e.ticket, member_, 0});
    return;
  }
  // Each of them may have adopted a session that it was for. One addressee becomes several.
  if (e.ticket->store_first())
    send(pod().post_office, expect_atom::value, e.ticket, e.message,
         static_cast<int>(heirs_->members.size()) - 1);
  auto b =
      make_ref<batch>(e.message->shared_topic_name(), card_ref{}, mqtt::connection_epoch::none);
  b->add({e.message, mqtt::packet_id::none});
  b->origin = {member_, 0, std::move(e.orphans_of), nullptr};
  b->origin.orphans_of.push_back({member_->life, departed_since(e.sent_in)});
  b->promised = {e.ticket};
  for (const auto& m : heirs_->members)
    if (m->peer)
      send(m->peer, publish_atom::value, batch_ref{b}, b->promised);
  auto& local = *services().local_courier;
  local.route(local.look_up(e.message->topic()), std::move(b));
}

std::vector<pod_life> peer::departed_since(const view_ref& view) const {
  std::vector<pod_life> lives;
  if (view)
    for (const auto& m : view->members)
      if (m->life != member_->life && !heirs_->contains(m->life))
        lives.push_back(m->life);
  return lives;
}

} // namespace mqttzoo::actors
