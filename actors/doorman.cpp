#include "actors/doorman.hpp"

#include "actors/session.hpp"
#include "auth/policy.hpp"
#include "core/log.hpp"
#include "mqtt/encoder.hpp"

#include <caf/send.hpp>

#include <chrono>
#include <cstddef>
#include <random>
#include <string_view>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

/// Whoever guesses passwords may not fill the disk.
constinit core::log_throttle refusals{20, std::chrono::seconds{1}};

/// Nor may whoever comes and is no client. Apart, so that they do not hide the guesses.
constinit core::log_throttle strangers{20, std::chrono::seconds{1}};

/// Sessions that are told of a reload in one turn.
constexpr std::size_t judged_at_once = 256;

struct refusal {
  mqtt::reason_code reason;
  const char* what; ///< says no more than the client must know
};

refusal refusal_of(mqtt::login_outcome o) noexcept {
  using enum mqtt::reason_code;
  switch (o) {
  case mqtt::login_outcome::unknown_user:
  case mqtt::login_outcome::wrong_password: // the same, so that names cannot be tried out
    return {bad_user_name_or_password, "the user name or the password is wrong"};
  case mqtt::login_outcome::token_refused:
  case mqtt::login_outcome::token_expired:
    return {bad_user_name_or_password, "the token is not valid"};
  case mqtt::login_outcome::hook_down:
    return {server_unavailable, "it cannot be found out who this is"};
  case mqtt::login_outcome::busy:
    return {server_busy, "too many clients wait to be let in"};
  case mqtt::login_outcome::certificate_nameless:
    return {not_authorized, "the certificate does not say who this is"};
  default:
    return {not_authorized, "who this is must be shown, and was not"};
  }
}

/// Its listener takes a client's name from the certificate, which TLS has found valid.
auth::verdict judge_certificate(std::string name) {
  if (name.empty())
    return {mqtt::login_outcome::certificate_nameless, {}};
  auth::verdict v{mqtt::login_outcome::accepted, {}};
  v.who.by = mqtt::identity::proof::certificate;
  v.who.user = std::move(name);
  return v;
}

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
  visitor(doorman& house, net::connection_ptr c, std::shared_ptr<const net::entrance> entrance,
          std::uint64_t its_number)
      : connection(std::move(c)), number(its_number), by(std::move(entrance)),
        greeting(house.services().limits, house.pod().methods, &make_client_id), house_(house) {
    if (by && by->packet_bytes_max)
      greeting.bound_packets(*by->packet_bytes_max);
  }

  std::size_t on_input(std::string_view input) override {
    if (awaits_verdict) { // that is for its session
      connection->pause_reading();
      return 0;
    }
    const auto before = input.size();
    const auto progress = greeting.on_input(input, connection->out());
    connection->flush_later();
    if (progress == mqtt::handshake::progress::refused) {
      auto& counts = house_.services().counters;
      counts.connects_refused.add();
      log.log(strangers, core::log_level::info, "connection refused",
              {{"peer", connection->peer()}, {"why", greeting.refusal()}});
      connection->close();
      house_.leave(*this);
    } else if (progress == mqtt::handshake::progress::accepted) {
      house_.accepted(*this);
    } else if (input.size() < before) { // a step of an exchange was answered
      house_.await(*this);
    }
    return before - input.size();
  }

  void on_drained() override {}

  void on_closed(net::close_cause) override { house_.leave(*this); }

  void on_due(net::time_point) override {
    if (awaits_verdict)
      return house_.turn_away(*this, mqtt::reason_code::server_unavailable,
                              "it took too long to find out who this is");
    house_.services().counters.connect_timeouts.add();
    log.log(strangers, core::log_level::info, "no CONNECT in time", {{"peer", connection->peer()}});
    connection->abort();
    house_.leave(*this);
  }

  net::connection_ptr connection;
  const std::uint64_t number;
  const std::shared_ptr<const net::entrance> by; ///< null: it has no rules
  mqtt::handshake greeting;
  bool awaits_verdict = false; ///< its CONNECT is good, and the gatekeeper is asked

private:
  doorman& house_;
};

doorman::doorman(caf::actor_config& config, unit_services& services)
    : pinned_base<doorman_actor>(config, services) {}

doorman::~doorman() = default;

