// A cluster in one process: pods, the tree they share, the network between them, and time.
//
// Lives for one run, on one thread. Nothing happens but in step(), which lets the random source
// choose what is next: an actor's message, a frame that arrives, a turn of the tree, a moment that
// passes. The same seed makes the same run.
#pragma once

#include "core/random.hpp"
#include "tests/actors/books.hpp"
#include "tests/actors/manual_tree.hpp"
#include "tests/net/memory_link.hpp"
#include "tests/sim/sim_pod.hpp"
#include "zk/create_missing.hpp"
#include "zk/records.hpp"

#include <caf/test/dsl.hpp>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mqttzoo::sim {

class sim_cluster : public test_coordinator_fixture<> {
public:
  sim_cluster(std::uint64_t seed, std::size_t count, core::bank_settings bank,
              zk::faulty_options faults = {}, actors::planted_bug bug = actors::planted_bug::none)
      : random(seed), faults_(std::move(faults)), bug_(bug), bank_(bank) {
    tree_ = test::open_manual_tree(clock, answers_);
    for (std::size_t i = 0; i < count; ++i)
      start("pod-" + std::to_string(i));
  }

  ~sim_cluster() override {
    for (auto& w : wires_) {
      w->is_cut = true;
      w->wire.cut();
    }
    for (auto& p : pods)
      p->dismiss();
    restless_ = false;
    drain();
    for (auto& p : pods)
      p->release();
    restless_ = false;
    drain();
  }

  sim_pod& start(const std::string& name) {
    auto faults = faults_;
    faults.seed = random();
    sim_pod::place at{sys,
                      sys.dummy_execution_unit(),
                      clock,
                      *tree_,
                      owners_,
                      paths_,
                      [this](sim_pod& by, const zk::pod_record& to) { want(by, to); },
                      faults,
                      bug_,
                      random(),
                      bank_};
    return *pods.emplace_back(std::make_unique<sim_pod>(std::move(at), name, ++incarnations_));
  }

  /// SIGKILL; the servers notice when expire() is called.
  void kill(sim_pod& p) {
    p.kill();
    for (auto& w : wires_)
      if (w->has(p))
        w->wire.cut();
  }
  void expire(sim_pod& p) { p.session().expire(); }

  void cut(sim_pod& a, sim_pod& b) {
    for (auto& w : wires_)
      if (w->has(a) && w->has(b)) {
        w->is_cut = true;
        w->wire.cut();
      }
  }
  void heal() {
    for (auto& w : wires_)
      w->is_cut = false;
  }

  std::vector<sim_pod*> alive() {
    std::vector<sim_pod*> found;
    for (auto& p : pods)
      if (p->alive())
        found.push_back(p.get());
    return found;
  }

  /// Whatever is next.
  void step() {
    switch (random.below(16)) {
    case 0:
      advance(std::chrono::milliseconds{random.below(60)});
      break;
    case 1:
    case 2:
      tree_->run_turn();
      break;
    case 3:
      for (auto& p : pods)
        p->store().step();
      break;
    case 8:
    case 9:
      pods[random.below(pods.size())]->hear();
      break;
    case 4:
      connect();
      break;
    case 5:
    case 6:
    case 7:
      if (!wires_.empty())
        wires_[random.below(wires_.size())]->wire.deliver(1 + random.below(3));
      break;
    default:
      run_job();
    }
  }

  /// Until nothing moves any more, for a time that lets every timer come.
  void settle(std::chrono::milliseconds whole = std::chrono::seconds{4}) {
    for (std::chrono::milliseconds at{0}; at < whole; at += std::chrono::milliseconds{50}) {
      drain();
      advance(std::chrono::milliseconds{50});
    }
    drain();
  }

  void advance(std::chrono::nanoseconds by) {
    clock.advance(by);
    for (auto& p : pods)
      p->timers.run_due(clock.now());
  }

  /// Something went to and fro without end.
  bool restless() const noexcept { return restless_; }

  /// What stands in the bank's books.
  test::books books() { return test::read_books(*tree_, paths_); }

