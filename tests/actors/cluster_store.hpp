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

  cluster_store_fixture();

  ~cluster_store_fixture() override;

  void make_pod(const std::string& life);

  actors::view_ref view_of(const pod_parts& p, std::vector<actors::member_ref> others);
  actors::view_ref view_of(const pod_parts& p, std::vector<actors::member_ref> others,
                           std::int64_t n);

  /// The pod's post office installs a view with these others.
  void see(pod_parts& p, std::vector<actors::member_ref> others);

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

  std::vector<std::string> names_below(const std::string& path, std::string_view with);
  std::size_t mails() { return names_below(paths.topics(), "m-").size(); }
  std::size_t pointers() { return names_below(paths.sessions(), "p-").size(); }

  std::string data_of(const std::string& path);

  void set(const std::string& path, const std::string& data);
  void remove(const std::string& path);

  // --- sessions ---

  struct stored_session {
    actors::card_ref card;
    std::shared_ptr<session_log> log;
  };

  /// A session of `p` that stands in the store.
  stored_session make_session(pod_parts& p, const std::string& client,
                              std::vector<mqtt::subscription> subscriptions = {});

  static mqtt::message_ref make_message(const std::string& topic, const std::string& payload,
                                        bool retain = false);

  /// `s` wants `m` stored as its `number`-th message.
  void deposit(pod_parts& p, const stored_session& s, const mqtt::message_ref& m,
               const ref<actors::publish_ticket>& t, std::uint64_t number);

  std::vector<std::unique_ptr<pod_parts>> pods;
  std::int64_t last_view = 0;
  std::uint64_t last_session = 5000;
};

} // namespace mqttzoo::test
