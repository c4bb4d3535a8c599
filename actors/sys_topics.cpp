#include "actors/sys_topics.hpp"

#include "actors/frame_kinds.hpp"
#include "actors/publish_ticket.hpp" // for clang: what messages hold
#include "core/version.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <utility>

namespace mqttzoo::actors {

namespace {

using unit_counter = mqtt::counter mqtt::counters::*;
using loop_counter = net::io_counter net::io_counters::*;
using bank_counter = mqtt::counter bank_figures::*;

template<class Counter>
struct row {
  std::string_view topic;
  Counter from;
};

using c = mqtt::counters;
using loops = net::io_counters;
using b = bank_figures;

constexpr row<unit_counter> of_units[] = {
    {"clients/expired", &c::clients_expired},
    {"messages/received", &c::packets_received},
    {"messages/sent", &c::packets_sent},
    {"publish/messages/received", &c::publishes_received},
    {"publish/messages/sent", &c::publishes_sent},
    {"publish/messages/dropped", &c::publishes_dropped},
    {"publish/messages/refused", &c::publishes_refused},
    {"publish/messages/expired", &c::publishes_expired},
    {"publish/messages/held too long", &c::mail_expired},
    {"publish/messages/away", &c::publishes_away},
    {"publish/messages/delayed", &c::publishes_delayed},
    {"publish/messages/waiting", &c::publishes_waiting},
    {"publish/bytes/received", &c::publish_bytes_received},
    {"publish/bytes/sent", &c::publish_bytes_sent},
    {"subscriptions/count", &c::subscriptions},
    {"limits/connect timeouts", &c::connect_timeouts},
    {"limits/packet timeouts", &c::packet_timeouts},
    {"limits/keep alive timeouts", &c::keep_alive_timeouts},
    {"limits/protocol errors", &c::protocol_errors},
    {"limits/reads paused", &c::reads_paused},
    {"limits/publishers given up", &c::publishers_given_up},
    {"limits/connects refused", &c::connects_refused},
    {"limits/subscriptions refused", &c::subscriptions_refused},
    {"limits/reads throttled", &c::reads_throttled},
    {"limits/account sessions refused", &c::account_sessions_refused},
    {"bank/memory/bytes", &c::memory_bytes},
    {"bank/memory/refusals", &c::memory_refusals},
};

constexpr row<loop_counter> of_loops[] = {
    {"bytes/received", &loops::bytes_in},
    {"bytes/sent", &loops::bytes_out},
    {"limits/slow readers closed", &loops::stalls},
    {"limits/connections refused", &loops::connections_refused},
};

/// Of this pod, but for the capacity and what is free, which all pods share.
constexpr row<bank_counter> of_bank[] = {
    {"bank/capacity", &b::total},
    {"bank/free", &b::free},
    {"bank/leased", &b::leased},
    {"bank/memory/credits", &b::lent},
    {"bank/memory/loans cut", &b::loans_cut},
    {"bank/held/credits", &b::held_credits},
    {"bank/held/messages", &b::held_messages},
    {"bank/held/bytes", &b::held_bytes},
    {"bank/held/clients", &b::clients},
    {"bank/deposits", &b::deposits},
    {"bank/returns", &b::returns},
    {"bank/expired", &b::expired},
    {"bank/refusals", &b::refusals},
    {"bank/refusals/client share", &b::refusals_of_share},
    {"bank/reaped", &b::reaped},
    {"bank/leases reclaimed", &b::reclaimed},
    {"bank/retained/renewed", &b::renewals},
    {"bank/retained/lapsed", &b::lapsed},
    {"bank/transactions", &b::transactions},
    {"bank/transactions/waiting", &b::queued},
    {"bank/answers lost", &b::lost_answers},
};

/// Told only in a cluster.
constexpr row<unit_counter> of_links[] = {
    {"links/publishes sent", &c::far_publishes_sent},
    {"links/publishes received", &c::far_publishes_received},
    {"links/publishes kept", &c::publishes_kept},
    {"links/routes late", &c::routes_late},
    {"links/lost", &c::links_lost},
    {"links/refused", &c::links_overflowed},
    {"links/connections carried", &c::connections_carried},
    {"links/connections carried in all", &c::connections_carried_ever},
    {"links/claims waiting", &c::claims_waiting},
    {"links/claims timed out", &c::claims_timed_out},
    {"links/claims put off", &c::claims_put_off},
    {"links/claims refused", &c::claims_overflowed},
};

/// In the order of cluster_figures::names.
constexpr unit_counter told_to_pods[] = {&c::clients_connected,
                                         &c::sessions,
                                         &c::packets_received,
                                         &c::packets_sent,
                                         &c::publishes_received,
                                         &c::publishes_sent,
                                         &c::publishes_dropped,
                                         &c::publishes_refused,
                                         &c::publish_bytes_received,
                                         &c::publish_bytes_sent,
                                         &c::subscriptions,
                                         &c::far_publishes_sent,
                                         &c::links_lost,
                                         &c::connections_carried,
                                         &c::claims_waiting,
                                         &c::claims_timed_out};
static_assert(std::size(told_to_pods) == cluster_figures::names.size());

constexpr row<unit_counter> loads_of_units[] = {
    {"messages/received", &c::packets_received},  {"messages/sent", &c::packets_sent},
    {"publish/received", &c::publishes_received}, {"publish/sent", &c::publishes_sent},
    {"publish/dropped", &c::publishes_dropped},
};

constexpr row<loop_counter> loads_of_loops[] = {
    {"bytes/received", &loops::bytes_in},
    {"bytes/sent", &loops::bytes_out},
    {"sockets", &loops::connections_opened},
    {"connections", &loops::connections_opened},
};

} // namespace

sys_topics::sys_topics(caf::actor_config& config, unit_services& services,
                       std::vector<const net::io_counters*> io)
    : pinned_base<sys_actor>(config, services), io_(std::move(io)), started_(services.now()) {}

sys_topics::behavior_type sys_topics::make_behavior() {
  last_ = now();
  follow_interval();
  return {
      [this](heard_atom, const member_ref& from, const pod_frame& f) {
        if (const auto figures = cluster_figures::decode(f.body))
          others_[from->life] = *figures;
        else
          send(from->peer, misbehaved_atom::value, std::string{"figures"});
      },
      [this](depart_atom, const pod_life& life) { others_.erase(life); },
      [this](reloaded_atom) { follow_interval(); },
      [this](shut_down_atom) { quit(); },
  };
}

void sys_topics::on_exit() {
  services().timers->cancel(*this);
}

void sys_topics::on_due(net::time_point at) {
  run_inline([&] { publish_in_turn(at); });
}

/// At the start, and whenever the interval may be another one.
void sys_topics::follow_interval() {
  const auto interval = services().settings.sys.interval;
  auto& timers = *services().timers;
  if (interval.count() == 0)
    timers.cancel(*this);
  else if (timers.scheduled(*this))
    timers.schedule(*this, last_ + interval);
  else
    publish_in_turn(now());
}

void sys_topics::publish_in_turn(net::time_point at) {
  publish_all(at);
  // 0 between a change of the interval and the message that says so: each turn would be due.
  if (const auto interval = services().settings.sys.interval; interval.count() > 0)
    services().timers->schedule(*this, at + interval);
}

void sys_topics::publish_all(net::time_point at) {
  const auto elapsed_s = std::chrono::duration<double>(at - last_).count();
  last_ = at;
  tell("version", "mqttzoo version " + std::string{core::version()});
  tell("uptime",
       std::to_string(std::chrono::duration_cast<std::chrono::seconds>(at - started_).count()) +
           " seconds");
  for (const auto& r : of_units)
    tell(r.topic, total(r.from));
  for (const auto& r : of_loops)
    tell(r.topic, total(r.from));
  tell("limits/address connections refused",
       total(&loops::refused_by_count) + total(&loops::refused_by_rate));
  tell_clients();
  tell_kept();
  tell_bank();
  tell_loads(elapsed_s);
  if (pod().clustered())
    tell_cluster();
}

std::uint64_t sys_topics::total(mqtt::counter mqtt::counters::*which) const {
  std::uint64_t n = 0;
  for (const auto* u : pod().units)
    n += (u->counters.*which).get();
  return n;
}

std::uint64_t sys_topics::total(net::io_counter net::io_counters::*which) const {
  std::uint64_t n = 0;
  for (const auto* l : io_)
    n += (l->*which).value();
  return n;
}

void sys_topics::tell_clients() {
  const auto connected = total(&c::clients_connected);
  const auto sessions = total(&c::sessions);
  const auto away = sessions - std::min(sessions, connected);
  tell("clients/connected", connected);
  tell("clients/active", connected);
  tell("clients/total", sessions);
  tell("clients/disconnected", away);
  tell("clients/inactive", away);
  tell("clients/maximum", pod().clients.maximum());
}

/// Messages that wait and those that are retained.
void sys_topics::tell_kept() {
  const auto& retained = pod().retained;
  const auto kept = total(&c::messages_queued) + retained.messages.load();
  tell("messages/stored", kept);
  tell("store/messages/count", kept);
  tell("store/messages/bytes", retained.bytes.load());
  tell("retained messages/count", retained.messages.load());
  tell("shared_subscriptions/count", pod().shared_subscriptions.load());
}

void sys_topics::tell_bank() {
  const auto& figures = pod().bank_counts;
  for (const auto& r : of_bank)
    tell(r.topic, (figures.*r.from).get());
  const auto next = static_cast<std::int64_t>(figures.next_expiry_unix_ms.get());
  const auto left = next == 0 ? 0 : next - pod().store_time.unix_ms(*pod().clock);
  tell("bank/next expiry", std::to_string(std::max<std::int64_t>(left, 0) / 1000) + " seconds");
}

void sys_topics::tell_loads(double elapsed_s) {
  for (const auto& r : loads_of_units)
    tell_load(r.topic, total(r.from), elapsed_s);
  for (const auto& r : loads_of_loops)
    tell_load(r.topic, total(r.from), elapsed_s);
}

/// What goes on between pods, and the sums over all of them; what is this pod's own the others are
/// told, too.
void sys_topics::tell_cluster() {
  for (const auto& r : of_links)
    tell(r.topic, total(r.from));
  cluster_figures sums;
  for (std::size_t i = 0; i < sums.of.size(); ++i)
    sums.of[i] = total(told_to_pods[i]);
  send(pod().membership, tell_atom::value, pod_frame{frame_kind::figures, sums.encode(), nullptr});
  for (const auto& [life, figures] : others_)
    sums += figures;
  tell("cluster/pods", others_.size() + 1);
  for (std::size_t i = 0; i < sums.of.size(); ++i)
    tell("cluster/" + std::string{cluster_figures::names[i]}, sums.of[i]);
}

void sys_topics::tell(std::string_view name, std::string value) {
  auto& last = told_[std::string{name}];
  if (last == value)
    return;
  last = std::move(value);
  mqtt::message_head head;
  head.topic = make_ref<const mqtt::shared_topic>("$SYS/broker/" + std::string{name});
  head.retain = true;
  send(services().courier_handle, publish_atom::value,
       mqtt::message::make(std::move(head), {}, last));
}

void sys_topics::tell_load(std::string_view name, std::uint64_t so_far, double elapsed_s) {
  auto& l = loads_[std::string{name}];
  const auto rate = elapsed_s > 0 ? static_cast<double>(so_far - l.last) / elapsed_s * 60.0 : 0.0;
  l.last = so_far;
  constexpr std::array<double, 3> minutes{1, 5, 15};
  for (std::size_t i = 0; i < minutes.size(); ++i) {
    const auto keep = std::exp(-elapsed_s / (minutes[i] * 60.0));
    l.per_minute[i] = rate + keep * (l.per_minute[i] - rate);
    std::array<char, 32> text{};
    const auto size = std::snprintf(text.data(), text.size(), "%.2f", l.per_minute[i]);
    tell("load/" + std::string{name} + '/' + std::to_string(static_cast<int>(minutes[i])) + "min",
         std::string{text.data(), static_cast<std::size_t>(size)});
  }
}

} // namespace mqttzoo::actors
