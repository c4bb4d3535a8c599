// A pod of two units under CAF's deterministic coordinator: a manual clock, connections that
// record, and a store that turns when told.
//
// Lives for one test. Everything runs on the test's thread: run() drains mailboxes, settle() also
// lets the store answer.
#pragma once

#include "actors/courier.hpp"
#include "actors/doorman.hpp"
#include "actors/home.hpp"
#include "actors/index.hpp"
#include "actors/limits.hpp"
#include "actors/post_office.hpp"
#include "actors/recovery.hpp"
#include "actors/session.hpp"
#include "core/clock.hpp"
#include "mqtt/decoder.hpp"
#include "mqtt/encoder.hpp"
#include "zk/embedded_store.hpp"
#include "zk/faulty_store.hpp"

#include <caf/test/dsl.hpp>

#include <memory>
#include <random>
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

/// What a pod is made of, where a test wants something else than an empty store in memory.
struct pod_options {
  std::string path = ":memory:";
  core::manual_clock* clock = nullptr; ///< null: one of its own
  actors::recovered found = {};
};

/// Two units on one thread. The index, the post office and, unless they say otherwise, all clients
/// are on the first.
struct pod_fixture : test_coordinator_fixture<> {
  explicit pod_fixture(pod_options options = {})
      : clock(options.clock ? *options.clock : own_clock_) {
    zk::embedded_options embedded;
    embedded.path = options.path;
    embedded.clock = &clock;
    embedded.threading = zk::store_threading::manual;
    store = std::move(zk::embedded_store::open(embedded).value());
    faults = std::make_unique<zk::faulty_store>(*store, zk::faulty_options{});
    pod.clock = &clock;
    pod.store = faults.get();
    pod.store_answers = &answers;
    for (const auto& path : zk::paths{}.skeleton())
      store->create(answers, path, {}, zk::create_mode::persistent, [](auto) {});
    store->run_turn();
    make_unit(services, 0);
    make_unit(second, 1);
    make_actors(std::move(options.found));
    settle();
  }

  ~pod_fixture() override {
    settle();
    for (auto* u : pod.units) {
      caf::anon_send(u->doorman, actors::shut_down_atom::value);
      caf::anon_send_exit(u->courier_handle, caf::exit_reason::user_shutdown);
    }
    caf::anon_send(pod.home, actors::shut_down_atom::value);
    run();
    caf::anon_send_exit(pod.index, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(pod.post_office, caf::exit_reason::user_shutdown);
    settle();
    for (auto* u : pod.units) {
      u->courier_handle = nullptr;
      u->doorman = nullptr;
    }
    pod.index = nullptr;
    pod.home = nullptr;
    pod.post_office = nullptr;
  }

  /// Runs everything until nothing moves: mailboxes and the store.
  void settle() {
    do
      run();
    while (store->run_turn() > 0 || faults->step());
    run();
  }

  /// The same, but whose turn it is is drawn: what runs at the same time on several units may
  /// happen in any order.
  void settle_shuffled(std::mt19937_64& random) {
    do
      while (step_shuffled(random)) {
      }
    while (store->run_turn() > 0);
  }

  /// One message of an actor that is drawn; false if none has any.
  bool step_shuffled(std::mt19937_64& random) {
    if (sched.jobs.empty())
      return false;
    std::swap(sched.jobs.front(), sched.jobs[random() % sched.jobs.size()]);
    sched.run_once();
    return true;
  }

  void advance(std::chrono::nanoseconds by) {
    pass(by);
    settle();
  }

  /// Time passes and timers are called, but no message is read.
  void pass(std::chrono::nanoseconds by) {
    clock.advance(by);
    timers.run_due(clock.now());
  }

  /// How many nodes below `path`, on all levels, have a name that begins so.
  std::size_t nodes_below(const std::string& path, std::string_view with) {
    std::size_t n = 0;
    store->scan(
        answers, path, {zk::scan_depth::subtree},
        [&](std::vector<zk::scanned_node> page) {
          for (const auto& node : page)
            n += zk::last_level_of(node.path).starts_with(with) && !node.data.empty();
        },
        [](auto) {});
    while (store->run_turn() > 0) {
    }
    return n;
  }

  std::size_t mails() { return nodes_below(zk::paths{}.topics(), "m-"); }
  std::size_t pointers() { return nodes_below(zk::paths{}.sessions(), "p-"); }
  std::size_t received_ids() { return nodes_below(zk::paths{}.sessions(), "r-"); }
  std::size_t stored_sessions() {
    return nodes_below(zk::paths{}.sessions(), "") - pointers() - received_ids();
  }

  /// From now on the store hears nothing of what is done: the pod could as well be dead.
  void crash() { store->close(); }

  actors::doorman& doorman_of(actors::unit_services& on) {
    return static_cast<actors::doorman&>(*caf::actor_cast<caf::abstract_actor*>(on.doorman));
  }

private:
  core::manual_clock own_clock_;

public:
  core::manual_clock& clock;
  net::timer_queue timers;
  zk::inline_executor answers;
  std::unique_ptr<zk::embedded_store> store;
  std::unique_ptr<zk::faulty_store> faults; ///< over `store`; does no harm unless it is told to
  actors::pod_services pod;
  actors::unit_services services;
  actors::unit_services second;
  /// What the next socket that comes to a unit becomes.
  std::shared_ptr<fake_connection> adoptable;

private:
  void make_unit(actors::unit_services& u, std::uint16_t number) {
    u.index = unit_index{number};
    u.pod = &pod;
    u.host = sys.dummy_execution_unit();
    u.timers = &timers;
    u.limits = actors::make_limits(u.settings);
    u.adopt = [this](net::detached_socket) { return adoptable; };
    pod.units.push_back(&u);
    u.courier_handle = actors::spawn_on<actors::courier>(u, sys);
    u.local_courier =
        static_cast<actors::courier*>(caf::actor_cast<caf::abstract_actor*>(u.courier_handle));
    u.doorman = actors::spawn_on<actors::doorman>(u, sys);
  }

  /// As a pod starts with what it found.
  void make_actors(actors::recovered found) {
    pod.index = actors::spawn_on<actors::index>(services, sys);
    for (auto& m : found.retained)
      caf::anon_send(pod.index, actors::retain_atom::value, m->shared_topic_name(), m);
    actors::recovered_mail mail;
    actors::home::found_sessions cards;
    for (auto& s : found.sessions) {
      auto change = std::make_shared<actors::subscription_change>();
      change->add = s.state->subscriptions;
      auto received = s.state->received;
      auto card = actors::spawn_session(services, sys, s.client, s.state);
      change->session = card;
      caf::anon_send(pod.index, actors::change_atom::value,
                     std::shared_ptr<const actors::subscription_change>{std::move(change)});
      for (auto& p : s.pointers) {
        p.session = card;
        mail.pointers.push_back(std::move(p));
      }
      mail.received.emplace_back(card, std::move(received));
      cards.push_back(std::move(card));
    }
    pod.post_office =
        actors::spawn_on<actors::post_office>(services, sys, zk::paths{}, std::move(mail));
    pod.home = actors::spawn_on<actors::home>(services, sys, std::move(cards));
  }
};

/// A client and its session.
class client {
public:
  client(pod_fixture& f, std::string id) : client(f, std::move(id), f.services) {}
  /// Its connections come to the unit `on`.
  client(pod_fixture& f, std::string id, actors::unit_services& on)
      : f_(f), on_(on), id_(std::move(id)) {}

