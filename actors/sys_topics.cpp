#include "actors/sys_topics.hpp"

#include "actors/frame_kinds.hpp"
#include "actors/publish_ticket.hpp" // for clang: what messages hold
#include "core/version.hpp"

#include <cmath>
#include <cstdio>
#include <utility>

namespace mqttzoo::actors {

sys_topics::sys_topics(caf::actor_config& config, unit_services& services,
                       std::vector<const net::io_counters*> io)
    : pinned<caf::event_based_actor>(config, services), io_(std::move(io)),
      started_(services.now()) {}

caf::behavior sys_topics::make_behavior() {
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
      [this](judge_atom) { follow_interval(); },
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
  const auto total = [&](mqtt::counter mqtt::counters::*which) {
    std::uint64_t n = 0;
    for (const auto* u : pod().units)
      n += (u->counters.*which).get();
    return n;
  };
  const auto io = [&](net::io_counter net::io_counters::*which) {
    std::uint64_t n = 0;
    for (const auto* c : io_)
      n += (c->*which).value();
    return n;
  };
  using c = mqtt::counters;
  const auto elapsed_s = std::chrono::duration<double>(at - last_).count();
  last_ = at;
  tell("version", "mqttzoo version " + std::string{core::version()});
  tell("uptime",
       std::to_string(std::chrono::duration_cast<std::chrono::seconds>(at - started_).count()) +
           " seconds");
  const auto connected = total(&c::clients_connected);
  const auto sessions = total(&c::sessions);
  tell("clients/connected", connected);
  tell("clients/active", connected);
  tell("clients/total", sessions);
  tell("clients/disconnected", sessions - std::min(sessions, connected));
  tell("clients/inactive", sessions - std::min(sessions, connected));
  tell("clients/maximum", pod().clients.maximum());
  tell("clients/expired", total(&c::clients_expired));
  tell("messages/received", total(&c::packets_received));
  tell("messages/sent", total(&c::packets_sent));
  tell("messages/stored", total(&c::messages_queued) + pod().retained.messages.load());
  tell("store/messages/count", total(&c::messages_queued) + pod().retained.messages.load());
  tell("store/messages/bytes", pod().retained.bytes.load());
  tell("publish/messages/received", total(&c::publishes_received));
  tell("publish/messages/sent", total(&c::publishes_sent));
  tell("publish/messages/dropped", total(&c::publishes_dropped));
  tell("publish/messages/refused", total(&c::publishes_refused));
  tell("publish/messages/expired", total(&c::publishes_expired));
  tell("publish/messages/held too long", total(&c::mail_expired));
  tell("publish/messages/away", total(&c::publishes_away));
  tell("publish/messages/delayed", total(&c::publishes_delayed));
  tell("publish/messages/waiting", total(&c::publishes_waiting));
  tell("publish/bytes/received", total(&c::publish_bytes_received));
  tell("publish/bytes/sent", total(&c::publish_bytes_sent));
  tell("bytes/received", io(&net::io_counters::bytes_in));
  tell("bytes/sent", io(&net::io_counters::bytes_out));
  tell("subscriptions/count", total(&c::subscriptions));
  tell("shared_subscriptions/count", pod().shared_subscriptions.load());
  tell("retained messages/count", pod().retained.messages.load());
  tell("limits/connect timeouts", total(&c::connect_timeouts));
  tell("limits/packet timeouts", total(&c::packet_timeouts));
  tell("limits/keep alive timeouts", total(&c::keep_alive_timeouts));
  tell("limits/protocol errors", total(&c::protocol_errors));
  tell("limits/slow readers closed", io(&net::io_counters::stalls));
  tell("limits/reads paused", total(&c::reads_paused));
  tell("limits/publishers given up", total(&c::publishers_given_up));
  tell("limits/connects refused", total(&c::connects_refused));
  tell("limits/subscriptions refused", total(&c::subscriptions_refused));
  tell("limits/connections refused", io(&net::io_counters::connections_refused));
  tell("limits/address connections refused",
       io(&net::io_counters::refused_by_count) + io(&net::io_counters::refused_by_rate));
  tell("limits/reads throttled", total(&c::reads_throttled));
  tell("limits/account sessions refused", total(&c::account_sessions_refused));
  tell_bank();
  tell("bank/memory/bytes", total(&c::memory_bytes));
  tell("bank/memory/refusals", total(&c::memory_refusals));
  tell_load("messages/received", total(&c::packets_received), elapsed_s);
  tell_load("messages/sent", total(&c::packets_sent), elapsed_s);
  tell_load("publish/received", total(&c::publishes_received), elapsed_s);
  tell_load("publish/sent", total(&c::publishes_sent), elapsed_s);
  tell_load("publish/dropped", total(&c::publishes_dropped), elapsed_s);
  tell_load("bytes/received", io(&net::io_counters::bytes_in), elapsed_s);
  tell_load("bytes/sent", io(&net::io_counters::bytes_out), elapsed_s);
  tell_load("sockets", io(&net::io_counters::connections_opened), elapsed_s);
  tell_load("connections", io(&net::io_counters::connections_opened), elapsed_s);
  if (pod().clustered())
    tell_cluster(
        {{connected, sessions, total(&c::packets_received), total(&c::packets_sent),
          total(&c::publishes_received), total(&c::publishes_sent), total(&c::publishes_dropped),
          total(&c::publishes_refused), total(&c::publish_bytes_received),
          total(&c::publish_bytes_sent), total(&c::subscriptions), total(&c::far_publishes_sent),
          total(&c::links_lost), total(&c::connections_carried), total(&c::claims_waiting),
          total(&c::claims_timed_out)}});
}

/// Of this pod, but for the capacity and what is free, which all pods share.
void sys_topics::tell_bank() {
  const auto& b = pod().bank_counts;
  tell("bank/capacity", b.total.get());
  tell("bank/free", b.free.get());
  tell("bank/leased", b.leased.get());
  tell("bank/memory/credits", b.lent.get());
  tell("bank/memory/loans cut", b.loans_cut.get());
  tell("bank/held/credits", b.held_credits.get());
  tell("bank/held/messages", b.held_messages.get());
  tell("bank/held/bytes", b.held_bytes.get());
  tell("bank/held/clients", b.clients.get());
  tell("bank/deposits", b.deposits.get());
  tell("bank/returns", b.returns.get());
  tell("bank/expired", b.expired.get());
  tell("bank/refusals", b.refusals.get());
  tell("bank/refusals/client share", b.refusals_of_share.get());
  tell("bank/reaped", b.reaped.get());
  tell("bank/leases reclaimed", b.reclaimed.get());
  tell("bank/retained/renewed", b.renewals.get());
  tell("bank/retained/lapsed", b.lapsed.get());
  tell("bank/transactions", b.transactions.get());
  tell("bank/transactions/waiting", b.queued.get());
  tell("bank/answers lost", b.lost_answers.get());
  const auto next = static_cast<std::int64_t>(b.next_expiry_unix_ms.get());
  const auto left = next == 0 ? 0 : next - pod().store_time.unix_ms(*pod().clock);
  tell("bank/next expiry", std::to_string(std::max<std::int64_t>(left, 0) / 1000) + " seconds");
}

/// The sums over all pods; `own` also goes to the others.
void sys_topics::tell_cluster(cluster_figures own) {
  send(pod().membership, tell_atom::value, pod_frame{frame_kind::figures, own.encode(), nullptr});
  for (const auto& [life, figures] : others_)
    own += figures;
  tell("cluster/pods", others_.size() + 1);
  for (std::size_t i = 0; i < own.of.size(); ++i)
    tell("cluster/" + std::string{cluster_figures::names[i]}, own.of[i]);
  const auto total = [&](mqtt::counter mqtt::counters::*which) {
    std::uint64_t n = 0;
    for (const auto* u : pod().units)
      n += (u->counters.*which).get();
    return n;
  };
  using c = mqtt::counters;
  tell("links/publishes sent", total(&c::far_publishes_sent));
  tell("links/publishes received", total(&c::far_publishes_received));
  tell("links/publishes kept", total(&c::publishes_kept));
  tell("links/routes late", total(&c::routes_late));
  tell("links/lost", total(&c::links_lost));
  tell("links/refused", total(&c::links_overflowed));
  tell("links/connections carried", total(&c::connections_carried));
  tell("links/connections carried in all", total(&c::connections_carried_ever));
  tell("links/claims waiting", total(&c::claims_waiting));
  tell("links/claims timed out", total(&c::claims_timed_out));
  tell("links/claims put off", total(&c::claims_put_off));
  tell("links/claims refused", total(&c::claims_overflowed));
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

void sys_topics::tell_load(std::string_view name, std::uint64_t total, double elapsed_s) {
  auto& l = loads_[std::string{name}];
  const auto rate = elapsed_s > 0 ? static_cast<double>(total - l.last) / elapsed_s * 60.0 : 0.0;
  l.last = total;
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
