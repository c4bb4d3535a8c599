// The index's dealings with other pods: what this one wants of them, and groups that have members
// in several.
#include "actors/directory.hpp"
#include "actors/index.hpp"
#include "actors/publish_ticket.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::actors {

void index::want(const std::string& filter) {
  if (pod().clustered())
    send(pod().directory, want_atom::value, filter);
}

void index::unwant(const std::string& filter) {
  if (pod().clustered())
    send(pod().directory, unwant_atom::value, filter);
}

bool index::has_far(const topic_state& t) const {
  return services().pod->clustered() && !stays_local(t.name->name());
}

/// A change of no session: its routes are yet to be filled in.
std::unique_ptr<pending_change> index::far_change(pending_change::answer to) const {
  auto what = std::make_shared<subscription_change>();
  what->session = other_pods_;
  return std::make_unique<pending_change>(std::move(what), to);
}

void index::join(const std::string& filter, const member_ref& pod) {
  const auto parsed = mqtt::parse_topic_filter(filter, mqtt::topic_bytes_max);
  if (!parsed || !parsed->is_shared())
    return;
  auto& g = group_of(*parsed);
  auto c = far_change(pending_change::answer::nobody);
  if (!g.routed)
    c->routes->add({std::string{parsed->filter()}, nullptr, g.number, g.handle});
  if (std::find(g.pods.begin(), g.pods.end(), pod) == g.pods.end()) {
    g.pods.push_back(pod);
    send(g.handle, join_atom::value, pod);
  }
  begin(std::move(c));
}

void index::leave(const std::string& filter, const member_ref& pod) {
  const auto parsed = mqtt::parse_topic_filter(filter, mqtt::topic_bytes_max);
  auto* g = parsed ? find_group(*parsed) : nullptr;
  if (!g || std::erase(g->pods, pod) == 0)
    return;
  send(g->handle, leave_atom::value, pod);
  if (!g->empty())
    return;
  auto c = far_change(pending_change::answer::nobody);
  remove_group(*c->routes, parsed->filter(), g->number);
  begin(std::move(c));
}

void index::take_in(const group_mail& mail) {
  const auto parsed = mqtt::parse_topic_filter(mail.filter, mqtt::topic_bytes_max);
  if (auto* g = parsed ? find_group(*parsed) : nullptr)
    send(g->handle, deliver_atom::value, mail);
  else
    send(mail.pod->peer, returned_atom::value, mail.number);
}

void index::take_back(const group_mail& mail) {
  const auto parsed = mqtt::parse_topic_filter(mail.filter, mqtt::topic_bytes_max);
  if (auto* g = parsed ? find_group(*parsed) : nullptr)
    return send(g->handle, returned_atom::value, mail);
  // Nobody is left to have it, here or there: see share_group.
  if (mail.promise && mail.promise->store_first())
    send(pod().post_office, decline_atom::value, mail.promise, mail.message);
}

void index::heard(const mqtt::topic_ref& name, const mqtt::message_ref& m) {
  const auto* t = holdings_->topics.find(name->name());
  const auto is = t ? t->is : life::dormant;
  if (is != life::dormant)
    send(t->handle, retain_atom::value, m);
  if (is != life::live) // what one says that will end may come too late for its next life
    retain(name, m);
}

/// A topic that waits for it does not end.
void index::retain_ended(const mqtt::message_ref& m, retain_outcome how) {
  const auto* t = holdings_->topics.find(m->topic());
  if (t && t->is != life::dormant)
    send(t->handle, retain_ended_atom::value, m, how);
}

} // namespace mqttzoo::actors