  /// Connects (again); returns CONNACK.
  mqtt::connack_packet connect(bool clean_start = true, std::uint32_t expiry_s = 0) {
    begin_connecting(clean_start, expiry_s);
    f_.settle();
    return finish_connecting();
  }

  /// A CONNECT was accepted; nothing else has happened yet.
  void begin_connecting(bool clean_start = true, std::uint32_t expiry_s = 0) {
    wire = std::make_shared<fake_connection>();
    f_.adoptable = wire;
    attachment_ = std::make_shared<actors::attachment>();
    auto& a = *attachment_;
    a.connect.packet.client_id = id_;
    a.connect.packet.clean_start = clean_start;
    a.connect.packet.session_expiry_interval_s = expiry_s;
    a.connect.session_expiry_interval_s = expiry_s;
    a.connect.packet.will = will;
    a.connection = wire;
    a.unit = on_.index;
    caf::anon_send(f_.pod.home, actors::claim_atom::value, attachment_);
  }

  /// CONNACK, once it has come.
  mqtt::connack_packet finish_connecting() {
    card = std::exchange(attachment_, nullptr)->session;
    auto packets = received();
    if (packets.empty() || !std::holds_alternative<mqtt::connack_packet>(packets[0]))
      CAF_FAIL("no CONNACK");
    early.assign(packets.begin() + 1, packets.end());
    return std::get<mqtt::connack_packet>(packets[0]);
  }

  /// A connection that is not through a doorman's hands any more breaks without anybody having read
  /// since.
  void begin_losing() {
    if (auto* events = wire->events()) {
      wire->detach_events();
      events->on_closed(net::close_cause::by_peer);
    }
  }

  /// The network connection breaks.
  void lose_connection() {
    begin_losing();
    f_.settle();
  }

  void send(const std::string& bytes) {
    write(bytes);
    f_.settle();
  }

  /// Its bytes are read; nothing else has happened yet.
  void write(const std::string& bytes) {
    if (wire->events())
      wire->events()->on_input(bytes);
  }

  void subscribe(const std::string& filter, mqtt::qos q = mqtt::qos::at_most_once) {
    send(subscribe_bytes(filter, q));
  }

  std::string subscribe_bytes(const std::string& filter, mqtt::qos q = mqtt::qos::at_most_once) {
    mqtt::subscribe_packet p;
    p.id = mqtt::packet_id{++last_id_};
    p.entries.push_back({filter, {q}});
    std::string bytes;
    encode(p, mqtt::protocol_version::v5, bytes);
    return bytes;
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
                                   mqtt::qos q = mqtt::qos::at_most_once, std::uint16_t id = 0,
                                   bool retain = false) {
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

  void publish(const std::string& topic, const std::string& payload,
               mqtt::qos q = mqtt::qos::at_most_once, std::uint16_t id = 0, bool retain = false) {
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
  actors::unit_services& on_;
  std::string id_;
  std::shared_ptr<actors::attachment> attachment_; ///< while connecting
  std::uint16_t last_id_ = 0;
};

using strings = std::vector<std::string>;

} // namespace mqttzoo::test
