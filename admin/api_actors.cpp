// The endpoint's answers about actors: sessions, topics, links, the bank.
#include "admin/api.hpp"
#include "admin/explain.hpp"
#include "admin/query.hpp"

#include <boost/asio/post.hpp>

#include <memory>
#include <utility>

namespace mqttzoo::admin {

using actors::inspector;

namespace {

json to_json(const actors::bank_accounts::account& a) {
  return {{"credits", a.credits},
          {"bytes", a.bytes},
          {"messages", a.messages},
          {"until_unix_ms", a.until_unix_ms}};
}

} // namespace

void api::list(const request& r, answer then, std::string kind) const {
  auto q = parse_query(r);
  if (!q)
    return then(make_error(400, q.error()));
  if (!kind.empty())
    q->kind = std::move(kind);
  with_.in.list(*std::move(q), [then = std::move(then)](const actors::actor_page& page) {
    auto items = json::array();
    for (const auto& a : page.actors)
      items.push_back(admin::to_json(a));
    json j{{"items", std::move(items)}, {"matching", page.matching}, {"next", nullptr}};
    if (page.next != actors::actor_number::none)
      j["next"] = static_cast<std::uint64_t>(page.next);
    then(make_json(j));
  });
}

void api::list_actors(const request& r, answer then) const {
  list(r, std::move(then), {});
}

void api::list_clients(const request& r, answer then) const {
  list(r, std::move(then), "session");
}

void api::list_topics(const request& r, answer then) const {
  list(r, std::move(then), "topic");
}

void api::links(const request& r, answer then) const {
  list(r, std::move(then), "peer");
}

void api::one_actor(const request& r, answer then) const {
  const auto id = parse_actor_number(r.segments[3]);
  if (id == actors::actor_number::none)
    return then(make_error(400, "an actor's id is a number"));
  with_.in.find(inspector::one{id, {}, {}}, [then = std::move(then)](const auto& found) {
    then(found ? make_json(admin::to_json(*found))
               : make_error(404, "there is no actor of that id"));
  });
}

void api::one_topic(const request& r, answer then) const {
  const auto name = r.segments[3];
  with_.in.find(inspector::one{{}, "topic", name}, [this, name, then](auto found) {
    if (!found)
      return then(make_error(404, "no live topic has that name"));
    with_.in.account(inspector::account_of::topic, name,
                     [topic = *std::move(found), then](const auto& held) {
                       auto j = admin::to_json(topic);
                       j["held"] = to_json(held);
                       then(make_json(j));
                     });
  });
}

void api::bank(const request&, answer then) const {
  with_.in.find(inspector::single::bank, [this, then = std::move(then)](const auto& found) {
    if (!found)
      return then(make_error(503, "the bank is over"));
    auto j = admin::to_json(*found);
    const auto& f = with_.in.pod().bank_counts;
    j["ledger"] = {
        {"total_credits", f.total.get()},   {"free_credits", f.free.get()},
        {"leased_credits", f.leased.get()}, {"lent_credits", f.lent.get()},
        {"refusals", f.refusals.get()},     {"refusals_of_client_share", f.refusals_of_share.get()},
        {"deposits", f.deposits.get()},     {"returns", f.returns.get()},
        {"expired", f.expired.get()}};
    then(make_json(j));
  });
}

/// With what it has to do with the bank and the store, and what that means.
void api::one_client(const request& r, answer then) const {
  struct gathered {
    std::optional<actors::actor_details> session, bank;
    actors::bank_accounts::account held;
  };
  auto g = std::make_shared<gathered>();
  const auto tell = [this, g, then] {
    if (!g->session)
      return then(make_error(404, "no session of that client is at this pod"));
    auto j = admin::to_json(*g->session);
    j["held"] = to_json(g->held);
    if (g->bank)
      j["bank"] = {{"waits", admin::to_json(g->bank->summary)["waits"]},
                   {"available_credits", g->bank->more.number("available")},
                   {"waiting_transactions", g->bank->more.number("waiting_transactions")}};
    j["store"] = {{"state", with_.pod.store_session()},
                  {"since_ms", with_.pod.store_since().count()}};
    j["explanation"] = explain(*g->session, g->bank ? &*g->bank : nullptr, with_.pod);
    then(make_json(j));
  };
  const auto client = r.segments[3];
  with_.in.find(inspector::one{{}, "session", client}, [this, g, client, tell](auto found) {
    g->session = std::move(found);
    with_.in.account(inspector::account_of::client, client, [this, g, tell](const auto& held) {
      g->held = held;
      with_.in.find(inspector::single::bank, [this, g, tell](auto bank) {
        g->bank = std::move(bank);
        boost::asio::post(with_.io, tell); // pod_state is there
      });
    });
  });
}

} // namespace mqttzoo::admin
