// The usher's way with one batch of sessions that move.
#include "actors/usher.hpp"
#include "core/log.hpp"
#include "zk/behind_sync.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

using std::chrono::milliseconds;

} // namespace

/// How long it may last; 0: until it is over.
milliseconds usher::patience_in(step s) {
  switch (s) {
  case step::parking:
    return milliseconds{2000};
  case step::marking:
    return milliseconds{200};
  case step::draining: // of slow subscribers, until the store has what they do not acknowledge
    return milliseconds{3000};
  case step::sealing:
    return milliseconds{1000};
  default:
    return milliseconds{0};
  }
}

// --- parking ---

void usher::dismissed(const cards& moving) {
  if (step_ != step::dismissing)
    return;
  if (moving.empty())
    return end_batch();
  moving_ = moving;
  await_all();
  enter(step::parking);
}

void usher::await_all() {
  awaited_.clear();
  for (const auto& c : moving_)
    awaited_.insert(c->number);
}

void usher::rested(const card_ref& session, rest how) {
  const auto at = how == rest::parked ? step::parking : step::sealing;
  if (step_ != at || awaited_.erase(session->number) == 0 || !awaited_.empty())
    return;
  if (at == step::parking)
    mark();
  else
    give();
}

// --- marking ---

/// With a batch, or without one, to have its turn.
void usher::mark() {
  enter(step::marking);
  const move_marker wanted{pod().life, batch_, purpose()};
  std::vector<zk::op> ops;
  if (marker_ == marker::own)
    ops.emplace_back(zk::remove_op{paths_.mover()});
  ops.emplace_back(
      zk::create_op{paths_.mover(), encode_marker(wanted), zk::create_mode::ephemeral});
  asks_ = true;
  pod().store->multi(*pod().store_answers, std::move(ops),
                     as_this([this](const zk::multi_result& result) {
                       asks_ = false;
                       if (!result || step_ != step::marking)
                         return; // it is looked at again in a moment, or its view has come
                       marker_ = marker::own;
                       enter(step::draining);
                     }));
}

move_purpose usher::purpose() const {
  return is_ == state::rebalancing ? move_purpose::rebalance : move_purpose::drain;
}

/// Whose is it? `then` hears what stands there, or that the store does not say; not if it is asked
/// already.
void usher::look_at_marker(marker_answer then) {
  if (asks_)
    return;
  asks_ = true;
  // Behind a sync: a server that is behind would still have one that is gone.
  zk::get_behind_sync(
      *pod().store, *pod().store_answers, paths_.mover(),
      as_this([this, then = std::move(then)](const expected<zk::node, zk::error>& found) {
        asks_ = false;
        if (!found && found.error() != zk::error::no_node)
          return then(unexpected(found.error()));
        const auto m = found ? decode_marker(found->data) : std::nullopt;
        marker_ = m && m->by == pod().life ? marker::own : marker::others;
        then(expected<std::optional<move_marker>, zk::error>{m});
      }));
}

/// While it is marking: has its own marker come to stand, or is it its turn?
void usher::try_to_mark() {
  look_at_marker([this](const expected<std::optional<move_marker>, zk::error>& m) {
    if (step_ != step::marking || !m)
      return;
    if (*m == move_marker{pod().life, batch_, purpose()})
      enter(step::draining);
    else if (!*m || marker_ == marker::own)
      mark();
  });
}

/// Another pod's may stand there by now, if the answer to an earlier try was lost.
void usher::drop_marker() {
  look_at_marker([this](const expected<std::optional<move_marker>, zk::error>& m) {
    if (m && marker_ == marker::own && is_ == state::serving && step_ == step::idle)
      return remove_marker();
    if (!m)
      round_at_ = now() + std::chrono::seconds{1};
    arm();
  });
}

void usher::remove_marker() {
  asks_ = true;
  pod().store->remove(*pod().store_answers, paths_.mover(), zk::any_version,
                      as_this([this](const auto& result) {
                        asks_ = false;
                        const bool gone = result || result.error() == zk::error::no_node;
                        marker_ = gone ? marker::others : marker::unsure;
                        if (!gone)
                          round_at_ = now() + std::chrono::seconds{1};
                        arm();
                      }));
}

// --- in its view ---

/// Every view with this pod's marker asks for its yield; also those that come before a batch is
/// marked or after it is over, and later ones than the batch's own.
void usher::installed(const view_ref& v) {
  unsettled_ = true;
  yields_in_ = v;
  if (v->move.batch == batch_ && step_ == step::marking) {
    marker_ = marker::own;
    enter(step::draining);
  } else if (marker_ == marker::others) {
    marker_ = marker::unsure; // the view may be older than the end of the marker
  }
  const bool mine = v->move.batch == batch_ && !moving_.empty();
  if (!mine || step_ == step::settling)
    tell_homes();
}

