// Post offices of three pods, and what they tell each other of retained messages: carried by hand.
//
// Lives for one test, on its thread.
#pragma once

#include "tests/actors/cluster_store.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mqttzoo::test {

struct news_fixture : cluster_store_fixture {
  using found_messages = std::shared_ptr<const std::vector<actors::found_retained>>;

  pod_parts& a = *pods[0];
  pod_parts& b = *pods[1];
  pod_parts& c = *pods[2];

  void retain(pod_parts& p, const std::string& topic, const std::string& payload) {
    begin_retaining(p, topic, payload);
    settle();
  }
  void begin_retaining(pod_parts& p, const std::string& topic, const std::string& payload) {
    begin_retaining(p, topic, payload.empty() ? nullptr : make_message(topic, payload, true));
  }
  static void begin_retaining(pod_parts& p, const std::string& topic, const mqtt::message_ref& m) {
    caf::anon_send(p.office(), actors::retain_atom::value,
                   mqtt::topic_ref{make_ref<const mqtt::shared_topic>(topic)}, m,
                   actors::ticket_list{});
  }
  void retain_for(pod_parts& p, const std::string& topic, const std::string& payload,
                  std::chrono::seconds time) {
    mqtt::message_head head;
    head.topic = make_ref<const mqtt::shared_topic>(topic);
    head.retain = true;
    head.expires_at = clock.now() + time;
    begin_retaining(p, topic, mqtt::message::make(std::move(head), {}, payload));
    settle();
  }

  /// What `from` told its peer for `to`, from the `first`-th frame on, comes there; the peers of
  /// `from` and `to` for each other have these indices.
  void carry(pod_parts& from, std::size_t peer, pod_parts& to, std::size_t as,
             std::size_t first = 0) {
    const auto frames = from.peers[peer]->frames;
    for (auto i = first; i < frames.size(); ++i)
      tell(to, as, frames[i]);
    settle();
  }
  void tell(pod_parts& to, std::size_t as, const actors::pod_frame& f) {
    caf::anon_send(to.office(), actors::heard_atom::value, to.others[as], f);
  }

  /// All but what comes late.
  void settle_but_late() {
    do
      run();
    while (store->run_turn() > 0);
  }

  /// What `p` has just begun to write is written, and `p` does not know that yet.
  void write_and_answer_late(pod_parts& p) {
    p.faults.next_meets(zk::fault::delay);
    settle_but_late();
  }

  /// Likewise the renewal of a message that `p` has retained for 10 s.
  void renew_and_answer_late(pod_parts& p) {
    advance(std::chrono::seconds{7});
    clock.advance(std::chrono::milliseconds{600}); // three quarters of its time are over
    p.faults.next_meets(zk::fault::delay);
    timers.run_due(clock.now());
    settle_but_late();
  }

  void retain_meanwhile(pod_parts& p, const std::string& topic, const std::string& payload) {
    begin_retaining(p, topic, payload);
    settle_but_late();
  }

  // --- pods that depart ---

  /// It writes nothing any more.
  void kill(pod_parts& p) {
    caf::anon_send_exit(p.pod.bank, caf::exit_reason::user_shutdown);
    settle();
  }
  /// As a leader's scan finds the topic now.
  found_messages scan(const std::string& topic) {
    auto found = std::make_shared<std::vector<actors::found_retained>>();
    const auto node = node_of(topic);
    found->push_back(
        {zk::decode_retained(node.data).value(), node.stat.version, node.stat.mzxid, nullptr});
    return found;
  }
  void adopt(pod_parts& p, const found_messages& found) {
    caf::anon_send(p.office(), actors::adopt_atom::value, found);
    settle();
  }

  /// So much time that every message is renewed by whoever has its lease.
  void pass_renewals() {
    for (int i = 0; i < 12; ++i)
      advance(std::chrono::seconds{10});
  }

  // --- what came of it ---

  zk::node node_of(const std::string& topic) {
    zk::node found;
    store->get(answers, paths.retained(topic), nullptr, [&](expected<zk::node, zk::error> n) {
      CAF_REQUIRE(n);
      found = std::move(*n);
    });
    store->run_turn();
    return found;
  }
  void expect_stored(const std::string& topic, const std::string& payload) {
    const auto record = zk::decode_retained(data_of(paths.retained(topic)));
    CAF_REQUIRE(record);
    CAF_CHECK_EQUAL(record->payload, payload);
  }
  void expect_version(const std::string& topic, zk::version version) {
    CAF_CHECK_EQUAL(node_of(topic).stat.version, version);
  }
  void expect_renewed_by(const std::string& topic, std::string_view life) {
    const auto record = zk::decode_retained(data_of(paths.retained(topic)));
    CAF_REQUIRE(record);
    CAF_CHECK_EQUAL(record->writer.str(), std::string{life});
  }
  static void expect_heard(const pod_parts& p, const std::vector<std::string>& payloads) {
    std::vector<std::string> got;
    for (const auto& [topic, m] : p.index->heard)
      got.emplace_back(m ? std::string{m->payload()} : "removed");
    CAF_CHECK_EQUAL(got, payloads);
  }
};

} // namespace mqttzoo::test