  bool leads(const sim_pod& p) {
    bool found = false;
    tree_->get(answers_, paths_.leader(), nullptr, [&](const expected<zk::node, zk::error>& n) {
      found = n && n->data == p.pod.life.str();
    });
    tree_->run_turn();
    return found;
  }

  /// What the tree has of sessions: each with its owner and what waits for it, for a trace.
  std::string sessions() {
    std::string text;
    tree_->scan(
        answers_, paths_.sessions(), {zk::scan_depth::subtree},
        [&](const std::vector<zk::scanned_node>& page) {
          for (const auto& node : page)
            if (const auto s = zk::decode_session(node.data))
              text += "\n    " + s->client_id.str();
            else if (!node.data.empty())
              text += ' ' + std::string{zk::last_level_of(node.path)} +
                      (node.path.ends_with("/owner") ? '=' + node.data : std::string{});
        },
        [](auto) {});
    while (tree_->run_turn() > 0) {
    }
    return text;
  }

  core::random_source random;
  core::manual_clock clock;
  std::vector<std::unique_ptr<sim_pod>> pods; ///< dead ones too

private:
  /// More than any run needs: what moves then moves for ever.
  static constexpr std::size_t jobs_to_rest_max = 200'000;

  struct pair {
    sim_pod* left;
    sim_pod* right;
    net::test::memory_wire wire;
    std::set<const sim_pod*> wanted_by;
    bool is_cut = false;
    std::weak_ptr<net::pod_link> link;

    bool has(const sim_pod& p) const { return left == &p || right == &p; }
  };

  void want(sim_pod& by, const zk::pod_record& to) {
    for (auto& p : pods)
      if (p->record() == to)
        between(by, *p).wanted_by.insert(&by);
  }

  pair& between(sim_pod& a, sim_pod& b) {
    for (auto& w : wires_)
      if (w->has(a) && w->has(b))
        return *w;
    auto made = std::make_unique<pair>();
    made->left = &a;
    made->right = &b;
    return *wires_.emplace_back(std::move(made));
  }

  /// Links that may be are made, as the dialers do.
  void connect() {
    for (auto& w : wires_) {
      const auto open = w->link.lock();
      if (w->is_cut || w->wanted_by.size() < 2 || !w->left->alive() || !w->right->alive() ||
          (open && open->is_open()))
        continue;
      const auto who = [](const sim_pod& p) {
        return net::link_peer{p.record().name, p.record().incarnation};
      };
      auto [a, b] = net::test::make_memory_links(w->wire, who(*w->left), who(*w->right));
      w->link = a;
      caf::anon_send(w->left->pod.membership, actors::linked_atom::value, net::pod_link_ptr{a});
      caf::anon_send(w->right->pod.membership, actors::linked_atom::value, net::pod_link_ptr{b});
    }
  }

  bool run_job() {
    if (sched.jobs.empty())
      return false;
    std::swap(sched.jobs.front(), sched.jobs[random.below(sched.jobs.size())]);
    sched.run_once();
    return true;
  }

  void drain() {
    std::size_t jobs = 0;
    for (bool moved = true; moved && !restless_;) {
      connect();
      moved = false;
      for (; run_job(); restless_ |= ++jobs > jobs_to_rest_max)
        if (moved = true; restless_)
          return;
      for (auto& w : wires_)
        moved |= w->wire.deliver(64) > 0;
      moved |= tree_->run_turn() > 0;
      for (auto& p : pods) {
        moved |= p->store().step();
        while (p->hear())
          moved = true;
      }
    }
  }

  zk::faulty_options faults_;
  const actors::planted_bug bug_;
  const core::bank_settings bank_;
  zk::paths paths_;
  zk::inline_executor answers_;
  std::unique_ptr<zk::embedded_store> tree_;
  ephemeral_owners owners_;
  std::vector<std::unique_ptr<pair>> wires_;
  std::uint64_t incarnations_ = 0;
  bool restless_ = false;
};

} // namespace mqttzoo::sim
