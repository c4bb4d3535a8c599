#include "actors/courier.hpp"

#include <cassert>

namespace mqttzoo::actors {

courier::courier(caf::actor_config& config, unit_services& services)
    : pinned_base<courier_actor>(config, services) {}

courier::behavior_type courier::make_behavior() {
  return {
      [this](deliver_atom, const fan_out& f) { hand_out(*f.messages, f.tickets, *f.targets); },
      [](deliver_atom, const card_ref& to, const parcel& p) { to->local->deliver_inline(p); },
      [this](found_atom, const mqtt::topic_ref& name, const topic_actor& t) {
        topic_found(name, t);
      },
      [this](forget_atom, const mqtt::topic_ref& name) { forget(name); },
      [this](publish_atom, const mqtt::message_ref& m) { publish(m); },
      [this](lent_atom, const loan& l) { services().memory->lent(l); },
      [this](follow_atom, const running_traces& all) { services().traces.install(all); },
      [](seal_atom, const card_ref& of) { of->local->seal_inline(); },
  };
}

courier::entry& courier::look_up(std::string_view topic) {
  const auto found = topics_.find(topic);
  if (found != topics_.end())
    return found->second;
  auto name = make_ref<const mqtt::shared_topic>(std::string{topic});
  send(pod().index, activate_atom::value, name, services().index);
  return topics_.emplace(name->name(), entry{name, {}, {}}).first->second;
}

void courier::route(entry& to, batch_ref b) {
  if (to.topic)
    send(to.topic, publish_atom::value, std::move(b));
  else
    to.waiting.push_back(std::move(b));
}

void courier::topic_found(const mqtt::topic_ref& name, const topic_actor& t) {
  auto found = topics_.find(name->name());
  if (found == topics_.end())
    return;
  auto& e = found->second;
  e.topic = t;
  for (auto& b : e.waiting)
    send(t, publish_atom::value, std::move(b));
  e.waiting = {};
}

void courier::forget(const mqtt::topic_ref& name) {
  auto found = topics_.find(name->name());
  // An entry that waits for the index is about the topic's next life.
  if (found != topics_.end() && found->second.topic)
    topics_.erase(found);
  send(pod().index, forgotten_atom::value, name);
}

void courier::publish(const mqtt::message_ref& m) {
  auto& to = look_up(m->topic());
  auto b = make_ref<batch>(to.name, card_ref{}, mqtt::connection_epoch::none);
  b->add({m, mqtt::packet_id::none});
  route(to, std::move(b));
}

void courier::hand_out(const batch& b, const ticket_list& tickets, const target_list& to) {
  for (const auto& t : to.targets) {
    assert(t.session->unit == services().index);
    t.session->local->deliver_inline(b, tickets, t);
  }
}

} // namespace mqttzoo::actors
