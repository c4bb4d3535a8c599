#include "actors/session.hpp"

#include <limits>
#include <utility>

namespace mqttzoo::actors {

session::session(caf::actor_config& config, unit_services& services, card_ref card,
                 std::shared_ptr<restored_session> restored)
    : pinned_base<session_actor>(config, services), card_(std::move(card)),
      machine_(*this, services.counters, services.limits, card_->client, card_->number),
      restored_(std::move(restored)) {
  card_->persistent = restored_ != nullptr;
}

session::behavior_type session::make_behavior() {
  services().counters.sessions.add(); // here and not above, where it may be another unit's thread
  counted_ = true;
  if (restored_)
    restore(*std::exchange(restored_, nullptr));
  rearm();
  return {
      [this](deliver_atom, const parcel& p) { deliver(p); },
      [this](settled_atom, const receipt& r) { receive(r); },
      [this](settled_atom) { empty_pigeonhole(); },
      [this](transit_fell_atom) { watch_pressure(); },
      [this](attach_atom, const std::shared_ptr<attachment>& a) { take_over(a); },
      [this](yield_atom, mqtt::connection_epoch epoch) { yield(epoch); },
      [this](handed_over_atom, mqtt::reason_code outcome) { given_back(outcome); },
      [this](forgotten_atom, mqtt::stored_number n) {
        machine_.sender().on_expired(n, now());
        finish_turn();
      },
      [this](erased_atom) { erased(); },
      [this](changed_atom, const change_done& c) { routes_changed(c); },
      [this](walked_atom, const retained_page& p) { page_came(p); },
      [this](was_stored_atom, const stored& s) {
        machine_.sender().on_stored(s.number, s.outcome, now(), s.held_until);
        finish_turn();
      },
      [this](saved_atom, std::uint64_t revision, mqtt::reason_code outcome) {
        state_saved(revision, outcome);
      },
      [this](released_atom, mqtt::packet_id id, mqtt::reason_code outcome) {
        machine_.on_released(id, outcome, now());
        finish_turn();
      },
      [this](released_atom) {
        if (ending_)
          quit();
      },
      [this](judge_atom) { judge_again(); },
      [this](dismiss_atom, const dismissal& d) { dismiss(d); },
      [this](go_back_atom) { go_back(); },
      [this](moved_atom) { moved(); },
      [this](shut_down_atom) { shut_down(); },
  };
}

void session::on_exit() {
  services().timers->cancel(*this);
  if (counted_) {
    services().counters.sessions.sub();
    machine_.leave_counts();
  }
  if (connection_) {
    note_end(failed_ ? "its session failed" : "its session is over");
    connection_->detach_events();
    connection_->abort();
    connection_ = nullptr;
  }
  if (arriving_)
    abort(*std::exchange(arriving_, nullptr));
  client_left();
  services().memory->release(std::exchange(reserved_bytes_, 0));
  card_->persistent = false;
  if (failed_)
    leave_behind_nothing();
  open_ = nullptr;
  give_back_ticket_ = nullptr;
  walks_ = nullptr;
  subscribes_.clear();
  card_ = nullptr; // breaks the cycle card -> handle -> session -> card
}

/// After a failure: what it was and had is lost, and its client begins anew.
void session::leave_behind_nothing() {
  caf::anon_send(pod().index, forget_atom::value, card_);
  if (stored_)
    caf::anon_send(pod().post_office, erase_atom::value, card_);
  caf::anon_send(pod().home, release_atom::value, card_,
                 mqtt::connection_epoch{std::numeric_limits<std::uint64_t>::max()});
}

// --- connections ---

void session::take_over(std::shared_ptr<attachment> a) {
  if (a->epoch < epoch_ || move_ != move::none) // a later connection of the same client came first
    return abort(*a);                           // or it is on its way to another pod
  hear_out();
  if (connection_)
    note_take_over(a->connection ? a->connection->peer() : net::to_string(a->socket.peer));
  epoch_ = a->epoch;
  if (machine_.next_due() <= now())
    machine_.on_due(now()); // an adopted session may have expired before its timer ever came
  const bool had_state = machine_.persistent() && !ending_;
  const bool resumed = had_state && !a->connect.packet.clean_start; // [MQTT-3.1.2-4] [MQTT-3.1.2-5]
  const auto state = resumed ? mqtt::presence::resumed : mqtt::presence::fresh;
  machine_.taken_over(state, now());
  submit_last(); // its will
  if (!resumed)
    purge();
  complete_subscribes(); // the machine waits for them before it reads on
  ending_ = false;
  if (arriving_)
    abort(*std::exchange(arriving_, nullptr));
  if (resumed)
    return open(*a, state);
  // CONNACK says that nothing is left, so first the store and all routes must agree.
  arriving_ = std::move(a);
  open_if_clear();
}

/// What its client sent before it connected anew and was not read yet: with a DISCONNECT among it
/// there is no will, and what it acknowledged does not come again. [MQTT-3.14.4-3] Not beyond what
/// holds its input back for the sake of others.
void session::hear_out() {
  if (!connection_ || (paused_ & ~by_protocol) != 0)
    return;
  machine_.give_up_answers();
  if (const auto last = connection_->last_input(); !last.empty())
    take_input(last, now());
  submit_last();
}

/// As if a clean start took it over, but what begins anew begins at another pod. [MQTT-3.1.4-3]
void session::yield(mqtt::connection_epoch epoch) {
  if (epoch < epoch_ || move_ != move::none) // a later connection came first
    return;
  hear_out();
  if (connection_)
    note_take_over("another pod");
  epoch_ = epoch;
  if (arriving_)
    abort(*std::exchange(arriving_, nullptr));
  machine_.taken_over(mqtt::presence::fresh, now());
  submit_last(); // its will
  if (!ending_)
    end();
  else
    release_if_over(); // asked for with an older epoch
  complete_subscribes();
  finish_turn();
}

void session::open_if_clear() {
  if (arriving_ && erasing_ == 0 && !leaving_routes_)
    open(*std::exchange(arriving_, nullptr), mqtt::presence::fresh);
}

void session::erased() {
  --erasing_;
  release_if_over();
  open_if_clear();
}

void session::abort(attachment& a) {
  if (a.connection)
    a.connection->abort();
  a.socket = {};
}

void session::open(attachment& a, mqtt::presence state) {
  connection_ = std::move(a.connection);
  if (!connection_)
    connection_ = services().adopt(std::move(a.socket));
  paused_ = 0;
  if (throttle_)
    throttle_->read_again_at = net::time_point::max();
  card_->persistent = a.connect.session_expiry_interval_s > 0;
  client_came();
  connection_->attach_events(*this);
  const mqtt::identity anonymous;
  who_ = a.connect.who == anonymous ? nullptr
                                    : std::make_unique<mqtt::identity>(std::move(a.connect.who));
  permit();
  // In a cluster others fire the will of a session whose pod died, whatever else of it is kept: so
  // the client hears that it is in when they can. [MQTT-3.1.2-7]
  const bool leaves_will = pod().clustered() && a.connect.packet.will;
  if (leaves_will) {
    connack_ = std::make_unique<held_connack>();
    connack_->revision = revision_ + 1; // session_changed() follows
  }
  machine_.open(std::move(a.connect), state, a.epoch, now());
  note_begin(state);
  if (leaves_will)
    hold_input(by_store);
  expel_if_unwelcome(); // a reload came between
  // A stored session that now ends with its connection stays stored until then, so that a crash
  // ends it too.
  if (machine_.persistent() || stored_ || leaves_will) {
    stored_ = true;
    session_changed();
  }
  finish_turn();
}

void session::client_came() {
  if (!card_->connected.exchange(true, std::memory_order_relaxed))
    pod().clients.add();
}

void session::client_left() {
  if (card_->connected.exchange(false, std::memory_order_relaxed))
    pod().clients.sub();
}

void session::purge() {
  machine_.reset();
  card_->first_epoch.store(epoch_, std::memory_order_relaxed);
  for (auto& s : subscribes_)
    s.revision = 0; // there is nothing to save any more
  walks_ = nullptr;
  ++forgetting_;
  leaving_routes_ |= std::exchange(routed_, false);
  send(pod().index, forget_atom::value, card_);
  if (stored_)
    erase();
  stored_ = false;
  saving_ = false; // what is under way was erased with the rest
}

/// Has the store forget the session: at once, or when what it had is safe elsewhere.
void session::erase() {
  ++erasing_;
  if (std::exchange(give_back_ticket_, nullptr))
    awaits_give_back_ = true; // given_back() follows
  else
    send(pod().post_office, erase_atom::value, card_);
}

std::size_t session::on_input(std::string_view input) {
  std::size_t consumed = input.size();
  run_inline([&] {
    consumed = take_input(input, now());
    finish_turn();
    watch_pressure();
  });
  return consumed;
}

void session::on_drained() {
  run_inline([&] {
    pay_back_outbox();
    release_input(by_outbox);
    machine_.on_drained(now());
    finish_turn();
  });
}

void session::on_closed(net::close_cause cause) {
  run_inline([&] {
    note_end(cause);
    connection_ = nullptr;
    connack_ = nullptr;
    pay_back_outbox();
    client_left();
    machine_.on_closed(now());
    finish_turn();
  });
}

void session::close(mqtt::close_mode mode) {
  connection_->detach_events();
  say_what_waited();
  if (mode == mqtt::close_mode::after_flush)
    connection_->close();
  else
    connection_->abort();
  // The connection flushes and closes by itself; nothing more is written to it.
  connection_ = nullptr;
  pay_back_outbox();
  client_left();
}

void session::shut_down() {
  if (arriving_)
    abort(*std::exchange(arriving_, nullptr));
  // While the post office still writes an older state, the last one, with the time of the end,
  // follows at once: nobody is left to send it afterwards.
  saving_ = false;
  machine_.disconnect(mqtt::reason_code::server_shutting_down, "the server stops", now());
  finish_turn(); // what it leaves behind is with the post office before this is answered
}

// --- time ---

void session::on_due(net::time_point at) {
  armed_for_ = net::time_point::max();
  if (is_sealed())
    return;
  if (save_again_at_ <= at)
    save_again_at_ = net::time_point::max();
  run_inline([&] {
    if (throttle_ && throttle_->read_again_at <= at) {
      throttle_->read_again_at = net::time_point::max();
      release_input(by_rate);
    }
    require_proof(at);
    machine_.on_due(at);
    finish_turn(); // saves what is not saved
  });
}

void session::finish_turn() {
  if (!card_ || is_sealed())
    return;
  submit_last();
  save_if_changed();
  go_on_walking();
  if (connection_ && congested())
    hold_input(by_outbox);
  rearm();
  note_rest();
}

void session::rearm() {
  auto due = std::min(machine_.next_due(), save_again_at_);
  if (throttle_)
    due = std::min(due, throttle_->read_again_at);
  if (who_ && connection_)
    due = std::min(due, who_->valid_until);
  if (due < armed_for_ && !is_sealed()) { // a later time is looked at when the earlier one comes
    armed_for_ = due;
    services().timers->schedule(*this, due);
  }
}

// --- end ---

void session::end() {
  ending_ = true;
  card_->persistent = false;
  purge(); // the index answers, and the home is asked to let go
}

} // namespace mqttzoo::actors
