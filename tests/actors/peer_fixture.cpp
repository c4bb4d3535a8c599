#include "tests/actors/peer_fixture.hpp"

namespace mqttzoo::test {

noted_ticket::~noted_ticket() {
  log_->push_back(name_ + ':' + std::to_string(static_cast<int>(outcome().reason)));
}

peer_fixture::peer_fixture() {
  pod.membership = sys.spawn(fake_membership, membership);
  for (const auto* life : {"c-1", "d-1"}) {
    auto m = make_ref<actors::cluster_member>(pod_life{life});
    logs[life] = std::make_shared<peer_log>();
    m->peer = sys.spawn(fake_peer, logs[life]);
    logs[life]->member = m.get();
    members.emplace(life, m);
  }
  members.emplace("a-1", make_ref<actors::cluster_member>(pod.life));
  // Was a member once: nobody sends to it.
  members.emplace("e-1", make_ref<actors::cluster_member>(pod_life{"e-1"}));
  spawn_peer(nullptr);
}

peer_fixture::~peer_fixture() {
  run();
  caf::anon_send(b->peer, actors::retire_atom::value);
  for (auto& [life, log] : logs)
    caf::anon_send(members.at(life)->peer, actors::shut_down_atom::value);
  caf::anon_send(pod.membership, actors::shut_down_atom::value);
  run();
}

void peer_fixture::spawn_peer(actors::view_ref before) {
  if (b)
    caf::anon_send(b->peer, actors::retire_atom::value);
  b = make_ref<actors::cluster_member>(pod_life{"b-1"});
  b->peer = actors::spawn_on<actors::peer>(services, sys, actors::member_ref{b}, before);
  members.insert_or_assign("b-1", b);
  run();
}

actors::view_ref peer_fixture::view(std::int64_t number, const strings& others) const {
  std::vector<actors::member_ref> all{members.at("a-1")};
  for (const auto& life : others)
    all.push_back(members.at(life));
  return make_ref<const actors::cluster_view>(number, std::move(all), members.at("a-1"));
}

void peer_fixture::settle() {
  do
    run();
  while (far.wire.deliver(1) > 0);
}

void peer_fixture::advance() {
  clock.advance(std::chrono::milliseconds{25});
  timers.run_due(clock.now());
  settle();
}

mqtt::message_ref peer_fixture::message(const std::string& payload, mqtt::qos qos) {
  mqtt::message_head head;
  head.topic = make_ref<const mqtt::shared_topic>("t");
  head.qos = qos;
  return mqtt::message::make(std::move(head), {}, payload);
}

actors::pod_frame peer_fixture::far_message(const std::string& payload, std::uint64_t number) {
  actors::messages_writer frame{"t", {}, number};
  frame.add(message(payload), {});
  return frame.take();
}

ref<actors::publish_ticket> peer_fixture::promise(const std::string& name, policy p) {
  return make_ref<noted_ticket>(p, name, outcome_log);
}

void peer_fixture::publish(const strings& payloads, policy p,
                           std::vector<actors::departed_pod> orphans_of) {
  auto batch = make_ref<actors::batch>(make_ref<const mqtt::shared_topic>("t"), actors::card_ref{},
                                       mqtt::connection_epoch::none);
  actors::ticket_list tickets;
  for (const auto& text : payloads) {
    batch->add({message(text), mqtt::packet_id::none});
    tickets.push_back(text.starts_with('-') ? nullptr : promise(text, p));
  }
  if (std::all_of(tickets.begin(), tickets.end(), [](const auto& t) { return t == nullptr; }))
    tickets.clear();
  batch->origin.orphans_of = std::move(orphans_of);
  caf::anon_send(b->peer, actors::publish_atom::value, actors::batch_ref{std::move(batch)},
                 std::move(tickets));
  run();
}

void peer_fixture::publish_to_group(const std::string& payload, bool promised) {
  tell(actors::deliver_atom::value,
       actors::group_mail{"$share/g/t", message(payload), promised ? promise(payload) : nullptr,
                          nullptr, 0});
}

peer_fixture::strings peer_fixture::heard() {
  strings all;
  for (const auto& body : far.take(actors::frame_kind::messages)) {
    actors::messages_reader in{body};
    const auto name = make_ref<const mqtt::shared_topic>(std::string{in.topic()});
    auto number = in.first_number();
    while (const auto m = in.next(name, clock.now())) {
      all.push_back(std::to_string(number) + '=' + std::string{m->payload()});
      number += number > 0;
    }
    CAF_CHECK(!in.failed());
  }
  return all;
}

void peer_fixture::answer(std::vector<std::uint64_t> numbers, mqtt::reason_code outcome) {
  far.say(actors::encode_settled({outcome, std::move(numbers)}));
  settle();
}

void peer_fixture::give_word(std::uint64_t number) {
  far.say(actors::encode_word(number, {zk::create_op{"/x", "data", zk::create_mode::persistent}}));
  settle();
}
} // namespace mqttzoo::test
