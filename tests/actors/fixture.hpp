// One unit under CAF's deterministic coordinator: a manual clock, connections that record, and a store that turns when told.
//
// Lives for one test. Everything runs on the test's thread: run() drains mailboxes, settle() also lets the store answer.
#pragma once

#include "actors/courier.hpp"
#include "actors/home.hpp"
#include "actors/index.hpp"
#include "actors/limits.hpp"
#include "actors/post_office.hpp"
#include "actors/session.hpp"
#include "core/clock.hpp"
#include "mqtt/decoder.hpp"
#include "mqtt/encoder.hpp"
#include "zk/embedded_store.hpp"

#include <caf/test/dsl.hpp>

#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace mqttzoo::test {

/// A connection whose other end is the test.
class fake_connection final : public net::connection {
public:
  void attach_events(net::connection_events& events) override { events_ = &events; }
  void detach_events() override { events_ = nullptr; }
  std::string& out() override { return sent_; }
  void send_payload(mqtt::message_ref m) override { sent_ += m->payload(); }
  void flush_later() override {}
  std::size_t outbox_bytes() const noexcept override { return stuck_bytes; }
  void pause_reading() override { paused = true; }
  void resume_reading() override { paused = false; }
  void close() override { closed = true; }
  void abort() override { closed = true; }
  net::detached_socket detach_socket() override { return {}; }
  std::string peer() const override { return "test"; }

  net::connection_events* events() { return events_; }

  /// What was sent since the last call, decoded as the client would.
  std::vector<mqtt::packet> take(mqtt::protocol_version version) {
    text_ = std::exchange(sent_, {});
    std::string_view rest = text_;
    std::vector<mqtt::packet> packets;
    while (!rest.empty()) {
      mqtt::frame f;
      auto status = mqtt::next_frame(rest, 1 << 28, f);
      if (!status || *status != mqtt::frame_status::complete)
        CAF_FAIL("the broker sent a malformed or incomplete packet");
      auto p = mqtt::decode(f, version, mqtt::peer::server, scratch_);
      if (!p)
        CAF_FAIL("the broker sent a packet that a client refuses: " << p.error().what);
      packets.push_back(std::move(*p));
      rest.remove_prefix(f.wire_size_bytes);
    }
    return packets;
  }

  bool paused = false;
  bool closed = false;
  std::size_t stuck_bytes = 0;

private:
  net::connection_events* events_ = nullptr;
  std::string sent_;
  std::string text_; ///< what the last take() views
  std::string scratch_;
};

struct pod_fixture : test_coordinator_fixture<> {
  pod_fixture() {
    services.pod = &pod;
    services.host = sys.dummy_execution_unit();
    services.timers = &timers;
    pod.clock = &clock;
    services.limits = actors::make_limits(services.settings);
    pod.units.push_back(&services);
    zk::embedded_options options;
    options.path = ":memory:";
    options.clock = &clock;
    options.threading = zk::store_threading::manual;
    store = std::move(zk::embedded_store::open(options).value());
    pod.store = store.get();
    pod.store_answers = &answers;
    for (const auto& path : zk::paths{}.skeleton())
      store->create(answers, path, {}, zk::create_mode::persistent, [](auto) {});
    store->run_turn();
    services.courier_handle = actors::spawn_on<actors::courier>(services, sys);
    services.local_courier =
        static_cast<actors::courier*>(caf::actor_cast<caf::abstract_actor*>(services.courier_handle));
    pod.index = actors::spawn_on<actors::index>(services, sys);
    pod.post_office = actors::spawn_on<actors::post_office>(services, sys, zk::paths{}, actors::recovered_mail{});
    run();
  }

