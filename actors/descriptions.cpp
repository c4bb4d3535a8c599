// What the actors of a pod, other than sessions, say of themselves to people.
#include "actors/bank.hpp"
#include "actors/courier.hpp"
#include "actors/doorman.hpp"
#include "actors/gatekeeper.hpp"
#include "actors/home.hpp"
#include "actors/index.hpp"
#include "actors/post_office.hpp"
#include "actors/share_group.hpp"
#include "actors/topic.hpp"

#include <string>

namespace mqttzoo::actors {

namespace {

constexpr std::size_t accounts_told_max = 100;
constexpr std::size_t members_told_max = 1'000;

std::vector<facts> accounts_of(const std::vector<bank_accounts::named_account>& accounts) {
  std::vector<facts> list;
  for (const auto& a : accounts)
    list.emplace_back()
        .add("name", a.name)
        .add("credits", a.of.credits)
        .add("bytes", a.of.bytes)
        .add("messages", a.of.messages)
        .add("until_unix_ms", a.of.until_unix_ms);
  return list;
}

facts::text_list lives_of(const std::vector<member_ref>& pods) {
  facts::text_list lives;
  for (const auto& m : pods)
    lives.push_back(m->life.str());
  return lives;
}

} // namespace

// --- the bank ---

wait_state bank::waits() const {
  if (work_ == work::busy)
    return {wait_kind::store, busy_since_, "the store to carry out a transaction"};
  return {};
}

void bank::describe(facts& to) const {
  constexpr const char* names[] = {"idle", "busy", "over"};
  to.add("books", life_.str());
  to.add("work", names[static_cast<std::size_t>(work_)]);
  to.add("total_credits", total_);
  to.add("granted", granted_).add("spent", spent_).add("lent_to_units", lent_);
  to.add("available", available());
  to.add("transactions", seq_);
  to.add("waiting_transactions", queue_.size()).add("waiting_bytes", queue_bytes_);
  to.add("waiting_credits", queue_cost_).add("under_way", batch_.size());
  to.add("waiting_loans", loans_.size());
  const bool refuses = now() < draw_again_at_;
  to.add("draws_again_in_ms", refuses ? ms(draw_again_at_ - now()) : 0);
  if (draw_failed_)
    to.add("draw_failed", zk::to_string(*draw_failed_));
  const auto& all = accounts_.all();
  to.add("held_credits", all.credits).add("held_bytes", all.bytes);
  to.add("held_messages", all.messages);
  to.add("next_expiry_unix_ms", accounts_.next_expiry_unix_ms());
  to.add("client_count", accounts_.clients()).add("topic_count", accounts_.topics());
  to.add("clients", accounts_of(accounts_.largest_clients(accounts_told_max)));
  to.add("topics", accounts_of(accounts_.largest_topics(accounts_told_max)));
}

// --- the post office ---

void post_office::describe(facts& to) const {
  to.add("mails", mails_.size()).add("pointers", pointers_.size());
  to.add("gathering", gatherings_.size()).add("sessions", known_sessions_.size());
  to.add("waiting_for_room", waiting_.size()).add("waiting_bytes", waiting_bytes_);
  to.add("being_written", being_written_.size());
  to.add("retained_leases", leases_.size());
  to.add("expiring", expiring_.size());
}

// --- topics ---

std::string topic::subject() const {
  return name_ ? name_->name() : std::string{};
}

wait_state topic::waits() const {
  if (kept_.empty())
    return {};
  return {wait_kind::peer, net::time_point::max(),
          far_ ? "pods to take over what a departed one had" : "which other pods want it"};
}

void topic::glance(facts& to) const {
  std::size_t sessions = 0;
  route_.for_each_unit(
      [&](unit_index, const ref<const target_list>& list) { sessions += list->targets.size(); });
  to.add("session_count", sessions).add("group_count", route_.groups().size());
  to.add("pod_count", far_pods()).add("batches", batches_);
  to.add("retained", retained_ != nullptr);
}

void topic::describe(facts& to) const {
  to.add("topic", subject()).add("batches", batches_);
  to.add("retained_bytes", retained_ ? retained_->footprint_bytes() : 0);
  to.add("retained_waits_for_store", unpaid_ != nullptr);
  to.add("kept_batches", kept_.size());
  std::size_t sessions = 0;
  std::vector<facts> by_unit;
  std::vector<facts> targets;
  route_.for_each_unit([&](unit_index u, const ref<const target_list>& list) {
    sessions += list->targets.size();
    by_unit.emplace_back()
        .add("unit", static_cast<std::uint16_t>(u))
        .add("sessions", list->targets.size());
    for (const auto& t : list->targets)
      if (targets.size() < members_told_max)
        targets.emplace_back()
            .add("client", t.session->client.str())
            .add("qos", static_cast<std::uint8_t>(t.terms->maximum_qos))
            .add("connected", t.session->connected.load(std::memory_order_relaxed))
            .add("persistent", t.session->persistent.load(std::memory_order_relaxed));
  });
  to.add("session_count", sessions).add("units", std::move(by_unit));
  to.add("sessions", std::move(targets));
  std::vector<facts> groups; // their own pages have filter and members
  for (const auto& g : route_.groups())
    if (groups.size() < members_told_max)
      groups.emplace_back().add("actor", g.group.id());
  to.add("group_count", route_.groups().size()).add("groups", std::move(groups));
  if (has_far_)
    to.add("knows_other_pods", far_ != nullptr);
  to.add("pods", far_ ? lives_of(far_->pods) : facts::text_list{});
}

void share_group::describe(facts& to) const {
  to.add("filter", filter_).add("members", members_.size());
  to.add("pods", lives_of(pods_));
}

void courier::describe(facts& to) const {
  std::size_t unknown = 0;
  for (const auto& [name, e] : topics_)
    unknown += e.topic ? 0 : 1;
  to.add("topics", topics_.size()).add("topics_asked_for", unknown);
}

void index::describe(facts& to) const {
  to.add("wanted_topics", wanted_.names.size()).add("lonely_topics", lonely_.names.size());
  to.add("groups", holdings_->groups_by_number.size());
  to.add("sessions_with_subscriptions", holdings_->filters.size());
  to.add("retained_messages", pod().retained.messages.load(std::memory_order_relaxed));
  to.add("retained_bytes", pod().retained.bytes.load(std::memory_order_relaxed));
}

// --- who may come in ---

void doorman::describe(facts& to) const {
  to.add("visitors", visitors_.size()).add("closed", closed_);
}

void gatekeeper::describe(facts& to) const {
  to.add("logins_that_wait", waiting_);
}

void home::describe(facts& to) const {
  to.add("sessions", sessions_.size()).add("clients_that_wait", waiting_.size());
  to.add("connections_of_other_pods_that_wait", successors_.size());
  to.add("accounts", accounts_.accounts());
  to.add("stops", stops_);
}

} // namespace mqttzoo::actors
