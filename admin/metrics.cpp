#include "admin/metrics.hpp"

#include "admin/process_figures.hpp"
#include "core/version.hpp"

#include <limits>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <sstream>
#include <utility>

namespace mqttzoo::admin {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

using unit_counter = mqtt::counter mqtt::counters::*;
using bank_counter = mqtt::counter actors::bank_figures::*;
using loop_counter = net::io_counter net::io_counters::*;

template<class Counter>
struct row {
  const char* name;
  const char* help;
  Counter from;
};

using c = mqtt::counters;

constexpr row<unit_counter> unit_totals[] = {
    {"mqttzoo_packets_received_total", "MQTT packets from clients.", &c::packets_received},
    {"mqttzoo_packets_sent_total", "MQTT packets to clients.", &c::packets_sent},
    {"mqttzoo_publishes_received_total", "PUBLISH packets from clients.", &c::publishes_received},
    {"mqttzoo_publishes_sent_total", "PUBLISH packets to clients.", &c::publishes_sent},
    {"mqttzoo_publish_received_bytes_total", "Payloads from clients.", &c::publish_bytes_received},
    {"mqttzoo_publish_sent_bytes_total", "Payloads to clients.", &c::publish_bytes_sent},
    {"mqttzoo_publishes_dropped_total", "QoS 0 to slow readers, or beyond a full queue.",
     &c::publishes_dropped},
    {"mqttzoo_publishes_refused_total", "Publishes for which no promise could be made.",
     &c::publishes_refused},
    {"mqttzoo_publishes_away_total", "QoS 0 for sessions without a client.", &c::publishes_away},
    {"mqttzoo_publishes_delayed_total", "Publishes of 3.x clients that had to wait for room.",
     &c::publishes_delayed},
    {"mqttzoo_publishes_expired_total", "Messages whose expiry interval ran out before delivery.",
     &c::publishes_expired},
    {"mqttzoo_mail_expired_total", "Stored messages whose time was over before delivery.",
     &c::mail_expired},
    {"mqttzoo_publishers_given_up_total", "3.x clients disconnected after bank.patience.",
     &c::publishers_given_up},
    {"mqttzoo_messages_stored_total", "Deposits asked of the store.", &c::messages_stored},
    {"mqttzoo_memory_refusals_total", "Messages that found no credit for memory.",
     &c::memory_refusals},
    {"mqttzoo_connects_refused_total", "CONNECTs answered with a failure.", &c::connects_refused},
    {"mqttzoo_publishes_denied_total", "Publishes, and wills, that their client may not publish.",
     &c::publishes_denied},
    {"mqttzoo_subscriptions_denied_total", "Subscriptions of which the client may read nothing.",
     &c::subscriptions_denied},
    {"mqttzoo_deliveries_denied_total", "Messages left out because their client may not read them.",
     &c::deliveries_denied},
    {"mqttzoo_clients_expelled_total",
     "Clients sent away because accounts changed, or their proof was over.",
     &c::clients_judged_out},
    {"mqttzoo_hook_cache_hits_total", "Verdicts of the hook that were remembered.",
     &c::hook_cache_hits},
    {"mqttzoo_connect_timeouts_total", "Connections without a CONNECT in time.",
     &c::connect_timeouts},
    {"mqttzoo_packet_timeouts_total", "Connections with half a packet for too long.",
     &c::packet_timeouts},
    {"mqttzoo_keep_alive_timeouts_total", "Clients that were silent for too long.",
     &c::keep_alive_timeouts},
    {"mqttzoo_protocol_errors_total", "Connections closed for what their client sent.",
     &c::protocol_errors},
    {"mqttzoo_reads_paused_total", "Times that a publisher was not read for a while.",
     &c::reads_paused},
    {"mqttzoo_reads_throttled_total", "Times that limits.client had a client wait.",
     &c::reads_throttled},
    {"mqttzoo_account_sessions_refused_total", "Sessions beyond limits.account.sessions.max.",
     &c::account_sessions_refused},
    {"mqttzoo_subscriptions_refused_total", "Subscriptions beyond mqtt.subscriptions.max.",
     &c::subscriptions_refused},
    {"mqttzoo_link_publishes_sent_total", "Messages to other pods, once for each pod.",
     &c::far_publishes_sent},
    {"mqttzoo_link_publishes_received_total", "Messages from other pods.",
     &c::far_publishes_received},
    {"mqttzoo_links_lost_total", "Links to other pods that broke.", &c::links_lost},
    {"mqttzoo_claims_timed_out_total", "Clients refused after cluster.claim.timeout.",
     &c::claims_timed_out},
    {"mqttzoo_trace_messages_skipped_total",
     "Messages not followed because of trace.messages.rate.", &c::trace_messages_skipped},
    {"mqttzoo_trace_steps_lost_total", "Steps of messages that were too many at once to be noted.",
     &c::trace_steps_lost},
};

constexpr row<unit_counter> unit_gauges[] = {
    {"mqttzoo_clients_connected", "Clients that are connected.", &c::clients_connected},
    {"mqttzoo_sessions", "Sessions, connected or away.", &c::sessions},
    {"mqttzoo_subscriptions", "Subscriptions in force.", &c::subscriptions},
    {"mqttzoo_messages_queued", "Messages that wait for a window or a client.",
     &c::messages_queued},
    {"mqttzoo_publishes_waiting", "Publishes of 3.x clients that wait for room.",
     &c::publishes_waiting},
    {"mqttzoo_memory_bytes", "Memory for clients that are behind, paid for.", &c::memory_bytes},
    {"mqttzoo_connections_carried", "Clients here whose session is at another pod.",
     &c::connections_carried},
    {"mqttzoo_logins_waiting", "Clients that wait for the verdict on their password or token.",
     &c::logins_waiting},
    {"mqttzoo_claims_waiting", "Clients that wait to hear which pod has their session.",
     &c::claims_waiting},
    {"mqttzoo_traces", "Traces that run, here or for another pod.", &c::traces},
};

using b = actors::bank_figures;

constexpr row<bank_counter> bank_totals[] = {
    {"mqttzoo_bank_deposits_total", "Messages accepted for holding.", &b::deposits},
    {"mqttzoo_bank_returns_total", "Messages that brought their credits back.", &b::returns},
    {"mqttzoo_bank_expired_total", "Of these, because their time was over.", &b::expired},
    {"mqttzoo_bank_refusals_total", "Messages refused for want of credit.", &b::refusals},
    {"mqttzoo_bank_transactions_total", "Transactions of the store.", &b::transactions},
    {"mqttzoo_bank_answers_lost_total", "Transactions whose outcome had to be looked up.",
     &b::lost_answers},
    {"mqttzoo_bank_reaped_total", "Mail of departed pods that this one removed.", &b::reaped},
};

constexpr row<bank_counter> bank_gauges[] = {
    {"mqttzoo_bank_credits", "Credits there are.", &b::total},
    {"mqttzoo_bank_free_credits", "Credits nobody held when this pod looked last.", &b::free},
    {"mqttzoo_bank_leased_credits", "Credits drawn by this pod and not spent.", &b::leased},
    {"mqttzoo_bank_lent_credits", "Of these, lent to units.", &b::lent},
    {"mqttzoo_bank_held_credits", "Credits for what this pod holds.", &b::held_credits},
    {"mqttzoo_bank_held_bytes", "Bytes that this pod holds.", &b::held_bytes},
    {"mqttzoo_bank_held_messages", "Messages that this pod holds.", &b::held_messages},
    {"mqttzoo_bank_transactions_waiting", "Transactions that wait.", &b::queued},
};

constexpr row<loop_counter> loop_totals[] = {
    {"mqttzoo_network_received_bytes_total", "Bytes from clients.", &net::io_counters::bytes_in},
    {"mqttzoo_network_sent_bytes_total", "Bytes to clients.", &net::io_counters::bytes_out},
    {"mqttzoo_connections_opened_total", "Connections accepted.",
     &net::io_counters::connections_opened},
    {"mqttzoo_connections_refused_total",
     "Connections beyond net.connections.max, or the bound of their listener.",
     &net::io_counters::connections_refused},
    {"mqttzoo_accepts_paced_total",
     "Times that those who wait to be accepted had to, for limits.listener.",
     &net::io_counters::accepts_paced},
    {"mqttzoo_addresses_forgotten_total", "Addresses beyond what is remembered of them.",
     &net::io_counters::addresses_forgotten},
    {"mqttzoo_handshakes_total", "Handshakes of TLS and WebSocket, of clients and links.",
     &net::io_counters::handshakes},
    {"mqttzoo_handshake_failures_total", "Handshakes, records and frames that failed.",
     &net::io_counters::handshake_failures},
    {"mqttzoo_websocket_pongs_held_total",
     "Times that the answer to a PING of WebSocket had to wait, as its client did not take what it "
     "got.",
     &net::io_counters::answers_held},
    {"mqttzoo_slow_readers_closed_total", "Clients that took nothing for too long.",
     &net::io_counters::stalls},
};

ClientMetric of_unit(std::size_t unit) {
  ClientMetric m;
  m.label.push_back({"unit", std::to_string(unit)});
  return m;
}

void set(ClientMetric& m, MetricType type, double value) {
  (type == MetricType::Counter ? m.counter.value : m.gauge.value) = value;
}

/// What is being written.
class page {
public:
  MetricFamily& add(const char* name, const char* help, MetricType type) {
    return families_.emplace_back(MetricFamily{name, help, type, {}});
  }
  void add(const char* name, const char* help, MetricType type, double value) {
    set(add(name, help, type).metric.emplace_back(), type, value);
  }
  void total(const char* name, const char* help, double value) {
    add(name, help, MetricType::Counter, value);
  }
  void gauge(const char* name, const char* help, double value) {
    add(name, help, MetricType::Gauge, value);
  }
  void histogram(const char* name, const char* help,
                 const std::vector<const mqtt::latency_histogram*>& of) {
    add(name, help, MetricType::Histogram).metric.push_back(sum(of));
  }

