// The session actor's dealings with the index and the post office.
#include "actors/session.hpp"
#include "core/log.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

} // namespace

// --- subscriptions ---

void session::subscribe(std::vector<mqtt::subscription> accepted, mqtt::packet_id id) {
  routed_ = true;
  auto change = std::make_shared<subscription_change>();
  change->session = card_;
  change->id = id;
  change->add = std::move(accepted);
  wait_for(*change);
  send(pod().index, change_atom::value,
       std::shared_ptr<const subscription_change>{std::move(change)});
}

void session::unsubscribe(std::vector<std::string> filters, mqtt::packet_id id) {
  auto change = std::make_shared<subscription_change>();
  change->session = card_;
  change->id = id;
  change->remove = std::move(filters);
  drop_walks(change->remove);
  wait_for(*change);
  send(pod().index, change_atom::value,
       std::shared_ptr<const subscription_change>{std::move(change)});
}

void session::wait_for(const subscription_change& c) {
  waiting_subscribe s;
  s.id = c.id;
  s.unsubscribes = !c.remove.empty();
  s.revision = machine_.persistent() ? revision_ + 1 : 0; // session_changed() follows
  if (subscribes_.empty())
    subscribes_since_ = now();
  subscribes_.push_back(std::move(s));
}

void session::routes_changed(const change_done& c) {
  if (c.id == mqtt::packet_id::none)
    return left_all_routes();
  const auto first =
      std::find_if(subscribes_.begin(), subscribes_.end(), [&](const waiting_subscribe& s) {
        return s.id == c.id && s.unsubscribes == c.unsubscribed && !s.routed;
      });
  if (first != subscribes_.end()) {
    first->routed = true;
    first->made = c.made;
  }
  complete_subscribes();
  finish_turn();
}

void session::left_all_routes() {
  if (--forgetting_ > 0)
    return;
  leaving_routes_ = false;
  release_if_over();
  open_if_clear();
}

void session::complete_subscribes() {
  for (std::size_t i = 0; i < subscribes_.size();) {
    if (!subscribes_[i].routed || subscribes_[i].revision > saved_revision_) {
      ++i;
      continue;
    }
    const auto s = std::move(subscribes_[i]);
    subscribes_.erase(subscribes_.begin() + static_cast<std::ptrdiff_t>(i));
    if (s.unsubscribes)
      machine_.on_unsubscribed(s.id, now());
    else
      machine_.on_subscribed(s.id, mqtt::reason_code::success, now());
    for (const auto& made :
         s.made) // [MQTT-3.3.1-9] [MQTT-3.3.1-6 v3] retained messages follow the SUBACK
      if (made->terms.wants_retained)
        begin_walk(made);
  }
}

void session::return_to_group(mqtt::delivery d) {
  // The session ends. What the store has of it may not go before another member has it: a crash
  // between the two would lose it.
  if (stored_ && !d.promise) {
    if (!give_back_ticket_)
      give_back_ticket_ = make_ref<hand_over_ticket>(card_->handle);
    d.promise = give_back_ticket_;
  }
  send(pod().index, give_back_atom::value, card_, std::move(d));
}

// What comes after the session's end, from a route or group that has not heard of it yet. Somebody
// may wait for a word of each addressee before a message is stored, and a group has other members.

void session::turn_away(const batch& messages, const ticket_list& tickets) {
  for (std::size_t i = 0; i < tickets.size(); ++i)
    if (tickets[i] && tickets[i]->store_first())
      caf::anon_send(pod().post_office, decline_atom::value, tickets[i],
                     messages.publications[i].message);
}

void session::turn_away(const parcel& p) {
  for (const auto& d : p.deliveries) {
    const bool store_first = d.promise && d.promise->store_first();
    if (store_first)
      caf::anon_send(pod().post_office, decline_atom::value, d.promise.downcast<publish_ticket>(),
                     d.message);
    if (d.terms->group != mqtt::group_number::none)
      caf::anon_send(pod().index, give_back_atom::value, card_ref{},
                     mqtt::delivery{d.message, d.terms, store_first ? nullptr : d.promise});
  }
}

// --- retained messages ---

/// Also without a client, if it may come back: what a subscription brings is the session's.
void session::begin_walk(const subscriber& made) {
  const bool lasts = connection_ || machine_.persistent();
  if (!lasts || !machine_.subscriptions().contains(made->terms.filter)) // unsubscribed meanwhile
    return;
  if (!walks_)
    walks_ = std::make_unique<retained_walks>();
  walks_->begin(made);
}

void session::drop_walks(const std::vector<std::string>& filters) { // [MQTT-3.10.4-2]
  if (!walks_)
    return;
  for (const auto& filter : filters)
    walks_->drop(filter);
  if (walks_->empty())
    walks_ = nullptr;
}

