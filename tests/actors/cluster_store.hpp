// Post offices of several pods over one store, each with its own way to it, and fakes around them.
//
// Lives for one test, on its thread. A pod that departs is out of the view of the others; its
// actors stay until the test ends and are told nothing any more.
#pragma once

#include "actors/adopter.hpp"
#include "actors/bank.hpp"
#include "actors/limits.hpp"
#include "actors/post_office.hpp"
#include "actors/session_owner.hpp"
#include "tests/actors/fakes.hpp"
#include "tests/actors/store_proxy.hpp"
#include "tests/actors/tree_fixture.hpp"

#include <caf/send.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mqttzoo::test {

/// A pod's way to the store that all share, with a session of its own.
class store_session final : public store_proxy {
public:
  static zk::session_id session_of(std::string_view life) {
    return zk::session_id{100 + (life.front() - 'a')};
  }

  store_session(zk::store& beneath, zk::session_id id) : store_proxy(beneath), id_(id) {}

  void get(zk::executor& where, std::string path, zk::watcher watch,
           zk::handler<zk::node> done) override {
    beneath().get(where, std::move(path), relay(std::move(watch)), std::move(done));
  }
  void exists(zk::executor& where, std::string path, zk::watcher watch,
              zk::handler<std::optional<zk::stat>> done) override {
    // Pods stand in the store by the one session that there really is.
    beneath().exists(
        where, path, relay(std::move(watch)),
        [path, done = std::move(done)](expected<std::optional<zk::stat>, zk::error> s) {
          if (s && *s && (*s)->ephemeral_owner != zk::session_id::none)
            (*s)->ephemeral_owner = session_of(zk::last_level_of(path));
          done(std::move(s));
        });
  }
  void children(zk::executor& where, std::string path, zk::watcher watch,
                zk::handler<zk::child_list> done) override {
    beneath().children(where, std::move(path), relay(std::move(watch)), std::move(done));
  }
  zk::session_id session() const noexcept override { return id_; }
  void close() override {}

private:
  /// Events under this session's id.
  class watch_relay final : public zk::watch_sink {
  public:
    watch_relay(std::weak_ptr<zk::watch_sink> to, zk::session_id id)
        : to_(std::move(to)), id_(id) {}
    void on_watch(const zk::watch_event& event) override {
      auto ours = event;
      ours.session = id_;
      if (const auto to = to_.lock())
        to->on_watch(ours);
    }

  private:
    std::weak_ptr<zk::watch_sink> to_;
    zk::session_id id_;
  };

  zk::watcher relay(zk::watcher to) {
    if (!to)
      return nullptr;
    relays_.push_back(std::make_shared<watch_relay>(to, id_));
    return relays_.back();
  }

  zk::session_id id_;
  std::vector<std::shared_ptr<watch_relay>> relays_;
};

struct cluster_store_fixture : tree_fixture {
  /// A pod as far as the store sees it.
  struct pod_parts {
    pod_parts(zk::store& shared, const std::string& life)
        : faults(shared, zk::faulty_options{}), store(faults, store_session::session_of(life)) {}

    zk::faulty_store faults;
    store_session store;
    actors::pod_services pod;
    actors::unit_services services;
    std::vector<actors::member_ref> others;
    /// What it told the peer of each other pod, in the order of `others`.
    std::vector<std::shared_ptr<peer_log>> peers;
    std::shared_ptr<membership_log> membership = std::make_shared<membership_log>();
    std::shared_ptr<index_log> index = std::make_shared<index_log>();
    std::shared_ptr<home_log> home = std::make_shared<home_log>();

    const actors::post_office_actor& office() const { return pod.post_office; }
  };

  cluster_store_fixture() {
    for (const auto* life : {"a-1", "b-1", "c-1"})
      make_pod(life);
    for (auto& p : pods)
      see(*p, p->others);
    settle();
  }

  ~cluster_store_fixture() override {
    for (auto& p : pods) {
      for (const auto& card : p->home->adopted)
        caf::anon_send_exit(card->handle, caf::exit_reason::user_shutdown);
      caf::anon_send_exit(p->pod.post_office, caf::exit_reason::user_shutdown);
      caf::anon_send_exit(p->pod.bank, caf::exit_reason::user_shutdown);
      caf::anon_send_exit(p->pod.adopter, caf::exit_reason::user_shutdown);
    }
    settle();
    pods.clear();
  }

