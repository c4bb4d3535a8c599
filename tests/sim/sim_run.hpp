// One run of a cluster under a seed's schedule and a weather of faults, and what was wrong with it.
//
// Made and played once by promises.cpp, on its thread.
#pragma once

#include "tests/sim/sim_client.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>

namespace mqttzoo::sim {

using namespace std::chrono_literals;

/// Steps are printed.
inline const bool traced = std::getenv("MQTTZOO_SIM_TRACE") != nullptr;

/// How pods die.
enum class deaths {
  none,
  one_by_one, ///< the cluster has settled before the next one
  amid_moves, ///< sessions of a pod are moving, and the cluster has settled since the last one
  cascades,   ///< at any time, also while the last one's sessions are being adopted
};

/// A bank that holds everything for longer than a run takes.
inline core::bank_settings generous() {
  auto s = core::settings{}.bank;
  s.ttl_min = s.ttl_max = 24h;
  return s;
}

/// One that says no, and where time runs out.
inline core::bank_settings tight() {
  auto s = core::settings{}.bank;
  s.capacity_bytes = 24 * 1024;
  s.ttl_min = 1s;
  s.ttl_max = 4s;
  return s;
}

/// What may happen in a run.
struct weather {
  deaths kills = deaths::none;
  bool cuts = false;
  zk::faulty_options store = {};
  actors::planted_bug bug = actors::planted_bug::none;
  core::bank_settings bank = generous();
  bool moves = false;   ///< sessions go to their homes, and pods drain before they are killed
  bool expires = false; ///< messages may have their time before anybody gets them
};

/// Everything fails at once.
inline weather storm() {
  weather w;
  w.kills = deaths::cascades;
  w.cuts = true;
  w.store.loss_per_mille = 3;
  w.store.delay_per_mille = 30;
  w.store.watch_delay_per_mille = 50;
  return w;
}

class run {
public:
  run(std::uint64_t seed, weather w)
      : weather_(std::move(w)), cluster_(seed, 3, weather_.bank, weather_.store, weather_.bug) {
    using version = mqtt::protocol_version;
    for (int i = 0; i < 3; ++i) // one of them cannot be told "no", and waits
      publishers_.push_back(std::make_unique<sim_client>("p" + std::to_string(i),
                                                         i == 0 ? version::v3_1_1 : version::v5));
    for (int i = 0; i < 3; ++i)
      subscribers_.push_back(std::make_unique<sim_client>("s" + std::to_string(i)));
  }

  using complaints = std::vector<std::string>;

  /// Of pods.
  struct toll {
    unsigned killed = 0;
    unsigned leaders = 0; ///< of these
    unsigned drained = 0;
    std::uint64_t moved = 0; ///< sessions

    void operator+=(const toll& more) {
      killed += more.killed;
      leaders += more.leaders;
      drained += more.drained;
      moved += more.moved;
    }
  };

  /// What is wrong in the end.
  complaints play() {
    begin();
    for (int i = 0; i < 10'000; ++i) {
      happen();
      if (weather_.expires && i % 100 == 0)
        check_books();
    }
    finish();
    count_moves();
    check();
    check_books();
    if (weather_.expires)
      check_time_runs_out();
    return std::move(complaints_);
  }

  const toll& toll_taken() const noexcept { return toll_; }

private:
  /// So many steps after the last view was settled everything is where it belongs.
  static constexpr int quiet_steps = 1500;
  static constexpr const char* topics[] = {"a/0", "a/1", "b/0"};
  static constexpr const char* filters[] = {"#", "a/0", "+/0"};

  sim_pod& any_pod() {
    const auto all = cluster_.alive();
    return *all[cluster_.random.below(all.size())];
  }

  template<class F>
  void each_client(F f) {
    for (auto& c : publishers_)
      f(*c);
    for (auto& c : subscribers_)
      f(*c);
  }

  void turns() {
    each_client([](sim_client& c) { c.turn(); });
  }

  /// Until clients and cluster have nothing to say.
  void settle() {
    for (int i = 0; i < 12; ++i) {
      cluster_.settle(600ms);
      turns();
    }
  }

  void begin() {
    cluster_.settle();
    each_client([&](sim_client& c) { c.connect(any_pod()); });
    settle();
    for (int tries = 0; tries < 5; ++tries) { // the store may refuse
      for (std::size_t i = 0; i < subscribers_.size(); ++i)
        if (!subscribers_[i]->subscribed())
          subscribers_[i]->subscribe(filters[i], mqtt::qos::exactly_once);
      settle();
    }
    for (auto& s : subscribers_)
      require(s->subscribed(), s->id() + " has no subscription");
  }

