// Subscriptions, received messages, requests and their answers.
#include "mqtt/topic_filter.hpp"
#include "mqtt/topic_name.hpp"
#include "sdk/client_core.hpp"
#include "sdk/include/mqttzoo/error.hpp"
#include "sdk/wire_message.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace mqttzoo::sdk {
namespace {

time_point now() {
  return std::chrono::steady_clock::now();
}

mqtt::subscription_options wire_options(const subscribe_options& o) {
  mqtt::subscription_options wire;
  wire.qos = to_wire(o.qos);
  wire.no_local = o.no_local;
  wire.retain_as_published = o.retain_as_published;
  wire.retained = static_cast<mqtt::retain_handling>(o.retained);
  return wire;
}

void read(const mqtt::publish_packet& p, received& out) {
  read_message(p, p.topic, out);
  out.duplicate = p.dup;
  out.packet_id = static_cast<std::uint16_t>(p.id);
}

/// What 3.x has no word for.
bool needs_v5(const subscribe_options& o) {
  return o.no_local || o.retain_as_published || o.retained != retained_first::all;
}

} // namespace

void client_core::subscribe(std::string filter, const subscribe_options& how, std::uint64_t number,
                            client::message_handler on_message, subscribed finished) {
  if (stopped_)
    return finished(std::make_error_code(std::errc::operation_canceled), nullptr);
  const auto parsed = mqtt::parse_topic_filter(filter, mqtt::topic_bytes_max + 1);
  if (!parsed)
    return finished(errc::invalid_filter, nullptr);
  if (needs_v5(how) && options_.version != protocol::v5)
    return finished(errc::not_supported, nullptr);
  const auto s =
      std::make_shared<stream>(weak_from_this(), std::move(filter), how, std::move(on_message),
                               options_.inbox.stream_messages_max);
  const auto& entry = registry_.add(s, parsed->filter());
  auto wire = wire_options(how);
  for (const auto& other : entry.streams)
    wire.qos = std::max(wire.qos, to_wire(other->options().qos));
  wait_for(
      number, how.timeout,
      [self = weak_from_this(), s, finished = std::move(finished)](std::error_code error) mutable {
        if (const auto core = self.lock(); core && error)
          core->close(s);
        finished(error, error ? nullptr : s);
      });
  machine_.filters().subscribe(
      entry.filter, wire, how.users, entry.identifier,
      [then = ending(number), s](std::error_code error, mqtt::qos level) mutable {
        s->grant(static_cast<qos>(level));
        then(error);
      });
  claim(s);
  changed();
}

void client_core::close(const std::shared_ptr<stream>& s) {
  const bool last = registry_.remove(s);
  s->end(errc::closed);
  if (last && !stopped_)
    machine_.filters().unsubscribe(s->filter(), {}, {});
  changed();
}

void client_core::unsubscribe(const std::string& filter, const unsubscribe_options& how,
                              std::uint64_t number, done finished) {
  if (stopped_)
    return finished(std::make_error_code(std::errc::operation_canceled));
  if (!mqtt::parse_topic_filter(filter, mqtt::topic_bytes_max + 1))
    return finished(errc::invalid_filter);
  for (const auto& s : registry_.of(filter)) {
    registry_.remove(s);
    s->end(errc::closed);
  }
  wait_for(number, {}, std::move(finished));
  machine_.filters().unsubscribe(filter, how.users, ending(number));
  changed();
}

void client_core::next(const std::shared_ptr<stream>& s, std::uint64_t number, timeout limit,
                       stream::taken finished) {
  alarms::handle alarm;
  if (limit)
    alarm = alarms_.set(now() + *limit, [s, number] {
      s->cancel_next(number, std::make_error_code(std::errc::timed_out));
    });
  s->next(number, alarm, std::move(finished));
  changed();
}

// ---------------------------------------------------------------- received messages

void client_core::on_message(const mqtt::publish_packet& p, receipt_number number) {
  ++figures_.received;
  auto targets = std::move(targets_); // a handler may subscribe, which must not find it in use
  registry_.find(p, targets);
  if (targets.empty() && number != receipt_number::none) {
    received m;
    read(p, m);
    unclaimed_.push_back({std::move(m), number, now() + options_.inbox.unclaimed_wait});
    give_up_unclaimed();
  }
  if (number != receipt_number::none) {
    for (std::size_t i = 0; i < targets.size(); ++i)
      machine_.hold(number);
  }
  if (!targets.empty())
    read(p, scratch_);
  for (const auto& s : targets) {
    if (s->push(scratch_, number) == stream::outcome::dropped)
      ++figures_.dropped;
  }
  targets.clear();
  targets_ = std::move(targets);
}