  std::string text() const {
    std::ostringstream out;
    prometheus::TextSerializer{}.Serialize(out, families_);
    return out.str();
  }

  static ClientMetric sum(const std::vector<const mqtt::latency_histogram*>& of) {
    using h = mqtt::latency_histogram;
    ClientMetric m;
    std::uint64_t seen = 0;
    double sum_us = 0;
    for (std::size_t i = 0; i < h::buckets; ++i) {
      for (const auto* one : of)
        seen += one->count(i);
      const bool last = i + 1 == h::buckets;
      m.histogram.bucket.push_back({seen, last ? std::numeric_limits<double>::infinity()
                                               : static_cast<double>(h::bound_us(i)) / 1e6});
    }
    for (const auto* one : of)
      sum_us += static_cast<double>(one->sum_us());
    m.histogram.sample_count = seen;
    m.histogram.sample_sum = sum_us / 1e6;
    return m;
  }

private:
  std::vector<MetricFamily> families_;
};

double number(std::uint64_t n) {
  return static_cast<double>(n);
}

void add_promises(page& to, const actors::pod_services& pod) {
  auto& family =
      to.add("mqttzoo_promise_seconds", "From a client's PUBLISH to this pod's PUBACK or PUBREC.",
             MetricType::Histogram);
  const auto add = [&](const char* qos, mqtt::latency_histogram mqtt::counters::*which) {
    std::vector<const mqtt::latency_histogram*> all;
    for (const auto* u : pod.units)
      all.push_back(&(u->counters.*which));
    auto m = page::sum(all);
    m.label.push_back({"qos", qos});
    family.metric.push_back(std::move(m));
  };
  add("1", &c::promise_at_least_once);
  add("2", &c::promise_exactly_once);
}

void add_units(page& to, const actors::pod_services& pod) {
  const auto add = [&](const row<unit_counter>& r, MetricType type) {
    auto& family = to.add(r.name, r.help, type);
    for (std::size_t i = 0; i < pod.units.size(); ++i) {
      auto m = of_unit(i);
      set(m, type, number((pod.units[i]->counters.*r.from).get()));
      family.metric.push_back(std::move(m));
    }
  };
  for (const auto& r : unit_totals)
    add(r, MetricType::Counter);
  for (const auto& r : unit_gauges)
    add(r, MetricType::Gauge);
  auto& actors = to.add("mqttzoo_actors", "Actors.", MetricType::Gauge);
  std::vector<const mqtt::latency_histogram*> acknowledge;
  for (std::size_t i = 0; i < pod.units.size(); ++i) {
    auto m = of_unit(i);
    m.gauge.value = number(pod.units[i]->actors.size());
    actors.metric.push_back(std::move(m));
    acknowledge.push_back(&pod.units[i]->counters.acknowledge);
  }
  to.histogram("mqttzoo_acknowledge_seconds",
               "From PUBLISH to a client's PUBACK or PUBREC, QoS 1 and 2.", acknowledge);
  add_promises(to, pod);
}

void add_logins(page& to, const actors::pod_services& pod) {
  auto& family = to.add("mqttzoo_logins_total", "Wishes to come in, by what became of them.",
                        MetricType::Counter);
  std::vector<const mqtt::latency_histogram*> took, hook_took;
  for (const auto* u : pod.units) {
    took.push_back(&u->counters.login);
    hook_took.push_back(&u->counters.hook);
  }
  for (std::size_t i = 0; i < mqtt::login_outcome_words.size(); ++i) {
    ClientMetric m;
    m.label.push_back({"outcome", std::string{mqtt::login_outcome_words[i]}});
    std::uint64_t n = 0;
    for (const auto* u : pod.units)
      n += u->counters.logins[i].get();
    m.counter.value = number(n);
    family.metric.push_back(std::move(m));
  }
  to.histogram("mqttzoo_login_seconds", "From a CONNECT to the verdict on its password or token.",
               took);
  to.histogram("mqttzoo_hook_seconds", "From asking the hook to its answer.", hook_took);
}

void add_bank(page& to, const actors::pod_services& pod) {
  const auto& f = pod.bank_counts;
  for (const auto& r : bank_totals)
    to.total(r.name, r.help, number((f.*r.from).get()));
  for (const auto& r : bank_gauges)
    to.gauge(r.name, r.help, number((f.*r.from).get()));
  to.histogram("mqttzoo_store_transaction_seconds",
               "From a transaction of the bank to the store's answer.", {&f.store});
}

ClientMetric of_listener(const net::listener_figures& l) {
  ClientMetric m;
  m.label.push_back({"listener", l.name});
  return m;
}

void add_listeners(page& to, const std::vector<std::shared_ptr<const net::listener_figures>>& all) {
  auto& open =
      to.add("mqttzoo_listener_connections", "Open connections, by listener.", MetricType::Gauge);
  for (const auto& l : all) {
    open.metric.push_back(of_listener(*l));
    open.metric.back().gauge.value = number(l->seats->taken());
  }
  auto& accepted = to.add("mqttzoo_listener_connections_accepted_total",
                          "Connections accepted, by listener.", MetricType::Counter);
  for (const auto& l : all) {
    accepted.metric.push_back(of_listener(*l));
    accepted.metric.back().counter.value = number(l->accepted.load(std::memory_order_relaxed));
  }
  auto& refused =
      to.add("mqttzoo_listener_connections_refused_total",
             "Connections closed before their client could speak, by listener and reason.",
             MetricType::Counter);
  for (const auto& l : all)
    for (std::size_t i = 0; i < net::listener_refusal_words.size(); ++i) {
      auto m = of_listener(*l);
      m.label.push_back({"reason", std::string{net::listener_refusal_words[i]}});
      m.counter.value = number(l->refused[i].load(std::memory_order_relaxed));
      refused.metric.push_back(std::move(m));
    }
}

void add_loops(page& to, const std::vector<const net::io_counters*>& loops) {
  const auto add = [&](MetricFamily& family, loop_counter from, const char* why) {
    for (std::size_t i = 0; i < loops.size(); ++i) {
      auto m = of_unit(i);
      if (why)
        m.label.push_back({"why", why});
      m.counter.value = number((loops[i]->*from).value());
      family.metric.push_back(std::move(m));
    }
  };
  for (const auto& r : loop_totals)
    add(to.add(r.name, r.help, MetricType::Counter), r.from, nullptr);
  auto& refused =
      to.add("mqttzoo_address_connections_refused_total",
             "Connections beyond what limits.address lets one address have.", MetricType::Counter);
  add(refused, &net::io_counters::refused_by_count, "count");
  add(refused, &net::io_counters::refused_by_rate, "rate");
}

void add_drain(page& to, const actors::drain_figures& d) {
  const bool drains = d.is.load() >= actors::drain_figures::state::draining;
  to.gauge("mqttzoo_draining", "Whether the pod drains, or has.", drains ? 1 : 0);
  to.gauge("mqttzoo_drain_sessions_left", "Sessions that are still to leave the pod.",
           number(d.sessions_left.get()));
  to.total("mqttzoo_sessions_moved_total", "Sessions that other pods took over from this one.",
           number(d.sessions_moved.get()));
  to.total("mqttzoo_moves_failed_total", "Sessions that could not move in time and stayed.",
           number(d.moves_failed.get()));
}

void add_process(page& to) {
  const auto p = read_process_figures();
  to.total("process_cpu_seconds_total", "Time on processors.", p.cpu_s);
  to.gauge("process_resident_memory_bytes", "Memory in use.", number(p.resident_bytes));
  to.gauge("process_virtual_memory_bytes", "Address space in use.", number(p.virtual_bytes));
  to.gauge("process_open_fds", "Open descriptors.", number(p.open_descriptors));
  to.gauge("process_max_fds", "The most there may be.", number(p.most_descriptors));
  to.gauge("process_start_time_seconds", "Since 1970.", p.started_s);
}

} // namespace