  void happen() {
    auto& random = cluster_.random;
    cluster_.step();
    if (random.below(8) == 0)
      turns();
    if (random.below(40) == 0) {
      auto& p = *publishers_[random.below(publishers_.size())];
      if (p.connected() && p.in_flight() < 4) {
        trace(p.id() + " publishes #" + std::to_string(p.last_number() + 1) + " at " +
              p.at()->pod.life.str());
        p.publish(topics[random.below(3)],
                  random.below(2) ? mqtt::qos::exactly_once : mqtt::qos::at_least_once);
      }
    }
    each_client([&](sim_client& c) {
      if (!c.connected() && (!c.connecting() || random.below(400) == 0) && random.below(60) == 0 &&
          !cluster_.alive().empty())
        c.connect(any_pod());
      else if (random.below(1500) == 0)
        c.crash();
    });
    if (weather_.kills != deaths::none)
      kill_or_start();
    if (weather_.moves)
      move_or_drain();
    bool rests = true;
    for (const auto* p : cluster_.alive())
      rests &= p->settled();
    quiet_ = rests ? quiet_ + 1 : 0;
    recovered_ |= dead_.empty() && quiet_ > quiet_steps;
    if (weather_.cuts && random.below(400) == 0)
      cut_or_heal();
  }

  void kill_or_start() {
    auto& random = cluster_.random;
    const bool rests = dead_.empty() && quiet_ > quiet_steps;
    const bool amid = weather_.kills == deaths::amid_moves;
    if (random.below(amid ? 100 : 700) == 0 && cluster_.alive().size() > 1 &&
        (rests || weather_.kills == deaths::cascades || (amid && recovered_ && moves()))) {
      auto& p = any_pod();
      trace(p.pod.life.str() + " is killed");
      dead_.push_back(&p);
      recovered_ = false;
      toll_ += {1, cluster_.leads(p) ? 1u : 0u, 0, 0};
      cluster_.kill(p);
    }
    if (!dead_.empty() && random.below(150) == 0) {
      auto* p = dead_.back();
      dead_.pop_back();
      trace(p->pod.life.str() + " is expired and started anew");
      cluster_.expire(*p);
      cluster_.start(p->record().name);
    }
  }

  /// One at a time drains. When it says that it has, it is killed; or before.
  void move_or_drain() {
    auto& random = cluster_.random;
    if (random.below(300) == 0)
      caf::anon_send(any_pod().pod.usher, actors::rebalance_atom::value, std::uint32_t{1000});
    if (draining_ &&
        (!draining_->alive() || draining_->drained() || (recovered_ && random.below(1000) == 0))) {
      auto& p = *std::exchange(draining_, nullptr);
      if (!p.alive())
        return; // somebody else saw to it
      trace(p.pod.life.str() + (p.drained() ? " is drained" : " is killed while it drains"));
      toll_.drained += p.drained() ? 1 : 0;
      recovered_ = false;
      cluster_.kill(p);
      cluster_.expire(p);
      cluster_.start(p.record().name);
    }
    if (!draining_ && recovered_ && cluster_.alive().size() > 2 && random.below(600) == 0) {
      draining_ = &any_pod();
      trace(draining_->pod.life.str() + " drains");
      caf::anon_send(draining_->pod.usher, actors::drain_atom::value);
    }
  }

  /// A batch is under way somewhere.
  bool moves() {
    const auto all = cluster_.alive();
    return std::any_of(all.begin(), all.end(),
                       [](const sim_pod* p) { return p->pod.drain.sessions_left.get() > 0; });
  }

  void count_moves() {
    for (const auto& p : cluster_.pods)
      toll_.moved += p->pod.drain.sessions_moved.get();
  }

  void cut_or_heal() {
    if (cluster_.random.below(2) == 0)
      return cluster_.heal();
    auto& a = any_pod();
    auto& b = any_pod();
    if (&a != &b)
      cluster_.cut(a, b);
  }

  /// All is well again, and everybody connects.
  void finish() {
    cluster_.heal();
    if (auto* p = std::exchange(draining_, nullptr); p && p->alive()) {
      cluster_.kill(*p);
      dead_.push_back(p);
    }
    for (auto* p : std::exchange(dead_, {})) {
      cluster_.expire(*p);
      cluster_.start(p->record().name);
    }
    for (int i = 0; i < 6; ++i) {
      settle();
      each_client([&](sim_client& c) {
        if (!c.connected())
          c.connect(any_pod());
      });
    }
    settle();
  }

