// A session that leaves: its client goes elsewhere, and perhaps it follows; see usher.hpp.
#include "actors/session.hpp"

#include <utility>

namespace mqttzoo::actors {

void session::dismiss(const dismissal& d) {
  if (ending_ || is_sealed())
    return;
  if (arriving_)
    abort(*std::exchange(arriving_, nullptr));
  move_ = d.then == dismissal::remains::rests ? move::parking : move::none;
  machine_.disconnect(d.reason, "the server sends its clients elsewhere", now(), d.reference);
  finish_turn();
}

/// Nothing that it was given or asked for is under way, and the store has all it has.
bool session::at_rest() {
  const bool asks = erasing_ > 0 || forgetting_ > 0 || awaits_give_back_ || saving_ ||
                    saved_revision_ != revision_ || !subscribes_.empty() || arriving_;
  if (asks || ending_ || connection_ || !machine_.persistent() || !machine_.at_rest())
    return false;
  // What it published must be with its topics: it may not come behind what its client publishes
  // at another pod. Sequentially consistent with batch::~batch(), which tells us when it is.
  if (card_->transit_bytes.load() == 0)
    return true;
  card_->transit_waiter.store(true);
  return card_->transit_bytes.load() == 0;
}

void session::note_rest() {
  const bool waits = move_ == move::parking || move_ == move::sealing;
  if (!waits || !at_rest())
    return;
  if (move_ == move::parking) {
    move_ = move::parked;
    return send(pod().usher, rested_atom::value, card_, rest::parked);
  }
  move_ = move::sealed;
  services().timers->cancel(*this);
  card_->persistent = false; // for topics and groups; the store's is another pod's from now on
  send(pod().usher, rested_atom::value, card_, rest::sealed);
}

void session::seal_inline() {
  if (!card_)
    return;
  run_inline([&] {
    if (move_ != move::parking && move_ != move::parked)
      return;
    move_ = move::sealing;
    note_rest();
  });
}

void session::go_back() {
  if (move_ == move::none || move_ == move::done)
    return;
  move_ = move::none;
  card_->persistent = machine_.persistent();
  armed_for_ = net::time_point::max();
  finish_turn();
}

/// Its subscriptions stood in the routes until now, so that no other pod's topic took them for
/// unwanted before another pod had them.
void session::moved() {
  if (!is_sealed())
    return;
  move_ = move::done;
  ending_ = true;
  ++forgetting_;
  send(pod().index, forget_atom::value, card_);
}

} // namespace mqttzoo::actors
