#include "sdk/machine.hpp"

#include "mqtt/encoder.hpp"
#include "sdk/include/mqttzoo/error.hpp"
#include "sdk/wire_message.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::sdk {
namespace {

/// More output than this waits in the outbox until some is written.
constexpr std::size_t output_bytes_max = 64 * 1024;

mqtt::connect_packet make_connect(const client_options& o) {
  mqtt::connect_packet p;
  p.version = to_wire(o.version);
  p.clean_start = o.clean_start;
  p.keep_alive_s = o.keep_alive_s;
  p.client_id = o.client_id;
  p.user_name = o.user_name;
  p.password = o.password;
  if (o.will)
    p.will = to_wire(*o.will);
  if (o.version == protocol::v5) {
    p.session_expiry_interval_s = o.session_expiry_s;
    p.receive_maximum = std::max<std::uint16_t>(o.inbox.receive_maximum, 1);
    p.topic_alias_maximum = o.topic_alias_maximum;
    p.request_problem_information = o.request_problem_information;
    p.users = o.connect_users;
    if (o.packet_bytes_max < 0xFFFF'FFFF)
      p.maximum_packet_size =
          static_cast<std::uint32_t>(std::max<std::size_t>(o.packet_bytes_max, 1));
  }
  return p;
}

} // namespace

machine::machine(const client_options& options, machine_port& port,
                 std::unique_ptr<outbox_store> store)
    : options_(options), port_(port), connect_(make_connect(options)),
      outbox_(options.outbox, ids_, std::move(store)), filters_(ids_) {}

void machine::begin(time_point now) {
  phase_ = phase::greeting;
  output_.clear();
  input_.clear();
  server_reference_.clear();
  aliases_ = mqtt::topic_alias_receiver{static_cast<std::uint16_t>(
      connect_.version == mqtt::protocol_version::v5 ? options_.topic_alias_maximum : 0)};
  last_written_ = last_heard_ = now;
  mqtt::encode(connect_, output_);
}

void machine::end() {
  const bool had_session = has_session();
  phase_ = phase::down;
  ping_due_ = answer_due_ = time_point::max();
  output_.clear();
  input_.clear();
  if (!had_session)
    return;
  inbox_.disconnected();
  filters_.disconnected();
  outbox_.disconnected();
}

void machine::disconnect(mqtt::reason_code why) {
  if (phase_ == phase::up) {
    mqtt::disconnect_packet p;
    p.reason = why;
    leave(p);
  }
}

void machine::disconnect(const disconnect_options& how) {
  if (phase_ != phase::up)
    return;
  mqtt::disconnect_packet p;
  p.reason = how.will == disconnect_options::at_end::keep_will
                 ? mqtt::reason_code::disconnect_with_will_message
                 : mqtt::reason_code::normal_disconnection;
  // Section 3.14.2.2.2: one that was 0 at CONNECT may not become longer.
  if (connect_.session_expiry_interval_s != 0)
    p.session_expiry_interval_s = how.session_expiry_s;
  p.reason_string = how.reason;
  p.users = how.users;
  leave(p);
}

/// [MQTT-3.14.4-1] DISCONNECT is the last that is sent.
void machine::leave(const mqtt::disconnect_packet& p) {
  mqtt::encode(p, connect_.version, grants_.packet_bytes_max, output_);
  phase_ = phase::leaving;
  ping_due_ = answer_due_ = time_point::max();
}

std::error_code machine::fail(mqtt::reason_code why, std::error_code error) {
  if (connect_.version == mqtt::protocol_version::v5)
    disconnect(why);
  return error;
}

// ---------------------------------------------------------------- output

void machine::pump(time_point now) {
  if (phase_ != phase::up)
    return;
  filters_.pump(output_);
  outbox_.pump(output_, output_bytes_max, now);
}

void machine::written(time_point now) {
  last_written_ = now;
  outbox_.written();
  pump(now);
}

void machine::release(receipt_number number) {
  std::string unsent; // the server will ask again
  inbox_.release(number, phase_ == phase::leaving ? unsent : output_);
}

// ---------------------------------------------------------------- time

std::error_code machine::tick(time_point now) {
  outbox_.tick(now);
  if (now >= answer_due_)
    return errc::keep_alive_timeout;
  if (now >= ping_due_) {
    ping_due_ = last_written_ + keep_alive_; // what was written meanwhile counts, too
    if (now >= ping_due_) {
      mqtt::encode(mqtt::pingreq_packet{}, output_);
      ping_due_ = now + keep_alive_;
      if (answer_due_ == time_point::max())
        answer_due_ = now + options_.ping_timeout;
    }
  }
  pump(now);
  return {};
}

time_point machine::wakeup() const {
  return std::min({outbox_.wakeup(), ping_due_, answer_due_});
}

// ---------------------------------------------------------------- input

std::error_code machine::received(std::string_view bytes, time_point now) {
  last_heard_ = now;
  if (!input_.empty())
    input_.append(bytes);
  // Whole packets are read in place; only an incomplete one is kept.
  std::string_view in = input_.empty() ? bytes : std::string_view{input_};
  while (phase_ != phase::leaving) { // as the handler of a message may have it
    mqtt::frame next;
    const auto status = mqtt::next_frame(in, options_.packet_bytes_max, next);
    if (!status)
      return fail(status.error().reason, errc::malformed_packet);
    if (*status == mqtt::frame_status::need_more)
      break;
    if (const auto error = take(next, now))
      return error;
    in.remove_prefix(next.wire_size_bytes);
  }
  if (input_.empty())
    input_.assign(in);
  else
    input_.erase(0, input_.size() - in.size());
  if (input_.empty() && input_.capacity() > output_bytes_max)
    input_ = std::string{};
  pump(now);
  return {};
}

std::error_code machine::take(const mqtt::frame& in, time_point now) {
  if (phase_ == phase::up) {
    switch (in.type) {
    case mqtt::packet_type::publish:
      return take_publish(in);
    case mqtt::packet_type::puback:
    case mqtt::packet_type::pubrec:
    case mqtt::packet_type::pubrel:
    case mqtt::packet_type::pubcomp:
      return take_ack(in, now);
    default:
      break;
    }
  }
  auto decoded = mqtt::decode(in, connect_.version, mqtt::peer::server, scratch_);
  if (!decoded)
    return fail(decoded.error().reason, errc::malformed_packet);
  if (auto* connack = std::get_if<mqtt::connack_packet>(&*decoded))
    return phase_ == phase::greeting
               ? take(*connack, now)
               : fail(mqtt::reason_code::protocol_error, errc::malformed_packet);
  if (const auto* auth = std::get_if<mqtt::auth_packet>(&*decoded))
    return take(*auth);
  if (phase_ != phase::up)
    return errc::malformed_packet;
  if (const auto* suback = std::get_if<mqtt::suback_packet>(&*decoded))
    return take(*suback);
  if (const auto* unsuback = std::get_if<mqtt::unsuback_packet>(&*decoded))
    return take(*unsuback);
  if (const auto* disconnect = std::get_if<mqtt::disconnect_packet>(&*decoded))
    return take(*disconnect);
  answer_due_ = time_point::max(); // PINGRESP is all that is left
  return {};
}

} // namespace mqttzoo::sdk
