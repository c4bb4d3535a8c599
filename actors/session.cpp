#include "actors/session.hpp"

#include <utility>

namespace mqttzoo::actors {

session::session(caf::actor_config& config, unit_services& services, card_ref card,
                 std::shared_ptr<restored_session> restored)
    : pinned_base<session_actor>(config, services), card_(std::move(card)),
      machine_(*this, services.counters, services.limits, card_->client, card_->number) {
  services.counters.sessions.add();
  if (restored)
    restore(*restored);
}

session::behavior_type session::make_behavior() {
  rearm();
  return {
      [this](deliver_atom, const parcel& p) { deliver(p); },
      [this](settled_atom, const receipt& r) { receive(r); },
      [this](transit_fell_atom) { watch_pressure(); },
      [this](attach_atom, const std::shared_ptr<attachment>& a) { attach(a); },
      [this](handed_over_atom, mqtt::reason_code outcome) { handed_over(outcome); },
      [this](erase_atom) { erased(); },
      [this](changed_atom, const change_done& c) { routes_changed(c); },
      [this](page_atom, const retained_page& p) { page_came(p); },
      [this](was_stored_atom, const stored& s) {
        machine_.sender().on_stored(s.number, s.outcome, now());
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
      [this](shut_down_atom) { shut_down(); },
  };
}

void session::on_exit() {
  services().timers->cancel(*this);
  services().counters.sessions.sub();
  if (connection_) {
    connection_->detach_events();
    connection_->abort();
    connection_ = nullptr;
  }
  if (arriving_)
    abort(*arriving_);
  arriving_ = nullptr;
  open_ = nullptr;
  walks_.clear();
  subscribes_.clear();
  card_ = nullptr; // breaks the cycle card -> handle -> session -> card
}

// --- connections
// ------------------------------------------------------------------------------------------------

void session::attach(std::shared_ptr<attachment> a) {
  if (a->epoch < epoch_) // a later connection of the same client came first
    return abort(*a);
  epoch_ = a->epoch;
  const bool had_state = machine_.persistent() && !ending_;
  const bool resumed = had_state && !a->connect.packet.clean_start; // [MQTT-3.1.2-4] [MQTT-3.1.2-5]
  const auto state = resumed ? mqtt::session::presence::resumed : mqtt::session::presence::fresh;
  machine_.taken_over(state, now());
  submit(); // its will
  if (!resumed)
    purge();
  complete_subscribes(); // the machine waits for them before it reads on
  ending_ = false;
  if (arriving_)
    abort(*arriving_);
  if (erasing_ > 0)
    arriving_ = std::move(a); // CONNACK says that nothing is left, so first the store must agree
  else
    open(*a, state);
}

void session::erased() {
  if (--erasing_ == 0 && arriving_)
    open(*std::exchange(arriving_, nullptr), mqtt::session::presence::fresh);
}

void session::abort(attachment& a) {
  if (a.connection)
    a.connection->abort();
  a.socket = {};
}

void session::open(attachment& a, mqtt::session::presence state) {
  connection_ = std::move(a.connection);
  if (!connection_)
    connection_ = services().adopt(std::move(a.socket));
  paused_ = 0;
  card_->persistent = a.connect.session_expiry_interval_s > 0;
  set_connected(true);
  connection_->attach_events(*this);
  machine_.open(std::move(a.connect), state, a.epoch, now());
  // A stored session that now ends with its connection stays stored until then, so that a crash
  // ends it too.
  if (machine_.persistent() || stored_) {
    stored_ = true;
    session_changed();
  }
  finish_turn();
}

void session::set_connected(bool yes) {
  if (card_->connected.exchange(yes, std::memory_order_relaxed) == yes)
    return;
  if (yes)
    pod().clients.add();
  else
    pod().clients.sub();
}

void session::purge() {
  machine_.reset();
  for (auto& s : subscribes_)
    s.revision = 0; // there is nothing to save any more
  walks_.clear();
  walking_ = false;
  ++forgetting_;
  send(pod().index, forget_atom::value, card_);
  if (stored_)
    erase();
  stored_ = false;
  saving_ = false; // what is under way was erased with the rest
}

/// Has the store forget the session: at once, or when what it had is safe elsewhere.
void session::erase() {
  ++erasing_;
  if (std::exchange(handing_over_, nullptr))
    hands_over_ = true; // handed_over() follows
  else
    send(pod().post_office, erase_atom::value, card_);
}

std::size_t session::on_input(std::string_view input) {
  std::size_t consumed = input.size();
  run_inline([&] {
    consumed = machine_.on_input(input, now());
    finish_turn();
    watch_pressure();
  });
  return consumed;
}

void session::on_drained() {
  run_inline([&] {
    set_pause(by_outbox, false);
    machine_.on_drained(now());
    finish_turn();
  });
}

void session::on_closed(net::close_cause) {
  run_inline([&] {
    connection_ = nullptr;
    set_connected(false);
    machine_.on_closed(now());
    walks_.clear();
    walking_ = false;
    finish_turn();
  });
}

void session::close(mqtt::close_mode mode) {
  connection_->detach_events();
  if (mode == mqtt::close_mode::after_flush)
    connection_->close();
  else
    connection_->abort();
  // The connection flushes and closes by itself; nothing more is written to it.
  connection_ = nullptr;
  set_connected(false);
  walks_.clear();
  walking_ = false;
}

void session::shut_down() {
  if (arriving_)
    abort(*std::exchange(arriving_, nullptr));
  machine_.disconnect(mqtt::reason_code::server_shutting_down, "the server stops", now());
  finish_turn(); // what it leaves behind is with the post office before this is answered
}

// --- time and pressure
// ------------------------------------------------------------------------------------------

void session::on_due(net::time_point at) {
  armed_for_ = net::time_point::max();
  run_inline([&] {
    machine_.on_due(at);
    finish_turn();
  });
}

void session::finish_turn() {
  if (!card_)
    return;
  submit();
  named_ = nullptr; // the courier may forget it before the next turn
  save_if_changed();
  go_on_walking();
  if (connection_ && congested())
    set_pause(by_outbox, true);
  rearm();
}

void session::rearm() {
  const auto due = machine_.next_due();
  if (due < armed_for_) { // a later time is looked at when the earlier one comes
    armed_for_ = due;
    services().timers->schedule(*this, due);
  }
}

bool session::congested() const {
  return connection_->outbox_bytes() > services().settings.net.outbox_bytes_max;
}

void session::watch_pressure() {
  const auto bound = services().settings.net.transit_bytes_max;
  if (card_->transit_bytes.load(std::memory_order_acquire) <= bound)
    return set_pause(by_transit, false);
  set_pause(by_transit, true);
  card_->transit_waiter.store(true);
  // The last batch may have gone between the two lines above, and nobody would tell us.
  // Sequentially consistent with the other side, batch::~batch().
  if (card_->transit_bytes.load() <= bound && card_->transit_waiter.exchange(false))
    set_pause(by_transit, false);
}

void session::set_pause(pause why, bool on) {
  const auto before = paused_;
  paused_ = static_cast<std::uint8_t>(on ? paused_ | why : paused_ & ~why);
  constexpr auto ours = by_transit | by_outbox; // the machine knows of its own reason
  if (((before & ours) != 0) != ((paused_ & ours) != 0)) {
    using reading = mqtt::session::reading;
    machine_.on_reading((paused_ & ours) != 0 ? reading::held : reading::goes_on, now());
    if ((paused_ & ours) != 0)
      services().counters.reads_paused.add();
  }
  if (!connection_ || (before != 0) == (paused_ != 0))
    return;
  if (paused_ != 0)
    connection_->pause_reading();
  else
    connection_->resume_reading();
}

// --- publishing
// -------------------------------------------------------------------------------------------------

mqtt::topic_ref session::intern(std::string_view topic) {
  if (!named_ || named_->name->name() != topic)
    named_ = &services().local_courier->look_up(topic);
  return named_->name;
}

void session::publish(mqtt::message_ref m, mqtt::packet_id id) {
  const auto& topic = m->shared_topic_name();
  if (open_ && open_->topic != topic)
    submit();
  if (!open_) {
    intern(topic->name());
    open_for_ = named_;
    open_ = make_ref<batch>(topic, card_, epoch_);
  }
  open_->add({std::move(m), id});
}

void session::submit() {
  if (open_)
    services().local_courier->route(*std::exchange(open_for_, nullptr),
                                    std::exchange(open_, nullptr));
}

void session::receipt_inline(const receipt& r) {
  run_inline([&] { receive(r); });
}

void session::receive(const receipt& r) {
  const auto at = now();
  for (const auto id : r.ids)
    machine_.on_receipt(r.epoch, id, r.outcome, at);
  rearm();
}

// --- delivery
// ---------------------------------------------------------------------------------------------------

void session::deliver_inline(const batch& messages, const ticket_list& tickets,
                             const route_target& on) {
  if (on.no_local && messages.publisher == on.session)
    return; // [MQTT-3.8.3-3]
  if (!card_)
    return turn_away(messages, tickets);
  run_inline([&] {
    const auto at = now();
    for (std::size_t i = 0; i < messages.publications.size(); ++i)
      deliver_one({messages.publications[i].message, on.terms,
                   tickets.empty() ? nullptr : ref<mqtt::ticket>{tickets[i]}},
                  at);
    finish_turn();
  });
}

void session::deliver_inline(const parcel& p) {
  if (!card_)
    return turn_away(p);
  run_inline([&] { deliver(p); });
}

void session::deliver(const parcel& p) {
  const auto at = now();
  for (const auto& d : p.deliveries)
    deliver_one(d, at);
  finish_turn();
}

void session::deliver_one(mqtt::delivery d, net::time_point at) {
  if (!d.promise || !d.promise->store_first())
    return machine_.sender().deliver(std::move(d), at);
  // The post office waits for a word of every addressee before it stores any of it.
  ref<publish_ticket> ticket = d.promise.downcast<publish_ticket>();
  auto message = d.message;
  deposited_ = false;
  machine_.sender().deliver(std::move(d), at);
  if (!deposited_)
    send(pod().post_office, decline_atom::value, std::move(ticket), std::move(message));
}

// --- end
// --------------------------------------------------------------------------------------------------------

void session::end() {
  ending_ = true;
  purge(); // the index answers, and the home is asked to let go
}

} // namespace mqttzoo::actors