void usher::yield(const view_ref& v) {
  if (!yields_in_ || yields_in_->number != v->number || step_ != step::draining)
    return;
  await_all();
  enter(step::sealing);
  for (const auto& c : moving_)
    send(pod().at(c->unit).courier_handle, seal_atom::value, c);
}

void usher::give() {
  if (moving_.empty())
    return tell_homes();
  enter(step::giving);
  send(pod().post_office, give_atom::value, std::make_shared<const cards>(moving_));
}

void usher::given(const cards& sessions) {
  if (step_ != step::giving)
    return;
  std::unordered_set<session_number> have;
  for (const auto& c : sessions)
    have.insert(c->number);
  cards others;
  std::copy_if(moving_.begin(), moving_.end(), std::back_inserter(others),
               [&](const card_ref& c) { return !have.contains(c->number); });
  stay(others);
  enter(step::settling);
  tell_homes();
}

/// Which sessions they are to take; behind it goes the word that they may.
void usher::tell_homes() {
  if (!yields_in_)
    return;
  const auto v = std::exchange(yields_in_, nullptr);
  const auto say = [&](const member_ref& to, const given_sessions& page) {
    auto frame = encode_given(page);
    if (to->peer)
      send(to->peer, tell_atom::value, std::move(frame));
    else
      send(pod().adopter, heard_atom::value, to, std::move(frame));
  };
  std::map<pod_life, std::pair<given_sessions, std::size_t>> pages;
  const bool mine = v->move.batch == batch_ && step_ == step::settling;
  for (const auto& c : mine ? moving_ : cards{}) {
    const auto& to = v->home_of(client_bucket{paths_.client_bucket(c->client)});
    auto& [page, bytes] = pages[to->life];
    page.view = v->number;
    page.clients.push_back(c->client);
    bytes += 2 + c->client.str().size();
    if (bytes > given_page_bytes) {
      say(to, page);
      page.clients.clear();
      bytes = 0;
    }
  }
  for (const auto& [life, p] : pages)
    if (!p.first.clients.empty())
      say(v->find(life), p.first);
  send(pod().membership, yielded_atom::value, v->number);
}

void usher::settled(const view_ref& v) {
  view_ = v;
  unsettled_ = false;
  give_orders();
  const bool of_batch = v->moves_from(pod().life) && v->move.batch == batch_;
  const bool empty = moving_.empty() && step_ == step::draining;
  if (of_batch && (step_ == step::settling || empty)) {
    if (!moving_.empty()) {
      pod().drain.sessions_moved.add(moving_.size());
      pod().drain.batches.add();
      send(pod().home, moved_atom::value, batch_);
      log.info("sessions have moved to other pods", {{"sessions", moving_.size()}});
    }
    end_batch();
  } else if (step_ == step::idle) {
    round_at_ = now();
    arm();
  }
}

// --- what cannot move now ---

void usher::give_up_waiting() {
  const auto most = patience_in(step_);
  if (most.count() == 0 || now() < step_since_ + most)
    return;
  if (step_ == step::marking) {
    enter(step::marking);
    return try_to_mark();
  }
  cards late;
  std::copy_if(moving_.begin(), moving_.end(), std::back_inserter(late), [&](const card_ref& c) {
    return step_ == step::draining || awaited_.contains(c->number);
  });
  if (!late.empty())
    log.warn("sessions cannot move now and stay for a while", {{"sessions", late.size()}});
  stay(late);
  if (step_ == step::parking)
    return moving_.empty() ? end_batch() : mark();
  if (step_ == step::sealing && !moving_.empty())
    return give();
  enter(step::draining); // its view goes on without them
  tell_homes();
}

void usher::stay(const cards& sessions) {
  if (sessions.empty())
    return;
  pod().drain.moves_failed.add(sessions.size());
  for (const auto& c : sessions)
    std::erase(moving_, c);
  send(pod().home, go_back_atom::value, std::make_shared<const cards>(sessions));
}

void usher::end_batch() {
  moving_.clear();
  awaited_.clear();
  pod().drain.sessions_left.set(to_leave_.size());
  enter(step::idle);
  if (is_ == state::serving && marker_ != marker::others)
    return drop_marker();
  round_at_ = last_round_ + interval();
  arm();
}

} // namespace mqttzoo::actors
