#include "actors/reaper.hpp"

#include "core/log.hpp"

#include <caf/actor_cast.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

} // namespace

reaper::reaper(caf::actor_config& config, unit_services& services, zk::paths paths)
    : pinned_base<reaper_actor>(config, services), paths_(std::move(paths)),
      life_(bank_life(pod())), ear_(std::make_shared<store_ear>(
                                   pod(), "reaper", [this] { run_inline([&] { stand(); }); },
                                   [this] { run_inline([&] { stand(); }); })),
      survey_(pod(), paths_,
              {[this]() -> std::function<void(const std::function<void()>&)> {
                 return [self = caf::actor_cast<caf::strong_actor_ptr>(this),
                         this](const std::function<void()>& f) { run_inline(f); };
               },
               [this](std::string path, const zk::mail_name& name) {
                 if (name.expires_at_unix_ms == 0)
                   bodies_.insert(std::move(path));
                 else
                   doomed_.emplace(name.expires_at_unix_ms, std::move(path));
               },
               [this](bool complete) {
                 surveying_ = false;
                 surveyed_ = complete;
                 if (complete)
                   return go_on();
                 this->services().timers->schedule(*this, now() + again_after);
               }}) {}

reaper::~reaper() = default;

reaper::behavior_type reaper::make_behavior() {
  pod().store->attach(*pod().store_answers, ear_); // the first word of the session has us stand
  services().timers->schedule(*this, now() + again_after); // or this, if it came too early
  return {
      [this](settle_atom, const view_ref& v) { settle(v); },
      [this](shut_down_atom) { quit(); },
  };
}

void reaper::on_exit() {
  ear_ = nullptr;
  epoch_.reset();
  services().timers->cancel(*this);
  forget_doomed();
  view_ = nullptr;
}

// --- the election ---

void reaper::stand() {
  if (leads() || std::exchange(standing_, true))
    return;
  ops what;
  what.emplace_back(zk::create_op{paths_.leader(), life_.str(), zk::create_mode::ephemeral});
  what.emplace_back(zk::set_op{paths_.epoch(), life_.str()});
  pod().store->multi(*pod().store_answers, std::move(what),
                     as_this([this](const zk::multi_result& result) {
                       if (result)
                         return elected(result->back().stat.version);
                       if (result.error().code == zk::error::connection_loss)
                         return look_up_election();
                       look_for_leader();
                     }));
}

/// Somebody leads: if he is gone, try again.
void reaper::look_for_leader() {
  pod().store->get(*pod().store_answers, paths_.leader(), ear_,
                   heard<zk::node>([this](const auto& found) {
                     if (found && found->data == life_.str())
                       return look_up_election(); // an answer that was lost before
                     standing_ = false;
                     if (!found) // else the watch tells
                       services().timers->schedule(*this, now() + again_after);
                   }));
}

/// The answer was lost: whose life stands in both nodes has won.
void reaper::look_up_election() {
  pod().store->sync(
      *pod().store_answers, paths_.epoch(), heard<std::monostate>([this](const auto& synced) {
        if (!synced) {
          standing_ = false;
          return services().timers->schedule(*this, now() + again_after);
        }
        pod().store->get(*pod().store_answers, paths_.leader(), nullptr,
                         heard<zk::node>([this](const auto& leader) {
                           if (!leader || leader->data != life_.str())
                             return look_for_leader();
                           pod().store->get(*pod().store_answers, paths_.epoch(), nullptr,
                                            heard<zk::node>([this](const auto& epoch) {
                                              if (epoch && epoch->data == life_.str())
                                                return elected(epoch->stat.version);
                                              standing_ = false;
                                              services().timers->schedule(*this,
                                                                          now() + again_after);
                                            }));
                         }));
      }));
}

void reaper::elected(zk::version epoch) {
  standing_ = false;
  epoch_ = epoch;
  ++term_;
  log.info("this pod leads the bank", {{"pod", life_.str()}});
  follow_capacity_at_ = net::time_point::min();
  books_listed_ = retained_scanned_ = surveying_ = surveyed_ = false;
  forget_doomed();
  go_on();
}

/// Somebody else has `epoch` by now.
void reaper::deposed() {
  log.warn("this pod does not lead the bank any more", {{"pod", life_.str()}});
  epoch_.reset();
  ++term_;
  busy_ = false;
  forget_doomed();
  to_reclaim_.clear();
  stand();
}

void reaper::forget_doomed() {
  survey_.stop();
  doomed_.clear();
  parts_.clear();
  bodies_.clear();
}

// --- its work ---

void reaper::settle(const view_ref& v) {
  const auto before = std::exchange(view_, v);
  const bool only_moves = before && v->move.by &&
                          std::all_of(before->members.begin(), before->members.end(),
                                      [&](const member_ref& m) { return v->contains(m->life); });
  if (only_moves && surveyed_) // nobody left anything
    return;
  if (!only_moves)
    books_listed_ = retained_scanned_ = false;
  surveying_ = surveyed_ = false;
  survey_.stop();
  bodies_.clear(); // the next survey finds them
  go_on();
}

/// The next job, or a look at the clock.
void reaper::go_on() {
  if (!leads() || busy_)
    return;
  const auto at = pod().store_time.unix_ms(*pod().clock);
  busy_ = true;
  if (now() >= follow_capacity_at_)
    return follow_capacity();
  if (view_ && !std::exchange(books_listed_, true))
    return list_books();
  if (!to_reclaim_.empty()) {
    const auto life = to_reclaim_.back(); // stays there until it is done
    return reclaim(life);
  }
  if (!doomed_.empty() && doomed_.begin()->first <= at)
    return reap();
  if (view_ && !std::exchange(retained_scanned_, true))
    return scan_retained();
  if (surveyed_ && !bodies_.empty())
    return scan_bodies();
  busy_ = false;
  if (view_ && !surveyed_ && !std::exchange(surveying_, true))
    survey_.begin(view_);
  auto next = follow_capacity_at_;
  if (!doomed_.empty())
    next = std::min(next, pod().store_time.when(doomed_.begin()->first, *pod().clock));
  if (next != net::time_point::max())
    services().timers->schedule(*this, next);
}

void reaper::end_job(ended how) {
  busy_ = false;
  if (how == ended::well)
    return go_on();
  services().timers->schedule(*this, now() + again_after);
}

void reaper::on_due(net::time_point) {
  run_inline([&] {
    if (leads())
      go_on();
    else
      stand();
  });
}

} // namespace mqttzoo::actors