  ~pod_fixture() override {
    for (auto& c : cards)
      caf::anon_send_exit(c->handle, caf::exit_reason::user_shutdown);
    run();
    caf::anon_send_exit(services.courier_handle, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(pod.index, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(pod.post_office, caf::exit_reason::user_shutdown);
    run();
    cards.clear();
    services.courier_handle = nullptr;
    pod.index = nullptr;
    pod.post_office = nullptr;
  }

  /// Runs everything until nothing moves: mailboxes and the store.
  void settle() {
    do
      run();
    while (store->run_turn() > 0);
    run();
  }

  void advance(std::chrono::nanoseconds by) {
    clock.advance(by);
    timers.run_due(clock.now());
    settle();
  }

  core::manual_clock clock;
  net::timer_queue timers;
  zk::inline_executor answers;
  std::unique_ptr<zk::embedded_store> store;
  actors::pod_services pod;
  actors::unit_services services;
  std::vector<actors::card_ref> cards;
  std::uint64_t last_epoch = 0;
};

/// A client and its session.
class client {
public:
  client(pod_fixture& f, std::string id) : f_(f), id_(std::move(id)) {}

  /// Connects (again), spawning the session if it is the first time; returns CONNACK.
  mqtt::connack_packet connect(bool clean_start = true, std::uint32_t expiry_s = 0) {
    if (!card) {
      card = actors::spawn_session(f_.services, f_.sys, client_id{id_}, nullptr);
      f_.cards.push_back(card);
    }
    wire = std::make_shared<fake_connection>();
    auto a = std::make_shared<actors::attachment>();
    a->connect.packet.client_id = id_;
    a->connect.packet.clean_start = clean_start;
    a->connect.packet.session_expiry_interval_s = expiry_s;
    a->connect.session_expiry_interval_s = expiry_s;
    a->connect.packet.will = will;
    a->connection = wire;
    a->session = card;
    a->epoch = ++f_.last_epoch;
    caf::anon_send(card->handle, actors::attach_atom::value, a);
    f_.settle();
    auto packets = received();
    if (packets.empty() || !std::holds_alternative<mqtt::connack_packet>(packets[0]))
      CAF_FAIL("no CONNACK");
    early.assign(packets.begin() + 1, packets.end());
    return std::get<mqtt::connack_packet>(packets[0]);
  }

  /// The network connection breaks.
  void lose_connection() {
    auto* events = wire->events();
    wire->detach_events();
    events->on_closed(net::close_cause::by_peer);
    f_.settle();
  }

  void send(const std::string& bytes) {
    if (wire->events())
      wire->events()->on_input(bytes);
    f_.settle();
  }

  void subscribe(const std::string& filter, mqtt::qos q = mqtt::qos::at_most_once) {
    mqtt::subscribe_packet p;
    p.id = mqtt::packet_id{++last_id_};
    p.entries.push_back({filter, {q}});
    std::string bytes;
    encode(p, mqtt::protocol_version::v5, bytes);
    send(bytes);
  }

  void unsubscribe(const std::string& filter) {
    mqtt::unsubscribe_packet p;
    p.id = mqtt::packet_id{++last_id_};
    p.filters.push_back(filter);
    std::string bytes;
    encode(p, mqtt::protocol_version::v5, bytes);
    send(bytes);
  }

  static std::string publish_bytes(const std::string& topic, const std::string& payload,
                                   mqtt::qos q = mqtt::qos::at_most_once, std::uint16_t id = 0, bool retain = false) {
    mqtt::publish_packet p;
    p.topic = topic;
    p.payload = payload;
    p.qos = q;
    p.id = mqtt::packet_id{id};
    p.retain = retain;
    std::string bytes;
    encode(p, mqtt::protocol_version::v5, 0, bytes);
    return bytes;
  }

  void publish(const std::string& topic, const std::string& payload, mqtt::qos q = mqtt::qos::at_most_once,
               std::uint16_t id = 0, bool retain = false) {
    send(publish_bytes(topic, payload, q, id, retain));
  }

  void acknowledge(mqtt::packet_type type, mqtt::packet_id id) {
    std::string bytes;
    append_ack(type, id, mqtt::reason_code::success, mqtt::protocol_version::v5, bytes);
    send(bytes);
  }

  std::vector<mqtt::packet> received() { return wire->take(mqtt::protocol_version::v5); }

  /// The packets of type `T` among those received since the last call of any kind.
  template<class T>
  std::vector<T> received_of() {
    std::vector<T> found;
    for (auto& p : received())
      if (auto* t = std::get_if<T>(&p))
        found.push_back(std::move(*t));
    return found;
  }

  std::vector<std::string> payloads() {
    std::vector<std::string> found;
    for (const auto& p : received_of<mqtt::publish_packet>())
      found.emplace_back(p.payload);
    return found;
  }

  actors::card_ref card;
  std::shared_ptr<fake_connection> wire;
  std::optional<mqtt::will> will;
  std::vector<mqtt::packet> early; ///< what followed CONNACK at once

private:
  pod_fixture& f_;
  std::string id_;
  std::uint16_t last_id_ = 0;
};

using strings = std::vector<std::string>;

} // namespace mqttzoo::test