void client_core::release(receipt_number number) {
  if (stopped_)
    return;
  machine_.release(number);
  changed();
}

/// What came on connections before and was not taken yet: does it come again?
void client_core::settle_untaken(bool session_present) {
  if (session_present)
    std::erase_if(unclaimed_, [](const unclaimed& u) { return u.what.qos == qos::at_least_once; });
  registry_.for_each([&](stream& s) {
    if (session_present)
      s.resumed();
    else
      figures_.dropped += s.restarted();
  });
}

/// Gives a new subscription what came before it.
void client_core::claim(const std::shared_ptr<stream>& s) {
  const auto parsed = mqtt::parse_topic_filter(s->filter(), mqtt::topic_bytes_max + 1);
  std::list<unclaimed> claimed; // taken out first: the handler may subscribe, which claims, too
  for (auto at = unclaimed_.begin(); at != unclaimed_.end();) {
    const auto current = at++;
    if (mqtt::matches(parsed->filter(), current->what.topic))
      claimed.splice(claimed.end(), unclaimed_, current);
  }
  for (const auto& each : claimed)
    machine_.hold(each.number);
  for (const auto& each : claimed)
    s->push(each.what, each.number);
}

void client_core::give_up_unclaimed() {
  for (; !unclaimed_.empty() && unclaimed_.front().until <= now(); unclaimed_.pop_front()) {
    ++figures_.unclaimed;
    release(unclaimed_.front().number);
  }
  alarms_.cancel(unclaimed_alarm_);
  if (!unclaimed_.empty())
    unclaimed_alarm_ = alarms_.set(unclaimed_.front().until, [this] { give_up_unclaimed(); });
}

// ---------------------------------------------------------------- requests

void client_core::request(message m, std::chrono::milliseconds limit, std::uint64_t number,
                          answered finished) {
  if (stopped_)
    return finished(std::make_error_code(std::errc::operation_canceled), {});
  if (options_.version != protocol::v5)
    return finished(errc::not_supported, {});
  if (requests_.size() >= options_.requests_max)
    return finished(errc::too_many_requests, {});
  const auto correlation = number; // unique in this client, as is the topic of its answers
  const auto alarm = alarms_.set(now() + limit, [this, correlation] {
    finish_request(correlation, std::make_error_code(std::errc::timed_out), {});
  });
  requests_.emplace(correlation, pending_request{std::move(finished), alarm});
  ready_for_answers([this, correlation, m = std::move(m)](std::error_code error) mutable {
    if (error)
      finish_request(correlation, error, {});
    else
      send_request(correlation, std::move(m));
  });
  changed();
}

/// Calls `then` once answers can come.
void client_core::ready_for_answers(done then) {
  if (answers_)
    return then({});
  awaiting_answers_.push_back(std::move(then));
  if (awaiting_answers_.size() > 1)
    return;
  if (answers_topic_.empty())
    answers_topic_ = "mqttzoo/answers/" + std::to_string(core::random_source::from_system()());
  subscribe(
      answers_topic_, qos::at_least_once, next_number(), [this](const received& m) { answer(m); },
      [this](std::error_code error, std::shared_ptr<stream> s) {
        answers_ = std::move(s);
        for (auto& each : std::exchange(awaiting_answers_, {}))
          each(error);
      });
}

void client_core::send_request(std::uint64_t correlation, message m) {
  if (!requests_.contains(correlation))
    return;
  m.properties.response_topic = answers_topic_;
  m.properties.correlation_data = std::to_string(correlation);
  publish(std::move(m), {}, correlation,
          [self = weak_from_this(), correlation](std::error_code error) {
            if (const auto core = self.lock(); core && error)
              core->finish_request(correlation, error, {});
          });
}

void client_core::answer(const message& m) {
  const auto& text = m.properties.correlation_data;
  std::uint64_t correlation = 0;
  std::from_chars(text.data(), text.data() + text.size(), correlation);
  finish_request(correlation, {}, m);
}

void client_core::finish_request(std::uint64_t correlation, std::error_code how, message m) {
  auto found = requests_.extract(correlation);
  if (found.empty())
    return;
  alarms_.cancel(found.mapped().alarm);
  if (how)
    machine_.outbox().cancel(publish_number{correlation}, how);
  found.mapped().finished(how, std::move(m));
}

} // namespace mqttzoo::sdk