  void make_pod(const std::string& life) {
    auto& p = *pods.emplace_back(std::make_unique<pod_parts>(*store, life));
    ways.push_back(&p.faults);
    p.pod.life = pod_life{life};
    p.pod.clock = &clock;
    p.pod.store = &p.store;
    p.pod.store_answers = &answers;
    p.pod.units.push_back(&p.services);
    p.services.pod = &p.pod;
    p.services.host = sys.dummy_execution_unit();
    p.services.timers = &timers;
    p.services.limits = actors::make_limits(p.services.settings);
    p.pod.membership = sys.spawn(fake_membership, p.membership);
    p.pod.index = sys.spawn(fake_index, p.index);
    p.pod.home = sys.spawn(fake_home, p.home);
    p.pod.bank = actors::spawn_on<actors::bank>(p.services, sys, paths);
    p.pod.post_office =
        actors::spawn_on<actors::post_office>(p.services, sys, paths, actors::recovered_mail{});
    p.pod.adopter = actors::spawn_on<actors::adopter>(p.services, sys, paths);
    for (const auto* other : {"a-1", "b-1", "c-1"}) {
      if (other == life)
        continue;
      auto member = make_ref<actors::cluster_member>(pod_life{other});
      p.peers.push_back(std::make_shared<peer_log>());
      member->peer = sys.spawn(fake_peer, p.peers.back());
      p.peers.back()->member = member.get();
      p.others.push_back(std::move(member));
    }
  }

  actors::view_ref view_of(const pod_parts& p, std::vector<actors::member_ref> others) {
    return view_of(p, std::move(others), ++last_view);
  }
  actors::view_ref view_of(const pod_parts& p, std::vector<actors::member_ref> others,
                           std::int64_t n) {
    const actors::member_ref own = make_ref<actors::cluster_member>(p.pod.life);
    others.push_back(own);
    return make_ref<const actors::cluster_view>(n, std::move(others), own);
  }

  /// The pod's post office installs a view with these others.
  void see(pod_parts& p, std::vector<actors::member_ref> others) {
    caf::anon_send(p.office(), actors::install_atom::value, view_of(p, std::move(others)));
    settle();
  }

  // --- the store ---

  template<class F>
  void for_each_node_below(const std::string& path, F f) {
    store->scan(
        answers, path, {zk::scan_depth::subtree},
        [&](std::vector<zk::scanned_node> page) {
          for (const auto& node : page)
            f(node);
        },
        [](auto) {});
    while (store->run_turn() > 0) {
    }
  }

  std::vector<std::string> names_below(const std::string& path, std::string_view with) {
    std::vector<std::string> found;
    for_each_node_below(path, [&](const zk::scanned_node& node) {
      if (zk::last_level_of(node.path).starts_with(with) && !node.data.empty())
        found.push_back(node.path);
    });
    return found;
  }
  std::size_t mails() { return names_below(paths.topics(), "m-").size(); }
  std::size_t pointers() { return names_below(paths.sessions(), "p-").size(); }

  std::string data_of(const std::string& path) {
    std::string data = "no node";
    store->get(answers, path, nullptr, [&](expected<zk::node, zk::error> n) {
      if (n)
        data = n->data;
    });
    store->run_turn();
    return data;
  }

  void set(const std::string& path, const std::string& data) {
    store->set(answers, path, data, zk::any_version, [](auto r) { CAF_REQUIRE(r); });
    store->run_turn();
  }

  // --- sessions ---

  struct stored_session {
    actors::card_ref card;
    std::shared_ptr<session_log> log;
  };

  /// A session of `p` that stands in the store.
  stored_session make_session(pod_parts& p, const std::string& client,
                              std::vector<mqtt::subscription> subscriptions = {}) {
    stored_session s;
    s.log = std::make_shared<session_log>();
    s.card = make_ref<actors::session_card>(session_number{++last_session}, client_id{client},
                                            unit_index{0});
    s.card->handle = sys.spawn(fake_session, s.log);
    s.card->persistent = true;
    auto state = std::make_shared<actors::session_state_record>();
    state->session = s.card;
    state->revision = 1;
    state->expiry_interval_s = zk::session_never_expires;
    state->subscriptions = std::move(subscriptions);
    caf::anon_send(p.office(), actors::save_atom::value,
                   std::shared_ptr<const actors::session_state_record>{std::move(state)});
    settle();
    CAF_REQUIRE_EQUAL(s.log->saved.size(), 1u);
    CAF_REQUIRE(!mqtt::is_failure(s.log->saved.front()));
    return s;
  }

  static mqtt::message_ref make_message(const std::string& topic, const std::string& payload,
                                        bool retain = false) {
    mqtt::message_head head;
    head.topic = make_ref<const mqtt::shared_topic>(topic);
    head.qos = mqtt::qos::exactly_once;
    head.retain = retain;
    return mqtt::message::make(std::move(head), {}, payload);
  }

  /// `s` wants `m` stored as its `number`-th message.
  void deposit(pod_parts& p, const stored_session& s, const mqtt::message_ref& m,
               const ref<actors::publish_ticket>& t, std::uint64_t number) {
    actors::deposit d{s.card, {m, make_ref<const mqtt::delivery_terms>(), t}, {}};
    d.pointer.number = mqtt::stored_number{number};
    caf::anon_send(p.office(), actors::deposit_mail_atom::value, d);
    settle();
  }

  std::vector<std::unique_ptr<pod_parts>> pods;
  std::int64_t last_view = 0;
  std::uint64_t last_session = 5000;
};

} // namespace mqttzoo::test
