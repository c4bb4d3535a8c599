#include "actors/doorman.hpp"

#include "core/log.hpp"
#include "mqtt/encoder.hpp"

#include <random>
#include <string_view>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

/// A name nobody else has: 128 random bits. [MQTT-3.1.3-6]
std::string make_client_id() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::random_device random;
  std::string id = "auto-";
  for (int word = 0; word < 4; ++word) {
    auto bits = random();
    for (int i = 0; i < 8; ++i, bits >>= 4)
      id += digits[bits & 15];
  }
  return id;
}

} // namespace

/// One connection before it has a session.
class doorman::visitor final : public net::connection_events, public net::timer_client {
public:
  visitor(doorman& house, net::connection_ptr c)
      : connection(std::move(c)),
        greeting(house.services().limits, house.pod().methods,
                 house.services().settings.mqtt.anonymous, &make_client_id),
        house_(house) {}

  std::size_t on_input(std::string_view input) override {
    const auto before = input.size();
    const auto progress = greeting.on_input(input, connection->out());
    connection->flush_later();
    if (progress == mqtt::handshake::progress::refused) {
      auto& counts = house_.services().counters;
      counts.connects_refused.add();
      log.info("connection refused", {{"peer", connection->peer()}, {"why", greeting.refusal()}});
      connection->close();
      house_.leave(*this);
    } else if (progress == mqtt::handshake::progress::accepted) {
      house_.accepted(*this);
    }
    return before - input.size();
  }

  void on_drained() override {}

  void on_closed(net::close_cause) override { house_.leave(*this); }

  void on_due(net::time_point) override {
    house_.services().counters.connect_timeouts.add();
    log.info("no CONNECT in time", {{"peer", connection->peer()}});
    connection->abort();
    house_.leave(*this);
  }

  net::connection_ptr connection;
  mqtt::handshake greeting;

private:
  doorman& house_;
};

doorman::doorman(caf::actor_config& config, unit_services& services)
    : pinned_base<doorman_actor>(config, services) {}

doorman::~doorman() = default;

doorman::behavior_type doorman::make_behavior() {
  return {
      [this](granted_atom, const std::shared_ptr<attachment>& a) { granted(*a, a); },
      [this](shut_down_atom) { close_up(); },
  };
}

void doorman::on_exit() {
  close_up();
}

/// What the home still grants comes here nevertheless: a connection may not be dropped on another
/// unit's thread.
void doorman::close_up() {
  closed_ = true;
  for (auto& [key, v] : visitors_) {
    services().timers->cancel(*v);
    v->connection->detach_events();
    v->connection->abort();
  }
  visitors_.clear();
  gone_.clear();
}

void doorman::admit(net::detached_socket socket) {
  gone_.clear();
  if (closed_)
    return;
  auto v = std::make_unique<visitor>(*this, services().adopt(std::move(socket)));
  auto& ref = *v;
  services().timers->schedule(ref, now() + services().settings.net.connect_timeout);
  visitors_.emplace(&ref, std::move(v));
  ref.connection->attach_events(ref);
}

void doorman::leave(visitor& v) {
  services().timers->cancel(v);
  v.connection->detach_events();
  auto found = visitors_.find(&v);
  gone_.clear();
  gone_.push_back(std::move(found->second));
  visitors_.erase(found);
}

void doorman::accepted(visitor& v) {
  auto a = std::make_shared<attachment>();
  a->connect = std::move(v.greeting.result());
  a->unit = services().index;
  a->connection = v.connection;
  leave(v);
  send(pod().home, claim_atom::value, std::move(a));
}

void doorman::granted(attachment& a, const std::shared_ptr<attachment>& shared) {
  if (closed_)
    return std::exchange(a.connection, nullptr)->abort();
  if (!a.session)
    return refuse(a);
  if (a.session->unit != a.unit)
    a.socket = std::exchange(a.connection, nullptr)->detach_socket();
  send(a.session->handle, attach_atom::value, shared);
}

void doorman::refuse(attachment& a) {
  const auto connection = std::exchange(a.connection, nullptr);
  services().counters.connects_refused.add();
  log.info("connection refused", {{"peer", connection->peer()}, {"why", a.refusal_text}});
  if (a.refusal == mqtt::reason_code::session_taken_over) // no CONNACK can say that
    return connection->abort();
  mqtt::connack_packet refusal;
  refusal.reason = a.refusal;
  refusal.reason_string = a.refusal_text;
  const auto& client = a.connect.packet; // [MQTT-3.2.2-19]
  mqtt::encode(refusal, client.version, client.maximum_packet_size.value_or(0), connection->out());
  connection->flush_later();
  connection->close();
}

} // namespace mqttzoo::actors