doorman::behavior_type doorman::make_behavior() {
  return {
      [this](judged_atom, const std::shared_ptr<login_request>& r) { judged(*r); },
      [this](granted_atom, const std::shared_ptr<attachment>& a) { granted(*a, a); },
      [this](judge_atom) {
        judging_.emplace(services().actors); // from the first on, if another reload was under way
        judge_sessions();
      },
      [this](go_on_atom) { judge_sessions(); },
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
  judging_.reset();
}

void doorman::admit(net::detached_socket socket) {
  gone_.clear();
  if (closed_)
    return;
  const auto number = ++last_number_;
  auto by = socket.by;
  auto v =
      std::make_unique<visitor>(*this, services().adopt(std::move(socket)), std::move(by), number);
  auto& ref = *v;
  await(ref);
  visitors_.emplace(number, std::move(v));
  ref.connection->attach_events(ref);
}

/// Its CONNECT, or the next step of its exchange; how many there are is the method's to bound.
void doorman::await(visitor& v) {
  services().timers->schedule(v, now() + services().settings.net.connect_timeout);
}

void doorman::leave(visitor& v) {
  services().timers->cancel(v);
  v.connection->detach_events();
  auto found = visitors_.find(v.number);
  gone_.clear();
  gone_.push_back(std::move(found->second));
  visitors_.erase(found);
}

/// Its CONNECT is as it should be: now, who is it?
void doorman::accepted(visitor& v) {
  auto& connect = v.greeting.result();
  auto& packet = connect.packet;
  if (!packet.authentication_method.empty()) { // it has shown that already
    services().counters.logins[static_cast<std::size_t>(mqtt::login_outcome::accepted)].add();
    return let_in(v, std::move(connect.who));
  }
  auto r = std::make_shared<login_request>();
  r->what.client = packet.client_id;
  r->what.peer = v.connection->peer();
  r->what.user = std::exchange(packet.user_name, std::nullopt);
  r->what.password = std::exchange(packet.password, std::nullopt);
  r->by = services().policy;
  if (v.by)
    r->what.anonymous = v.by->anonymous;
  if (v.by && v.by->identity != core::certificate_identity::none)
    return settle(v, r->what, judge_certificate(v.connection->certified(v.by->identity)));
  if (auto verdict = r->by->judge_at_once(r->what))
    return settle(v, r->what, *std::move(verdict));
  r->unit = services().index;
  r->visitor = v.number;
  r->since = now();
  v.awaits_verdict = true;
  send(pod().gatekeeper, judge_atom::value, std::move(r));
}

void doorman::judged(const login_request& r) {
  const auto found = visitors_.find(r.visitor);
  if (found == visitors_.end())
    return; // it has not waited for it
  auto verdict = r.verdict.value_or(auth::verdict{});
  if (mqtt::is_admission(verdict.outcome) && r.by != services().policy) // a reload came between
    verdict.outcome = services().policy->judge_again(verdict.who, r.what.peer);
  settle(*found->second, r.what, std::move(verdict));
}

void doorman::settle(visitor& v, const auth::login& l, auth::verdict verdict) {
  services().counters.logins[static_cast<std::size_t>(verdict.outcome)].add();
  if (mqtt::is_admission(verdict.outcome))
    return let_in(v, std::move(verdict.who));
  log.log(refusals, core::log_level::warn, "a client was not let in",
          {{"why", mqtt::to_string(verdict.outcome)},
           {"user", l.user.value_or("")},
           {"client", l.client},
           {"peer", l.peer}});
  const auto why = refusal_of(verdict.outcome);
  turn_away(v, why.reason, why.what);
}

void doorman::turn_away(visitor& v, mqtt::reason_code why, const char* what) {
  services().counters.connects_refused.add();
  v.greeting.turn_away(why, what, v.connection->out());
  v.connection->flush_later();
  v.connection->close();
  leave(v);
}

void doorman::let_in(visitor& v, mqtt::identity who) {
  auto& connect = v.greeting.result();
  const auto& packet = connect.packet;
  if (packet.will)
    if (const auto may = services().policy->permissions_of(who, packet.client_id);
        may && !may->may_publish(packet.will->topic)) {
      services().counters.publishes_denied.add();
      log.log(refusals, core::log_level::warn, "a client was not let in",
              {{"why", "it may not publish its will"},
               {"user", who.user.value_or("")},
               {"client", packet.client_id},
               {"peer", v.connection->peer()}});
      return turn_away(v, mqtt::reason_code::not_authorized, "the will may not be published");
    }
  auto a = std::make_shared<attachment>();
  a->connect = std::move(connect);
  a->connect.who = std::move(who);
  a->unit = services().index;
  a->connection = v.connection;
  leave(v);
  a->connection->resume_reading(); // by whoever it is attached to
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
  log.log(strangers, core::log_level::info, "connection refused",
          {{"peer", connection->peer()}, {"why", a.refusal_text}});
  if (a.refusal == mqtt::reason_code::session_taken_over) // no CONNACK can say that
    return connection->abort();
  mqtt::connack_packet refusal;
  refusal.reason = a.refusal;
  refusal.reason_string = a.refusal_text;
  refusal.server_reference = a.refusal_reference;
  const auto& client = a.connect.packet; // [MQTT-3.2.2-19]
  mqtt::encode(refusal, client.version, client.maximum_packet_size.value_or(0), connection->out());
  connection->flush_later();
  connection->close();
}

// --- after a reload ---

/// Some at a time, so that clients are served meanwhile.
void doorman::judge_sessions() {
  if (!judging_)
    return;
  const auto some = judging_->next(judged_at_once);
  for (const auto& held : some)
    if (dynamic_cast<session*>(held.record))
      send(caf::actor_cast<session_actor>(held.actor), judge_atom::value);
  if (some.empty())
    judging_.reset();
  else
    caf::anon_send(services().doorman, go_on_atom::value);
}

} // namespace mqttzoo::actors