void session::go_on_walking() {
  if (!walks_ || !connection_ || machine_.sender().busy())
    return;
  if (const auto next = walks_->ask())
    send(pod().index, walk_atom::value, next);
}

/// Taken also when the client has gone meanwhile, if it is kept for it: a live topic may have sent
/// its part of the page already, and would again.
void session::page_came(const retained_page& p) {
  if (!walks_)
    return;
  if (would_lose(p))
    return walks_->put_back(p);
  if (!walks_->take(p))
    return; // asked for by a session or a subscription that is gone
  if (walks_->empty())
    walks_ = nullptr;
  deliver(p.messages);
}

bool session::would_lose(const retained_page& p) const noexcept {
  const bool keeps = p.of->subscription->terms.options.qos != mqtt::qos::at_most_once;
  return is_sealed() || (!connection_ && !keeps);
}

// --- store ---

void session::session_changed() {
  ++revision_;
}

void session::save_if_changed() {
  if (saving_ || ending_ || revision_ == saved_revision_ || !stored_)
    return;
  saving_ = true;
  auto state = std::make_shared<session_state_record>();
  state->session = card_;
  state->revision = revision_;
  state->expiry_interval_s = machine_.expiry_interval_s();
  state->connected = machine_.connected();
  for (const auto& [filter, s] : machine_.subscriptions())
    state->subscriptions.push_back(s);
  if (const auto* w = machine_.pending_will())
    state->will = *w;
  send(pod().post_office, save_atom::value,
       std::shared_ptr<const session_state_record>{std::move(state)});
}

void session::state_saved(std::uint64_t revision, mqtt::reason_code outcome) {
  saving_ = false;
  if (mqtt::is_failure(outcome)) {
    // The promise of a SUBACK cannot be made, and UNSUBACK has no way to say so; the state is saved
    // with the next turn, or in a second.
    save_again_at_ = now() + std::chrono::seconds{1};
    for (auto i = subscribes_.size(); i-- > 0;)
      if (subscribes_[i].revision == 0 || subscribes_[i].revision > revision) {
        continue;
      } else if (subscribes_[i].unsubscribes) {
        subscribes_[i].revision = 0;
      } else {
        machine_.on_subscribed(subscribes_[i].id, outcome, now());
        subscribes_.erase(subscribes_.begin() + static_cast<std::ptrdiff_t>(i));
      }
    complete_subscribes();
    if (connack_ && connack_->revision <= revision && outcome == mqtt::reason_code::quota_exceeded)
      will_found_no_room();
    submit_last();
    return rearm();
  }
  saved_revision_ = std::max(saved_revision_, revision);
  let_in();
  complete_subscribes();
  finish_turn();
}

void session::deposit(const mqtt::delivery& d, mqtt::stored_pointer p) {
  deposited_ = true;
  send(pod().post_office, deposit_mail_atom::value, actors::deposit{card_, d, p});
}

void session::record(mqtt::stored_pointer p) {
  send(pod().post_office, record_atom::value, card_, p);
}

void session::forget(mqtt::stored_number number) {
  if (give_back_ticket_)
    return forget_after_give_back_.push_back(number);
  send(pod().post_office, forget_atom::value, card_, number);
}

void session::forget_received(mqtt::packet_id id) {
  send(pod().post_office, forget_atom::value, card_, id);
}

/// After purge(): nothing in the store is the only copy of anything any more.
void session::given_back(mqtt::reason_code outcome) {
  if (mqtt::is_failure(outcome))
    log.warn("what the session gave back to its groups could not be stored",
             {{"client", card_->client.str()}, {"reason", mqtt::to_string(outcome)}});
  awaits_give_back_ = false;
  for (const auto number : std::exchange(forget_after_give_back_, {}))
    forget(number);
  send(pod().post_office, erase_atom::value, card_);
  release_if_over();
}

void session::release_if_over() {
  // Among several pods the store must have forgotten it, too: the next one may begin elsewhere.
  const bool erased = erasing_ == 0 || !pod().clustered();
  if (ending_ && forgetting_ == 0 && !awaits_give_back_ && erased)
    send(pod().home, release_atom::value, card_, epoch_);
}

void session::restore(restored_session& from) {
  stored_ = routed_ = true;
  machine_.restore(from.expiry_interval_s, std::move(from.subscriptions), from.expires_at,
                   std::move(from.will), from.will_due);
  for (const auto id : from.received)
    machine_.receiver().restore(id);
  for (auto& m : from.messages)
    machine_.sender().restore(std::move(m.delivery), m.pointer, m.held_until);
}

} // namespace mqttzoo::actors
