#include "actors/home.hpp"

#include <caf/send.hpp>

#include <atomic>

namespace mqttzoo::actors {

card_ref make_session_card(unit_services& on, client_id client,
                           std::vector<pod_life> adopted_from) {
  static std::atomic<std::uint64_t> last_number{0};
  return make_ref<session_card>(session_number{++last_number}, std::move(client), on.index,
                                std::move(adopted_from));
}

void start_session(unit_services& on, caf::actor_system& system, const card_ref& card,
                   std::shared_ptr<restored_session> restored) {
  card->handle = spawn_on<session>(on, system, card, std::move(restored));
  card->local = static_cast<session*>(caf::actor_cast<caf::abstract_actor*>(card->handle));
}

card_ref spawn_session(unit_services& on, caf::actor_system& system, client_id client,
                       std::shared_ptr<restored_session> restored,
                       std::vector<pod_life> adopted_from) {
  auto card = make_session_card(on, std::move(client), std::move(adopted_from));
  start_session(on, system, card, std::move(restored));
  return card;
}

home::home(caf::actor_config& config, unit_services& services, found_sessions found)
    : pinned_base<home_actor>(config, services) {
  for (auto& card : found)
    sessions_.emplace(card->client, entry{card});
}

home::behavior_type home::make_behavior() {
  return {
      [this](claim_atom, const std::shared_ptr<attachment>& a) { claim(a); },
      [this](release_atom, const card_ref& card, mqtt::connection_epoch epoch) {
        release(card, epoch);
      },
      [this](adopt_atom, const std::shared_ptr<const std::vector<card_ref>>& cards) {
        adopt(*cards);
      },
      [this](adopted_atom, std::int64_t view) { send(pod().registrar, adopted_atom::value, view); },
      [this](granted_atom, const client_id& client, std::uint64_t claim) {
        granted(client, claim);
      },
      [this](held_atom, const client_id& client, std::uint64_t claim, const member_ref& by) {
        held(client, claim, by);
      },
      [this](roster_atom, const view_ref& view) { tell_roster(view); },
      [this](list_atom) { list(); },
      [this](drain_atom, const std::shared_ptr<const drain_orders>& orders) { drains_ = orders; },
      [this](dismiss_atom, const std::shared_ptr<const dismissal_round>& round) {
        dismiss(*round);
      },
      [this](go_back_atom, const std::shared_ptr<const std::vector<card_ref>>& cards) {
        go_back(*cards);
      },
      [this](moved_atom, std::uint64_t batch) { moved(batch); },
      [this](attach_atom, const std::shared_ptr<far_attachment>& f) { attach_far(f); },
      [this](shut_down_atom) { shut_down(); },
  };
}

void home::on_exit() {
  services().timers->cancel(*this);
  sessions_.clear();
  leaving_.clear();
  moved_.clear();
  waiting_.clear();
  due_.clear();
  successors_.clear();
}

void home::shut_down() {
  stops_ = true;
  while (!waiting_.empty())
    refuse(stop_waiting(waiting_.begin()), mqtt::reason_code::server_unavailable,
           "the server stops");
  for (auto& [client, e] : sessions_)
    to_tell_.push_back(e.card);
  for (auto& [client, l] : leaving_) {
    to_tell_.push_back(l.was.card);
    if (auto a = std::exchange(l.connection, nullptr))
      refuse(a, mqtt::reason_code::server_unavailable, "the server stops");
  }
  shut_down_some();
}

void home::shut_down_some() {
  constexpr std::size_t at_once_max =
      64; // CAF looks through the requests under way for each answer
  const auto told = [this] {
    --telling_;
    shut_down_some();
  };
  for (; telling_ < at_once_max && !to_tell_.empty(); ++telling_) {
    request(to_tell_.back()->handle, caf::infinite, shut_down_atom::value)
        .then(told, [told](const caf::error&) { told(); }); // an error: it ended meanwhile
    to_tell_.pop_back();
  }
  if (telling_ > 0)
    return;
  // Only now may sessions go. What they hold unstored is dropped with them, which settles its
  // tickets as if it were safe: no publisher may be left to hear that.
  for (auto& [client, e] : sessions_)
    caf::anon_send_exit(e.card->handle, caf::exit_reason::user_shutdown);
  for (auto& [client, l] : leaving_)
    caf::anon_send_exit(l.was.card->handle, caf::exit_reason::user_shutdown);
  for (auto& card : moved_)
    caf::anon_send_exit(card->handle, caf::exit_reason::user_shutdown);
  quit();
}

void home::claim(const std::shared_ptr<attachment>& a) {
  if (a->epoch == mqtt::connection_epoch::none) // else it comes back from another pod
    a->epoch = ++last_epoch_;
  const client_id client{a->connect.packet.client_id};
  if (const auto found = sessions_.find(client); found != sessions_.end())
    return grant(found->second, a);
  if (turn_away(client, a))
    return;
  if (pod().clustered())
    return wait(client, a);
  begin(client, a);
}

void home::grant(entry& e, const std::shared_ptr<attachment>& a) {
  if (a->epoch < e.epoch)
    return refuse(a, mqtt::reason_code::session_taken_over, "a later connection came");
  e.epoch = a->epoch;
  count_for(e, a->connect.who);
  a->session = e.card;
  supersede_far(e.card->client);
  send(pod().at(a->unit).doorman, granted_atom::value, a);
}

/// False if it was refused.
bool home::begin(const client_id& client, const std::shared_ptr<attachment>& a) {
  if (sessions_.size() >= services().settings.sessions.max) {
    refuse(a, mqtt::reason_code::quota_exceeded, "sessions.max is reached");
    return false;
  }
  if (!has_room_for(a->connect.who)) {
    services().counters.account_sessions_refused.add();
    refuse(a, mqtt::reason_code::quota_exceeded, "limits.account.sessions.max is reached");
    return false;
  }
  auto card = spawn_session(pod().at(a->unit), system(), client, nullptr);
  grant(sessions_.emplace(client, entry{std::move(card)}).first->second, a);
  return true;
}

/// For one more session. Who has one already is never asked: refusing it would lose what it holds.
bool home::has_room_for(const mqtt::identity& who) {
  const auto bound = services().settings.limits.account_sessions_max;
  return bound == 0 || !who.user || accounts_.sessions(*who.user) < bound;
}

void home::count_for(entry& e, const mqtt::identity& who) {
  if (!who.user)
    e.account = {};
  else if (!e.account.is_of(*who.user))
    e.account = accounts_.enter(*who.user);
}

void home::refuse(const std::shared_ptr<attachment>& a, mqtt::reason_code why, std::string text) {
  a->refusal = why;
  a->refusal_text = std::move(text);
  send(pod().at(a->unit).doorman, granted_atom::value, a);
}

void home::release(const card_ref& card, mqtt::connection_epoch epoch) {
  if (release_leaving(card))
    return;
  const auto found = sessions_.find(card->client);
  if (found == sessions_.end() || found->second.card != card || found->second.epoch > epoch)
    return; // a new connection is on its way to it
  sessions_.erase(found);
  send(card->handle, released_atom::value);
  if (!pod().clustered())
    return;
  send(pod().registrar, released_atom::value, card->client);
  if (const auto next = successors_.extract(card->client); !next.empty())
    answer_not_here(*next.mapped());
}

} // namespace mqttzoo::actors
