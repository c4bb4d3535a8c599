// The home among several pods: who waits for the registrar, and who comes from another pod.
#include "actors/cluster_view.hpp"
#include "actors/home.hpp"
#include "actors/porter_frames.hpp"
#include "core/log.hpp"

#include <caf/send.hpp>

#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

} // namespace

// --- connections here ---

void home::wait(const client_id& client, const std::shared_ptr<attachment>& a) {
  using enum mqtt::reason_code;
  if (stops_)
    return refuse(a, server_unavailable, "the server stops");
  if (const auto found = waiting_.find(client); found != waiting_.end()) {
    if (found->second.connection->epoch > a->epoch)
      return refuse(a, session_taken_over, "a later connection came");
    refuse(stop_waiting(found), session_taken_over, "a later connection came");
  }
  if (waiting_.size() >= services().settings.sessions.max)
    return refuse(a, quota_exceeded, "sessions.max clients wait for the cluster");
  if (a->wait_until == net::time_point::max())
    a->wait_until = now() + services().settings.cluster.claim_timeout;
  const auto number = ++last_claim_;
  const auto due = due_.emplace(a->wait_until, client);
  waiting_.emplace(client, waiting{a, number, due});
  services().counters.claims_waiting.set(waiting_.size());
  if (due == due_.begin())
    services().timers->schedule(*this, a->wait_until);
  send(pod().registrar, claim_atom::value, client, number);
}

std::shared_ptr<attachment> home::stop_waiting(all_waiting::iterator at) {
  auto connection = std::move(at->second.connection);
  due_.erase(at->second.due);
  waiting_.erase(at);
  services().counters.claims_waiting.set(waiting_.size());
  return connection; // the timer finds nothing to do
}

void home::on_due(net::time_point at) {
  run_inline([&] {
    while (!due_.empty() && due_.begin()->first <= at) {
      const auto client = due_.begin()->second;
      services().counters.claims_timed_out.add();
      refuse(stop_waiting(waiting_.find(client)), mqtt::reason_code::server_unavailable,
             "the pods did not agree in time on who has the session");
      send(pod().registrar, forget_atom::value, client);
    }
    if (!due_.empty())
      services().timers->schedule(*this, due_.begin()->first);
  });
}

void home::granted(const client_id& client, std::uint64_t claim) {
  const auto found = waiting_.find(client);
  if (found == waiting_.end()) { // who claimed has given up, or the session was adopted
    if (!sessions_.contains(client) && !leaving_.contains(client))
      send(pod().registrar, released_atom::value, client);
  } else if (found->second.claim == claim && !begin(client, stop_waiting(found))) {
    send(pod().registrar, released_atom::value, client);
  }
}

void home::held(const client_id& client, std::uint64_t claim, const member_ref& by) {
  const auto found = waiting_.find(client);
  if (found == waiting_.end() || found->second.claim != claim)
    return;
  auto connection = stop_waiting(found);
  const auto number = ++last_stream_;
  // From here and not from the porter: so two connections of one client leave in their order.
  auto frame = make_attach(*connection, number, now());
  send(pod().at(connection->unit).porter, attach_atom::value, std::move(connection), by, number);
  send(by->peer, tell_atom::value, std::move(frame));
}

void home::adopt(const std::vector<card_ref>& cards) {
  for (const auto& card : cards) {
    const auto [at, is_new] = sessions_.try_emplace(card->client, entry{card});
    if (!is_new) {
      log.error("a session was adopted that is here", {{"client", card->client.str()}});
      continue;
    }
    send(pod().registrar, adopt_atom::value, card->client);
    if (const auto found = waiting_.find(card->client); found != waiting_.end()) {
      send(pod().registrar, forget_atom::value, card->client);
      grant(at->second, stop_waiting(found));
    }
  }
}

/// Sessions that move in the view are nobody's in it until their new pod has them; before, they are
/// this pod's. Whoever came for them meanwhile waits with the others then.
void home::tell_roster(const view_ref& view) {
  auto clients = std::make_shared<std::vector<client_id>>();
  clients->reserve(sessions_.size());
  for (const auto& [client, e] : sessions_)
    clients->push_back(client);
  std::vector<std::shared_ptr<attachment>> came;
  for (auto& [client, l] : leaving_) {
    l.nobodys = view->moves_from(pod().life) && view->move.batch == l.batch;
    if (!l.nobodys)
      clients->push_back(client);
    else if (l.connection)
      came.push_back(std::exchange(l.connection, nullptr));
  }
  for (const auto& a : came)
    wait(client_id{a->connect.packet.client_id}, a);
  send(pod().registrar, roster_atom::value, view->number,
       std::shared_ptr<const std::vector<client_id>>{std::move(clients)});
}

// --- connections at other pods ---

void home::attach_far(const std::shared_ptr<far_attachment>& f) {
  const auto found = sessions_.find(client_id{f->connect.packet.client_id});
  if (found == sessions_.end() || stops_)
    return answer_not_here(*f);
  auto& e = found->second;
  supersede_far(found->first);
  e.epoch = f->epoch = ++last_epoch_;
  count_for(e, f->connect.who);
  f->session = e.card;
  if (e.card->persistent && !f->connect.packet.clean_start) {
    send(pod().at(e.card->unit).porter, attach_atom::value, f);
  } else { // it begins anew there, once it is over here
    successors_.emplace(found->first, f);
    send(e.card->handle, yield_atom::value, e.epoch);
  }
}

/// The registrar there is asked again.
void home::answer_not_here(const far_attachment& f) {
  caf::anon_send(f.pod->peer, tell_atom::value,
                 make_not_here({stream_side::client, f.unit, f.number}));
}

/// A later connection of the client came. [MQTT-3.1.4-3]
void home::supersede_far(const client_id& client) {
  if (const auto earlier = successors_.extract(client); !earlier.empty())
    send(earlier.mapped()->pod->peer, tell_atom::value,
         make_closed({stream_side::client, earlier.mapped()->unit, earlier.mapped()->number},
                     stream_close::at_once));
}

} // namespace mqttzoo::actors
