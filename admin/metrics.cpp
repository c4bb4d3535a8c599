#include "admin/metrics.hpp"

#include "admin/metric_tables.hpp"
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

using c = mqtt::counters;

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
  /// `value_of(i)` of each of so many units.
  template<class F>
  void by_unit(const char* name, const char* help, MetricType type, std::size_t units, F value_of) {
    auto& family = add(name, help, type);
    for (std::size_t i = 0; i < units; ++i) {
      family.metric.push_back(of_unit(i));
      set(family.metric.back(), type, static_cast<double>(value_of(i)));
    }
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
  const auto count = pod.units.size();
  const auto add = [&](const metric_row<unit_counter>& r, MetricType type) {
    to.by_unit(r.name, r.help, type, count,
               [&](std::size_t i) { return (pod.units[i]->counters.*r.from).get(); });
  };
  for (const auto& r : unit_totals)
    add(r, MetricType::Counter);
  for (const auto& r : unit_gauges)
    add(r, MetricType::Gauge);
  to.by_unit("mqttzoo_actors", "Actors.", MetricType::Gauge, count,
             [&](std::size_t i) { return pod.units[i]->actors.size(); });
  std::vector<const mqtt::latency_histogram*> acknowledge;
  for (const auto* u : pod.units)
    acknowledge.push_back(&u->counters.acknowledge);
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
  for (const auto& r : loop_totals)
    to.by_unit(r.name, r.help, MetricType::Counter, loops.size(),
               [&](std::size_t i) { return (loops[i]->*r.from).value(); });
  auto& refused =
      to.add("mqttzoo_address_connections_refused_total",
             "Connections beyond what limits.address lets one address have.", MetricType::Counter);
  const auto add = [&](loop_counter from, const char* why) {
    for (std::size_t i = 0; i < loops.size(); ++i) {
      auto m = of_unit(i);
      m.label.push_back({"why", why});
      m.counter.value = number((loops[i]->*from).value());
      refused.metric.push_back(std::move(m));
    }
  };
  add(&net::io_counters::refused_by_count, "count");
  add(&net::io_counters::refused_by_rate, "rate");
}

void add_links(page& to, const std::vector<const net::io_counters*>& loops) {
  for (const auto& r : link_totals)
    to.by_unit(r.name, r.help, MetricType::Counter, loops.size(),
               [&](std::size_t i) { return (loops[i]->links.*r.from).value(); });
}

void add_directory(page& to, const actors::directory_counters& now) {
  for (const auto& r : directory_totals)
    to.total(r.name, r.help, number((now.*r.from).get()));
  for (const auto& r : directory_gauges)
    to.gauge(r.name, r.help, number((now.*r.from).get()));
}

void add_store(page& to, const pod_state& pod) {
  to.gauge("mqttzoo_store_connected", "Whether the store can be reached.",
           pod.store_connected() ? 1 : 0);
  const auto now = pod.is.store->figures();
  for (const auto& r : store_totals)
    to.total(r.name, r.help, number(now.*r.from));
  for (const auto& r : store_gauges)
    to.gauge(r.name, r.help, number(now.*r.from));
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
  add_store(to, with_.pod);
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
  add_links(to, with_.io);
  add_directory(to, pod.directory_counts);
  add_listeners(to, with_.listeners);
  if (with_.http) {
    to.total("mqttzoo_admin_requests_total", "Requests to this endpoint.",
             number(with_.http->requests.get()));
    to.total("mqttzoo_admin_denied_total", "Those turned away, without a token or certificate.",
             number(with_.http->denied.get()));
    to.total("mqttzoo_admin_timeouts_total", "Those without an answer in time.",
             number(with_.http->timed_out.get()));
    to.total("mqttzoo_admin_connections_refused_total",
             "Beyond admin.connections.max: one of them was closed.",
             number(with_.http->connections_full.get()));
  }
  add_process(to);
  return to.text();
}

} // namespace mqttzoo::admin
