// The home's part when sessions leave the pod: who may still come in, and who is whose meanwhile.
#include "actors/home.hpp"

#include <caf/send.hpp>

#include <utility>

namespace mqttzoo::actors {

/// A client without a session here, which may be on its way to another pod or not be wanted any
/// more. True if that was dealt with.
bool home::turn_away(const client_id& client, const std::shared_ptr<attachment>& a) {
  using enum mqtt::reason_code;
  if (drains_) {
    const auto& to = drains_->references;
    if (!to.empty())
      a->refusal_reference = to[turned_away_++ % to.size()];
    refuse(a, drains_->reason, "the server is about to stop");
    return true;
  }
  const auto found = leaving_.find(client);
  if (found == leaving_.end())
    return false;
  if (found->second.nobodys) // who comes waits for the registrar, as for any session
    return false;
  if (auto earlier = std::exchange(found->second.connection, a))
    refuse(earlier, session_taken_over, "a later connection came");
  return true;
}

void home::list() {
  auto all = std::make_shared<std::vector<card_ref>>();
  all->reserve(sessions_.size());
  for (const auto& [client, e] : sessions_)
    all->push_back(e.card);
  send(pod().usher, found_atom::value,
       std::shared_ptr<const std::vector<card_ref>>{std::move(all)});
}

/// The usher first: a session may say at once that it rests.
void home::dismiss(const dismissal_round& round) {
  auto moving = std::make_shared<std::vector<card_ref>>();
  std::vector<const dismissal*> here;
  for (const auto& d : round.whom) {
    const auto found = sessions_.find(d.session->client);
    if (found == sessions_.end() || found->second.card != d.session)
      continue; // it has ended
    here.push_back(&d);
    if (d.then != dismissal::remains::rests)
      continue;
    moving->push_back(d.session);
    leaving_.emplace(d.session->client,
                     leaving{std::move(found->second), round.batch, false, nullptr});
    sessions_.erase(found);
  }
  send(pod().usher, dismissed_atom::value,
       std::shared_ptr<const std::vector<card_ref>>{std::move(moving)});
  for (const auto* d : here)
    send(d->session->handle, dismiss_atom::value, *d);
}

/// It ended on its way, as by its expiry; or another pod has it.
bool home::release_leaving(const card_ref& card) {
  if (std::erase(moved_, card) > 0) {
    send(card->handle, released_atom::value);
    return true;
  }
  const auto found = leaving_.find(card->client);
  if (found == leaving_.end() || found->second.was.card != card)
    return false;
  const auto came = found->second.connection;
  leaving_.erase(found);
  if (const auto next = successors_.extract(card->client); !next.empty())
    answer_not_here(*next.mapped());
  send(card->handle, released_atom::value);
  send(pod().registrar, released_atom::value, card->client);
  if (came)
    claim(came);
  return true;
}

void home::go_back(const std::vector<card_ref>& cards) {
  for (const auto& card : cards) {
    auto was = leaving_.extract(card->client);
    if (was.empty())
      continue;
    auto& l = was.mapped();
    auto& e = sessions_.emplace(card->client, std::move(l.was)).first->second;
    send(card->handle, go_back_atom::value);
    send(pod().registrar, adopt_atom::value, card->client);
    if (l.connection)
      grant(e, l.connection);
    if (const auto found = waiting_.find(card->client); found != waiting_.end()) {
      send(pod().registrar, forget_atom::value, card->client);
      grant(e, stop_waiting(found));
    }
  }
}

void home::moved(std::uint64_t batch) {
  for (auto at = leaving_.begin(); at != leaving_.end();) {
    auto& l = at->second;
    if (l.batch != batch) {
      ++at;
      continue;
    }
    send(l.was.card->handle, moved_atom::value);
    moved_.push_back(l.was.card);
    const auto came = std::exchange(l.connection, nullptr);
    at = leaving_.erase(at);
    if (came)
      claim(came);
  }
}

} // namespace mqttzoo::actors