std::string metrics::text() const {
  page to;
  const auto& pod = with_.in.pod();
  auto& info = to.add("mqttzoo_build_info", "Always 1.", MetricType::Gauge);
  ClientMetric one;
  one.label.push_back({"version", std::string{core::version()}});
  one.gauge.value = 1;
  info.metric.push_back(std::move(one));
  to.gauge("mqttzoo_store_connected", "Whether the store can be reached.",
           with_.pod.store_connected() ? 1 : 0);
  to.gauge("mqttzoo_pods", "Pods of the view, this one included.",
           number(pod.members.load(std::memory_order_relaxed)));
  to.gauge("mqttzoo_stuck_actors", "Actors that wait for longer than inspect.stuck.after.",
           number(with_.dog.stuck_count()));
  to.total("mqttzoo_stuck_episodes_total", "Times that an actor did.",
           number(with_.dog.episodes()));
  to.gauge("mqttzoo_retained_messages", "Retained messages.",
           number(pod.retained.messages.load(std::memory_order_relaxed)));
  to.gauge("mqttzoo_retained_bytes", "Their bytes.",
           number(pod.retained.bytes.load(std::memory_order_relaxed)));
  add_drain(to, pod.drain);
  add_units(to, pod);
  add_logins(to, pod);
  add_bank(to, pod);
  add_loops(to, with_.io);
  add_listeners(to, with_.listeners);
  if (with_.http) {
    to.total("mqttzoo_admin_requests_total", "Requests to this endpoint.",
             number(with_.http->requests.get()));
    to.total("mqttzoo_admin_denied_total", "Those without a token or certificate.",
             number(with_.http->denied.get()));
    to.total("mqttzoo_admin_timeouts_total", "Those without an answer in time.",
             number(with_.http->timed_out.get()));
    to.total("mqttzoo_admin_connections_refused_total", "Beyond admin.connections.max.",
             number(with_.http->connections_full.get()));
  }
  add_process(to);
  return to.text();
}

} // namespace mqttzoo::admin
