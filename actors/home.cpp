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
    sessions_.emplace(card->client, entry{card, 0});
}

home::behavior_type home::make_behavior() {
  return {
      [this](claim_atom, const std::shared_ptr<attachment>& a) { claim(a); },
      [this](release_atom, const card_ref& card, std::uint64_t epoch) { release(card, epoch); },
      [](adopt_atom, const std::shared_ptr<const std::vector<card_ref>>&) {},
      [this](shut_down_atom) { shut_down(); },
  };
}

void home::shut_down() {
  for (auto& [client, e] : sessions_)
    to_tell_.push_back(e.card);
  tell();
}

void home::tell() {
  constexpr std::size_t at_once_max =
      64; // CAF looks through the requests under way for each answer
  const auto told = [this] {
    --telling_;
    tell();
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
  quit();
}

void home::claim(const std::shared_ptr<attachment>& a) {
  const client_id client{a->connect.packet.client_id};
  auto found = sessions_.find(client);
  if (found == sessions_.end() && sessions_.size() < services().settings.sessions.max) {
    auto card = spawn_session(pod().at(a->unit), system(), client, nullptr);
    found = sessions_.emplace(client, entry{std::move(card), 0}).first;
  }
  if (found != sessions_.end()) {
    found->second.epoch = a->epoch = ++last_epoch_;
    a->session = found->second.card;
  }
  send(pod().at(a->unit).doorman, granted_atom::value, a);
}

void home::release(const card_ref& card, std::uint64_t epoch) {
  const auto found = sessions_.find(card->client);
  if (found == sessions_.end() || found->second.card != card || found->second.epoch > epoch)
    return; // a new connection is on its way to it
  sessions_.erase(found);
  send(card->handle, released_atom::value);
}

} // namespace mqttzoo::actors
