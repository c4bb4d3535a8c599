#include "session_fixture.hpp"

#include "mqtt/handshake.hpp"

#include <sstream>

namespace mqttzoo::mqtt::testing {

connect_packet hello(protocol_version version, bool clean_start) {
  connect_packet p;
  p.version = version;
  p.clean_start = clean_start;
  p.client_id = "client";
  return p;
}

connect_packet persistent_hello(protocol_version version) {
  auto p = hello(version, false);
  if (version == protocol_version::v5)
    p.session_expiry_interval_s = 3600;
  return p;
}

publish_packet publish(std::string_view topic, std::string_view payload, qos q, packet_id as) {
  publish_packet p;
  p.topic = topic;
  p.payload = payload;
  p.qos = q;
  p.id = as;
  return p;
}

ack_packet ack(packet_type type, packet_id of, reason_code reason) {
  ack_packet p;
  p.type = type;
  p.id = of;
  p.reason = reason;
  return p;
}

subscribe_packet subscribe(packet_id as, std::vector<std::string> filters, qos q) {
  subscribe_packet p;
  p.id = as;
  for (auto& filter : filters) {
    subscription_options options;
    options.qos = q;
    p.entries.push_back({std::move(filter), options});
  }
  return p;
}

unsubscribe_packet unsubscribe(packet_id as, std::vector<std::string> filters) {
  unsubscribe_packet p;
  p.id = as;
  p.filters = std::move(filters);
  return p;
}

ref<delivery_terms> terms(qos maximum) {
  auto t = make_ref<delivery_terms>();
  t->maximum_qos = maximum;
  return t;
}

void session_fixture::renew() {
  machine = std::make_unique<session>(port, counts, limits, client_id{"client"}, session_number{7});
}

connack_packet session_fixture::connect(connect_packet p) {
  const authentication_methods none;
  handshake greeting{limits, none, [] { return std::string{"assigned"}; }};
  version = p.version;
  const auto bytes = encoded(p);
  std::string_view input = bytes;
  std::string answer;
  if (greeting.on_input(input, answer) != handshake::progress::accepted)
    CAF_FAIL("the handshake refused: " << greeting.refusal());
  const bool kept = machine->persistent() && !p.clean_start;
  const auto state = kept ? presence::resumed : presence::fresh;
  machine->taken_over(state, now);
  if (!kept)
    machine->reset();
  wires_.push_back(std::exchange(port.wire, {})); // of the connection that was taken over
  port.closed.reset();
  port.paused = false;
  machine->open(std::move(greeting.result()), state, ++epoch, now);
  frame in;
  std::string scratch;
  if (!next_frame(port.wire, 0, in))
    CAF_FAIL("no CONNACK");
  auto first = decode(in, version, peer::server, scratch);
  if (!first || !std::holds_alternative<connack_packet>(*first))
    CAF_FAIL("the first packet is not CONNACK"); // [MQTT-3.2.0-1] [MQTT-3.2.0-1 v3]
  port.wire.erase(0, in.wire_size_bytes);
  return std::get<connack_packet>(std::move(*first));
}

std::size_t session_fixture::feed(std::string_view bytes) {
  return machine->on_input(bytes, now);
}

std::vector<packet> session_fixture::received() {
  wires_.push_back(std::exchange(port.wire, {}));
  std::vector<packet> all;
  for (std::string_view rest = wires_.back(); !rest.empty();) {
    frame in;
    const auto status = next_frame(rest, 0, in);
    if (!status || *status != frame_status::complete)
      CAF_FAIL("the session sent something that is no packet");
    auto one = decode(in, version, peer::server, wires_.emplace_back());
    if (!one)
      CAF_FAIL("the session sent a packet that cannot be decoded: " << one.error().what);
    all.push_back(std::move(*one));
    rest.remove_prefix(in.wire_size_bytes);
  }
  return all;
}

void session_fixture::expect_nothing() {
  const auto all = received();
  if (!all.empty())
    CAF_FAIL("nothing was expected: " << describe(all));
}

void session_fixture::expect_payloads(const std::vector<std::string>& wanted) {
  std::vector<std::string> found;
  const auto all = received();
  for (const auto& p : all) {
    if (!std::holds_alternative<publish_packet>(p))
      CAF_FAIL("not only PUBLISH packets: " << describe(all));
    found.emplace_back(std::get<publish_packet>(p).payload);
  }
  CAF_CHECK_EQUAL(found, wanted);
}

void session_fixture::expect_ack(packet_type type, packet_id of, reason_code reason) {
  const auto p = take<ack_packet>();
  CAF_CHECK(p.type == type);
  CAF_CHECK(p.id == of);
  CAF_CHECK(p.reason == (version == protocol_version::v5 ? reason : reason_code::success));
}

void session_fixture::expect_closed(reason_code why) {
  CAF_CHECK(port.closed.has_value());
  CAF_CHECK(!machine->connected());
  if (version != protocol_version::v5)
    return expect_nothing(); // 3.x has no DISCONNECT of a server
  const auto all = received();
  if (all.empty() || !std::holds_alternative<disconnect_packet>(all.back()))
    CAF_FAIL("no DISCONNECT: " << describe(all));
  CAF_CHECK_EQUAL(to_string(std::get<disconnect_packet>(all.back()).reason), to_string(why));
}

void session_fixture::pass(time_point::duration time) {
  const auto until = now + time;
  while (machine->next_due() <= until) {
    now = std::max(now, machine->next_due());
    machine->on_due(now);
  }
  now = until;
}

message_ref session_fixture::message(std::string_view topic, std::string_view payload, qos q,
                                     time_point expires_at) {
  message_head head;
  head.topic = port.intern(topic);
  head.qos = q;
  head.expires_at = expires_at;
  return message::make(std::move(head), {}, payload);
}

void session_fixture::deliver(std::string_view payload, qos q, ref<ticket> promise) {
  deliver_on(terms(qos::exactly_once), message("topic", payload, q), std::move(promise));
}

void session_fixture::deliver_on(ref<delivery_terms> on, message_ref m, ref<ticket> promise) {
  machine->sender().deliver({std::move(m), std::move(on), std::move(promise)}, now);
}

void session_fixture::stored(std::size_t deposit, const settlement& outcome,
                             time_point held_until) {
  machine->sender().on_stored(port.deposits.at(deposit).pointer.number, outcome, now, held_until);
}

void session_fixture::recorded(std::size_t record, const settlement& outcome) {
  machine->sender().on_stored(port.records.at(record).number, outcome, now);
}

void session_fixture::receipt(packet_id of, const settlement& outcome) {
  machine->on_receipt(epoch, last_publish(of), outcome, now);
}

void session_fixture::delayed(packet_id of, const settlement& why) {
  machine->on_delayed(epoch, last_publish(of), why, now);
}

publish_id session_fixture::last_publish(packet_id of) const {
  for (auto p = port.published.rbegin(); p != port.published.rend(); ++p)
    if (p->id == of)
      return {of, p->message->qos()};
  CAF_FAIL("nothing was published under that identifier");
  return {};
}

std::string session_fixture::describe(const std::vector<packet>& all) {
  static const char* const names[] = {"CONNECT",   "CONNACK",  "PUBLISH",     "acknowledgement",
                                      "SUBSCRIBE", "SUBACK",   "UNSUBSCRIBE", "UNSUBACK",
                                      "PINGREQ",   "PINGRESP", "DISCONNECT",  "AUTH"};
  std::ostringstream out;
  for (const auto& p : all)
    out << names[p.index()] << ' ';
  return all.empty() ? "nothing" : out.str();
}

} // namespace mqttzoo::mqtt::testing
