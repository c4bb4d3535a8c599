// A pod with a tracer, a publisher and a subscriber, for tests of traces.
#pragma once

#include "actors/tracer.hpp"
#include "tests/actors/fixture.hpp"

namespace mqttzoo::test {

using actors::trace_id;
using actors::trace_terms;
using actors::trace_verdict;
using std::chrono::seconds;

inline constexpr std::uint32_t kept_s = 3600;

struct tracer_fixture : pod_fixture {
  client publisher{*this, "p"};
  client subscriber{*this, "s"};

  tracer_fixture() {
    pod.tracer = actors::spawn_on<actors::tracer>(services, sys);
    publisher.connect();
    subscriber.connect();
    settle();
  }
  ~tracer_fixture() override {
    caf::anon_send(pod.tracer, actors::shut_down_atom::value);
    settle();
    pod.tracer = nullptr;
  }

  actors::tracer& tracer() {
    return static_cast<actors::tracer&>(*caf::actor_cast<caf::abstract_actor*>(pod.tracer));
  }

  static trace_terms terms(trace_terms::subject by, const std::string& text) {
    trace_terms t;
    t.by = by;
    t.text = text;
    t.one_in = 1;
    t.lasts = seconds{60};
    t.messages_max = 1000;
    return t;
  }

  trace_id follow(trace_terms t) {
    const auto id = tracer().start(std::move(t));
    settle();
    CAF_REQUIRE(id.has_value());
    return *id;
  }
  trace_id follow_topic(const std::string& filter) {
    return follow(terms(trace_terms::subject::topic, filter));
  }

  actors::trace_page read(trace_id id) {
    advance(actors::trace_recorder::flush_interval);
    auto page = tracer().read(id, 0, 10'000);
    CAF_REQUIRE(page.has_value());
    return *std::move(page);
  }

  /// The one message that it followed.
  actors::trace_life life(trace_id id) {
    const auto page = read(id);
    CAF_REQUIRE_EQUAL(page.messages.size(), 1u);
    return page.messages[0].second;
  }
  trace_verdict verdict(trace_id id) { return life(id).verdict(); }

  strings events(trace_id id) {
    strings all;
    for (const auto& s : read(id).steps)
      all.emplace_back(actors::to_string(s.what.what));
    return all;
  }

  std::uint64_t followed(trace_id id) { return read(id).of.followed; }

  mqtt::packet_id received_id(client& c) {
    const auto got = c.received_of<mqtt::publish_packet>();
    CAF_REQUIRE_EQUAL(got.size(), 1u);
    return got[0].id;
  }

  void publish_with(const std::string& topic, mqtt::publish_packet p) {
    p.topic = topic;
    p.payload = "m";
    std::string bytes;
    encode(p, mqtt::protocol_version::v5, 0, bytes);
    publisher.send(bytes);
  }
};

} // namespace mqttzoo::test
