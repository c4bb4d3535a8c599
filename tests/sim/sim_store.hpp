// One pod's session with the tree that all pods of a simulation share.
//
// The tree is an embedded store that turns by hand; each pod has one of these over it, with
// ephemerals of its own. Owned by its pod. A session that ends takes its ephemerals with it and
// answers nothing any more, as ZooKeeper's does to a pod that is gone.
#pragma once

#include "zk/embedded_store.hpp"
#include "zk/store.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace mqttzoo::sim {

/// Which sessions the ephemerals of a simulation belong to; the tree beneath knows them as
/// persistent nodes of nobody.
using ephemeral_owners = std::map<std::string, zk::session_id>;

class sim_store final : public zk::store {
public:
  sim_store(zk::embedded_store& tree, ephemeral_owners& owners, zk::session_id id)
      : tree_(tree), owners_(owners), life_(std::make_shared<life>()) {
    life_->id = id;
  }

  void multi(zk::executor& where, std::vector<zk::op> ops, zk::multi_handler done) override {
    std::vector<std::string> mine;
    for (auto& o : ops)
      if (auto* create = std::get_if<zk::create_op>(&o);
          create && create->mode == zk::create_mode::ephemeral) {
        create->mode = zk::create_mode::persistent;
        mine.push_back(create->path);
      }
    if (life_->over)
      return where.post([done = std::move(done)] {
        done(unexpected(zk::multi_error{zk::error::connection_loss, zk::multi_error::whole}));
      });
    tree_.multi(
        where, std::move(ops),
        [this, l = life_, mine = std::move(mine), done = std::move(done)](zk::multi_result r) {
          if (r)
            for (const auto& path : mine) {
              l->ephemerals.insert(path);
              owners_[path] = l->id;
            }
          if (l->expired) // it was on its way when the session ended
            remove_ephemerals();
          if (!l->deaf)
            done(std::move(r));
        });
  }

  void get(zk::executor& where, std::string path, zk::watcher watch,
           zk::handler<zk::node> done) override {
    tree_.get(where, path, relay(std::move(watch)),
              hearing<zk::node>([this, path, done = std::move(done)](auto found) {
                if (found)
                  own(path, found->stat);
                done(std::move(found));
              }));
  }
  void exists(zk::executor& where, std::string path, zk::watcher watch,
              zk::handler<std::optional<zk::stat>> done) override {
    tree_.exists(where, path, relay(std::move(watch)),
                 hearing<std::optional<zk::stat>>([this, path, done = std::move(done)](auto found) {
                   if (found && *found)
                     own(path, **found);
                   done(std::move(found));
                 }));
  }
  void children(zk::executor& where, std::string path, zk::watcher watch,
                zk::handler<zk::child_list> done) override {
    tree_.children(where, std::move(path), relay(std::move(watch)), hearing(std::move(done)));
  }
  void scan(zk::executor& where, std::string path, zk::scan_options options, zk::page_handler page,
            zk::handler<std::size_t> done) override {
    tree_.scan(
        where, std::move(path), options,
        [this, l = life_, page = std::move(page)](std::vector<zk::scanned_node> nodes) {
          for (auto& node : nodes)
            own(node.path, node.stat);
          if (!l->deaf)
            page(std::move(nodes));
        },
        hearing(std::move(done)));
  }
  void sync(zk::executor& where, std::string path, zk::handler<std::monostate> done) override {
    tree_.sync(where, std::move(path), hearing(std::move(done)));
  }
  void attach(zk::executor& where, const zk::watcher& sink) override {
    where.post([sink = std::weak_ptr{sink}, l = life_] {
      if (const auto to = sink.lock(); to && !l->deaf)
        to->on_session({zk::session_state::connected, l->id});
    });
  }
  zk::session_id session() const noexcept override { return life_->id; }
  void close() override {}

  /// What its pod still writes is refused, and it hears nothing: the pod is dead.
  void die() { life_->over = life_->deaf = true; }
  /// The servers have noticed: its ephemerals go.
  void expire() {
    die();
    life_->expired = true;
    remove_ephemerals();
  }

private:
  struct life {
    zk::session_id id{};
    bool over = false;
    bool deaf = false;
    bool expired = false;
    std::set<std::string> ephemerals;
    std::vector<std::shared_ptr<zk::watch_sink>> relays;
  };

  /// Events under this session's id.
  class watch_relay final : public zk::watch_sink {
  public:
    watch_relay(std::weak_ptr<watch_sink> to, std::weak_ptr<life> l)
        : to_(std::move(to)), life_(std::move(l)) {}
    void on_watch(const zk::watch_event& event) override {
      const auto l = life_.lock();
      const auto to = to_.lock();
      if (!l || !to || l->deaf)
        return;
      auto ours = event;
      ours.session = l->id;
      to->on_watch(ours);
    }

  private:
    std::weak_ptr<watch_sink> to_;
    std::weak_ptr<life> life_;
  };

  void own(const std::string& path, zk::stat& stat) const {
    if (const auto found = owners_.find(path); found != owners_.end())
      stat.ephemeral_owner = found->second;
  }

  void remove_ephemerals() {
    for (const auto& path : std::exchange(life_->ephemerals, {}))
      if (owners_[path] == life_->id) // else it was removed, and made anew by another one
        tree_.remove(here_, path, zk::any_version, [](auto) {});
  }

  zk::watcher relay(zk::watcher to) {
    if (!to)
      return nullptr;
    life_->relays.push_back(std::make_shared<watch_relay>(std::move(to), life_));
    return life_->relays.back();
  }

  template<class T>
  zk::handler<T> hearing(zk::handler<T> done) {
    return [l = life_, done = std::move(done)](expected<T, zk::error> r) {
      if (!l->deaf)
        done(std::move(r));
    };
  }

  static inline zk::inline_executor here_;
  zk::embedded_store& tree_;
  ephemeral_owners& owners_;
  std::shared_ptr<life> life_;
};

} // namespace mqttzoo::sim
