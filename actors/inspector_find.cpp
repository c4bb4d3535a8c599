// How the inspector finds one actor, and what it has actors do.
#include "actors/bank.hpp"
#include "actors/courier.hpp"
#include "actors/index.hpp"
#include "actors/inspector.hpp"
#include "actors/session.hpp"

#include <caf/actor_cast.hpp>

#include <atomic>
#include <utility>

namespace mqttzoo::actors {

struct inspector::search : std::enable_shared_from_this<search> {
  /// Gets the actor, on its thread, or null from the last unit.
  using finder = std::function<void(const actor_reader::held*, unit_services*)>;

  one which;
  finder then;
  std::atomic<std::size_t> units_left;
  std::atomic<bool> answered{false};

  search(one w, finder t, std::size_t units)
      : which(std::move(w)), then(std::move(t)), units_left(units) {}

  bool is_it(const actor_reader::held& h) const {
    if (which.id != actor_number::none)
      return actor_number{h.actor->id()} == which.id;
    return which.kind == h.record->kind() && which.subject == h.record->subject();
  }

  void go_on(const unit_access& u, std::shared_ptr<actor_reader> r) {
    if (answered.load())
      return;
    const auto turn = r->next(actors_a_turn);
    for (const auto& h : turn)
      if (is_it(h))
        return answered.exchange(true) ? void() : then(&h, u.services);
    if (turn.size() == actors_a_turn)
      return u.post([self = shared_from_this(), &u, r] { self->go_on(u, r); });
    if (units_left.fetch_sub(1) == 1 && !answered.exchange(true))
      then(nullptr, nullptr);
  }

  static void start(const inspector& in, one which, finder then) {
    auto s = std::make_shared<search>(std::move(which), std::move(then), in.units_.size());
    for (const auto& u : in.units_)
      u.post([s, &u] { s->go_on(u, std::make_shared<actor_reader>(u.services->actors)); });
  }
};

actor_details inspector::details(const actor_reader::held& h, unit_services& on) const {
  actor_details d{summarize(h, on, h.record->waits()), {}};
  h.record->describe(d.more);
  return d;
}

void inspector::find(one which, std::function<void(std::optional<actor_details>)> then) const {
  search::start(*this, std::move(which),
                [this, then = std::move(then)](const actor_reader::held* h, unit_services* on) {
                  then(h ? std::optional{details(*h, *on)} : std::nullopt);
                });
}

void inspector::find(single which, std::function<void(std::optional<actor_details>)> then) const {
  units_.front().post([this, which, then = std::move(then)] {
    auto& on = *units_.front().services;
    const auto handle = [&]() -> caf::strong_actor_ptr {
      switch (which) {
      case single::home:
        return caf::actor_cast<caf::strong_actor_ptr>(on.pod->home);
      case single::index:
        return caf::actor_cast<caf::strong_actor_ptr>(on.pod->index);
      case single::post_office:
        return caf::actor_cast<caf::strong_actor_ptr>(on.pod->post_office);
      case single::bank:
        return caf::actor_cast<caf::strong_actor_ptr>(on.pod->bank);
      case single::membership:
        return caf::actor_cast<caf::strong_actor_ptr>(on.pod->membership);
      }
      return nullptr;
    };
    actor_reader::held h{handle(), nullptr, {}};
    if (h.actor)
      h.record = dynamic_cast<actor_record*>(h.actor->get());
    if (!h.record)
      return then(std::nullopt);
    h.born = on.actors.born(*h.record);
    then(details(h, on));
  });
}

void inspector::account(account_of whose, std::string name,
                        std::function<void(bank_accounts::account)> then) const {
  units_.front().post([this, whose, name = std::move(name), then = std::move(then)] {
    const auto handle = caf::actor_cast<caf::strong_actor_ptr>(pod().bank);
    const auto* of = handle ? dynamic_cast<const bank*>(handle->get()) : nullptr;
    if (!of)
      return then({});
    const auto& books = of->accounts();
    then(whose == account_of::client ? books.of(client_id{name}) : books.of_topic(name));
  });
}

void inspector::dismiss(std::string client, ends what, std::function<void(dismissed)> then) const {
  search::start(*this, {{}, "session", std::move(client)},
                [what, then = std::move(then)](const actor_reader::held* h, unit_services*) {
                  auto* s = h ? dynamic_cast<session*>(h->record) : nullptr;
                  if (!s)
                    return then(dismissed::not_here);
                  if (what == ends::session)
                    return then(s->drop_by_operator() ? dismissed::done : dismissed::moves);
                  s->disconnect_by_operator();
                  then(dismissed::done);
                });
}

namespace {

/// Who publishes for an operator: a session that nobody can reach, on the first unit.
card_ref operator_card() {
  return make_ref<session_card>(session_number::none, client_id{}, unit_index{});
}

/// As a client removes a retained message. [MQTT-3.3.1-6]
void publish_empty(courier& by, const std::string& topic, const card_ref& publisher) {
  auto& to = by.look_up(topic);
  mqtt::message_head head;
  head.topic = to.name;
  head.retain = true;
  auto b = make_ref<batch>(to.name, publisher, mqtt::connection_epoch::none);
  b->add({mqtt::message::make(std::move(head), {}, {}), mqtt::packet_id::none});
  by.route(to, std::move(b));
}

} // namespace

void inspector::remove_retained(
    std::string filter, std::string after,
    std::function<void(std::size_t, std::optional<std::string>)> then) const {
  units_.front().post(
      [this, filter = std::move(filter), after = std::move(after), then = std::move(then)] {
        auto& on = *units_.front().services;
        auto& names = static_cast<index&>(*caf::actor_cast<caf::abstract_actor*>(on.pod->index));
        std::vector<std::string> found;
        auto next = names.find_retained(filter, after, removed_at_once_max, found);
        const auto publisher = operator_card();
        for (const auto& topic : found)
          publish_empty(*on.local_courier, topic, publisher);
        then(found.size(), std::move(next));
      });
}

void inspector::rebalance(std::uint32_t rate) const {
  caf::anon_send(pod().usher, rebalance_atom::value, rate);
}

} // namespace mqttzoo::actors