  static bool matches(std::size_t subscriber, const std::string& topic) {
    return subscriber == 0 || (subscriber == 1 && topic == "a/0") ||
           (subscriber == 2 && topic.ends_with("/0"));
  }

  void check() {
    require(!cluster_.restless(), "the cluster never comes to rest");
    if (traced)
      trace("in the end:" + cluster_.sessions());
    each_client([&](sim_client& c) {
      require(c.connected(), c.id() + " cannot connect");
      require(c.fresh_sessions() == 1, c.id() + " lost its session");
      require(c.in_flight() == 0, c.id() + " waits for an acknowledgement");
    });
    for (std::size_t i = 0; i < subscribers_.size() && !weather_.expires; ++i)
      check_arrivals(i);
  }

  /// They are exact at every instant, whatever is under way.
  void check_books() {
    const auto b = cluster_.books();
    if (!complaints_.empty() || (b.sum() == b.total && !b.negative && b.free >= 0))
      return;
    complain("the books are wrong: free " + std::to_string(b.free) + ", leased " +
             std::to_string(b.leased) + ", held " + std::to_string(b.held) + ", total " +
             std::to_string(b.total));
  }

  /// Whatever died, all that was held has its time, and the bank all its credits back.
  void check_time_runs_out() {
    each_client([](sim_client& c) { c.crash(); });
    cluster_.settle(weather_.bank.ttl_max + 16s); // and a bank is idle for ten
    const auto b = cluster_.books();
    require(b.mails == 0, "mail is left: " + std::to_string(b.mails));
    require(b.held == 0 && b.sum() == b.total, "credits are missing");
    require(b.pods == cluster_.alive().size(), "the lease of a departed pod is left");
  }

  void check_arrivals(std::size_t of) {
    const auto& s = *subscribers_[of];
    std::map<std::string, int> times;
    std::map<std::string, int> latest; // by publisher and topic
    for (const auto& a : s.got()) {
      const bool again = times[a.payload]++ > 0;
      if (again && a.qos == mqtt::qos::exactly_once)
        complain(s.id() + " got " + a.payload + " of QoS 2 twice");
      const auto colon = a.payload.find(':');
      auto& last = latest[a.payload.substr(0, colon) + ' ' + a.topic +
                          (a.qos == mqtt::qos::exactly_once ? " 2" : " 1")];
      const auto number = std::stoi(a.payload.substr(colon + 1));
      // Where pods die faster than others can adopt, what a publisher sends again may come behind
      // what it sent later.
      const bool redelivered = weather_.kills == deaths::cascades && was_sent_again(a.payload);
      if (!again && !redelivered && number < last)
        complain(s.id() + " got " + a.payload + " on " + a.topic + " of QoS " +
                 std::to_string(static_cast<int>(a.qos)) + " after " + std::to_string(last));
      last = std::max(last, number);
    }
    for (const auto& p : publishers_)
      for (const auto& m : p->promised())
        if (matches(of, m.topic) && !times.contains(m.payload))
          complain(m.payload + " on " + m.topic + " of QoS " +
                   std::to_string(static_cast<int>(m.qos)) + " was acknowledged, and " + s.id() +
                   " never got it");
  }

  bool was_sent_again(const std::string& payload) const {
    return std::any_of(publishers_.begin(), publishers_.end(),
                       [&](const auto& p) { return p->sent_again(payload); });
  }

  void require(bool holds, const std::string& what) {
    if (!holds)
      complain(what);
  }
  /// What a person who replays a seed wants to see.
  void trace(const std::string& what) {
    if (traced)
      CAF_MESSAGE(what);
  }
  void complain(std::string what) { complaints_.push_back(std::move(what)); }

  const weather weather_;
  sim_cluster cluster_;
  std::vector<std::unique_ptr<sim_client>> publishers_;
  std::vector<std::unique_ptr<sim_client>> subscribers_;
  std::vector<sim_pod*> dead_;
  sim_pod* draining_ = nullptr;
  complaints complaints_;
  toll toll_;
  bool recovered_ = true; ///< the cluster has settled since the last pod died
  int quiet_ = 0;         ///< steps since the cluster settled
};

} // namespace mqttzoo::sim
