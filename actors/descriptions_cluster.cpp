// What the actors that deal with other pods say of themselves to people.
#include "actors/adopter.hpp"
#include "actors/directory.hpp"
#include "actors/membership.hpp"
#include "actors/peer.hpp"
#include "actors/porter.hpp"
#include "actors/reaper.hpp"
#include "actors/registrar.hpp"

#include <string>

namespace mqttzoo::actors {

wait_state membership::waits() const {
  if (!view_)
    return {wait_kind::store, net::time_point::max(), "the first view"};
  switch (step_) {
  case step::settled:
    if (pods_.at(pod().life).settled == view_->number)
      return {};
    return {wait_kind::actor, step_since_, "the directory to know anew what other pods want"};
  case step::installing:
    return {wait_kind::actor, step_since_, "this pod's actors to install the view"};
  case step::meeting:
    return {wait_kind::peer, step_since_, "every member to install the view"};
  case step::yielding:
    return {wait_kind::peer, step_since_, "sessions of a pod to be free to move"};
  case step::adopting:
    return {wait_kind::store, step_since_, "this pod to adopt its share of sessions"};
  case step::gathering:
    return {wait_kind::peer, step_since_, "every member to adopt its share of sessions"};
  case step::handing_over:
    return {wait_kind::peer, step_since_, "what departed pods did not confirm to be passed on"};
  }
  return {};
}

void membership::describe(facts& to) const {
  constexpr const char* steps[] = {"installing", "meeting",      "yielding", "adopting",
                                   "gathering",  "handing over", "settled"};
  to.add("view", view_ ? view_->number : 0);
  to.add("step", steps[static_cast<std::size_t>(step_)]);
  to.add("settled", settled());
  std::vector<facts> pods;
  for (const auto& [life, p] : pods_)
    pods.emplace_back()
        .add("life", life.str())
        .add("name", p.record.name)
        .add("self", life == pod().life)
        .add("mqtt", p.record.mqtt)
        .add("links", p.record.links)
        .add("admin", p.record.admin)
        .add("version", p.record.version)
        .add("moves", !view_ || !view_->moves_from(life)       ? ""
                      : view_->move.why == move_purpose::drain ? "drains"
                                                               : "rebalances")
        .add("installed_view", p.reached)
        .add("adopted_view", p.adopted);
  to.add("pods", std::move(pods));
  facts::text_list departed;
  for (const auto& [life, g] : ghosts_)
    departed.push_back(life.str());
  to.add("departed", std::move(departed));
}

std::string peer::subject() const {
  return member_ ? member_->life.str() : std::string{};
}

wait_state peer::waits() const {
  if (is_ == life::member && !channel_.is_open())
    return {wait_kind::peer, unlinked_since_, "a link to the other pod"};
  if (!waiting_.empty())
    return {wait_kind::peer, net::time_point::max(), "the other pod to confirm what it was sent"};
  return {};
}

void peer::describe(facts& to) const {
  constexpr const char* lives[] = {"member", "departed", "handing over", "closed"};
  to.add("pod", subject()).add("is", lives[static_cast<std::size_t>(is_)]);
  to.add("linked", channel_.is_open());
  if (!channel_.is_open())
    to.add("unlinked_for_ms", ms(now() - unlinked_since_));
  to.add("unconfirmed_frames", channel_.backlog_frames());
  to.add("unconfirmed_bytes", channel_.backlog_bytes());
  to.add("unsettled_messages", unsettled_.size());
  to.add("waiting_batches", waiting_.size());
}

wait_state directory::waits() const {
  if (confirms_.empty())
    return {};
  return {wait_kind::store, confirms_.front().since, "what this pod wants to be written"};
}

void directory::describe(facts& to) const {
  to.add("connected", connected_).add("perhaps_out_of_date", suspended_);
  to.add("settled", settled_);
  to.add("confirms_waiting", confirms_.size()).add("wants_not_written", unwritten_.size());
  to.add("reads_awaited", awaited_);
  to.add("topics_watched", topics_.size()).add("buckets", buckets_.size());
  to.add("shards", shards_.size()).add("own_exact_topics", exact_.size());
}

wait_state registrar::waits() const {
  if (put_off_count_ == 0)
    return {};
  return {wait_kind::peer, put_off_since_, "the pods to agree on who has which session"};
}

void registrar::describe(facts& to) const {
  to.add("settled", settled_).add("gathered", gathered_);
  to.add("clients_known", holders_.size()).add("claims", claims_.size());
  to.add("claims_put_off", put_off_count_);
  facts::text_list missing;
  for (const auto& life : missing_)
    missing.push_back(life.str());
  to.add("rosters_missing", std::move(missing));
}

void porter::describe(facts& to) const {
  std::size_t far = 0;
  for (const auto& [life, connections] : far_)
    far += connections.size();
  to.add("connections_carried_to_other_pods", carriers_.size());
  to.add("connections_carried_from_other_pods", far);
}

wait_state adopter::waits() const {
  if (!view_ || view_ == done_)
    return {};
  return {wait_kind::store, net::time_point::max(), "sessions of departed pods to be read"};
}

void adopter::describe(facts& to) const {
  to.add("prefixes_to_list", prefixes_.size()).add("buckets_to_list", buckets_.size());
  to.add("sessions_to_look_at", candidates_.size()).add("sessions_in_work", in_work_);
  to.add("sessions_taken", taken_.size()).add("mails_being_read", mails_.size());
  to.add("sessions_to_announce", announcing_);
}

void reaper::describe(facts& to) const {
  to.add("leads", epoch_.has_value()).add("busy", busy_).add("term", term_);
  to.add("leases_to_reclaim", to_reclaim_.size()).add("mail_to_reap", doomed_.size());
}

} // namespace mqttzoo::actors
