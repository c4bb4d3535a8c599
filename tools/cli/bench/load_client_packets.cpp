// What a client of `mqttzoo bench` makes of each packet of the server.
#include "mqtt/encoder.hpp"
#include "sdk/wire_message.hpp"
#include "tools/cli/bench/load_client.hpp"
#include "tools/cli/bench/steady_time.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::cli {
namespace {

/// An idle connection keeps no more.
constexpr std::size_t kept_bytes_max = 4 * 1024;

} // namespace

void load_client::on_bytes(std::string_view bytes) {
  const auto now_ns = steady_ns();
  const auto self = shared_from_this();
  if (!in_.empty())
    in_.append(bytes);
  std::string_view rest = in_.empty() ? bytes : std::string_view{in_};
  while (phase_ != phase::closed) {
    mqtt::frame next;
    const auto status = mqtt::next_frame(rest, context_.options.packet_bytes_max, next);
    if (!status)
      return end(errc::malformed_packet);
    if (*status == mqtt::frame_status::need_more)
      break;
    if (const auto error = take(next, now_ns))
      return end(error);
    rest.remove_prefix(next.wire_size_bytes);
  }
  if (phase_ == phase::closed)
    return;
  if (in_.empty())
    in_.assign(rest);
  else
    in_.erase(0, in_.size() - rest.size());
  if (in_.empty() && in_.capacity() > kept_bytes_max)
    in_ = std::string{};
  if (!out_.empty())
    flush_later();
}

std::error_code load_client::take(const mqtt::frame& in, std::int64_t now_ns) {
  switch (in.type) {
  case mqtt::packet_type::publish:
    return take_publish(in, now_ns);
  case mqtt::packet_type::puback:
  case mqtt::packet_type::pubrec:
  case mqtt::packet_type::pubrel:
  case mqtt::packet_type::pubcomp:
    return take_ack(in, now_ns);
  default:
    return take_rare(in, now_ns);
  }
}

std::error_code load_client::take_publish(const mqtt::frame& in, std::int64_t now_ns) {
  auto& p = context_.publish;
  if (!mqtt::decode_publish(in, version(), mqtt::peer::server, p, context_.scratch))
    return errc::malformed_packet;
  const auto id = static_cast<std::uint16_t>(p.id);
  if (p.qos == mqtt::qos::at_least_once) {
    mqtt::append_ack(mqtt::packet_type::puback, p.id, mqtt::reason_code::success, version(), out_);
  } else if (p.qos == mqtt::qos::exactly_once) {
    mqtt::append_ack(mqtt::packet_type::pubrec, p.id, mqtt::reason_code::success, version(), out_);
    if (known_.size() <= id)
      known_.resize(std::size_t{id} + 1);
    if (known_[id])
      return {}; // [MQTT-4.3.3-10]
    known_[id] = true;
  }
  context_.events.on_message(*this, p, now_ns);
  return {};
}

std::error_code load_client::take_ack(const mqtt::frame& in, std::int64_t now_ns) {
  auto& ack = context_.ack;
  if (!mqtt::decode_ack(in, version(), mqtt::peer::server, ack))
    return errc::malformed_packet;
  const auto id = static_cast<std::uint16_t>(ack.id);
  if (ack.type == mqtt::packet_type::pubrel) {
    if (id < known_.size())
      known_[id] = false;
    mqtt::append_ack(mqtt::packet_type::pubcomp, ack.id, mqtt::reason_code::success, version(),
                     out_);
    return {};
  }
  if (id == 0 || id > flights_.size() || !flights_[id - 1U].busy)
    return errc::malformed_packet; // nobody asked
  auto& slot = flights_[id - 1U];
  const bool failed = mqtt::is_failure(ack.reason);
  if (ack.type == mqtt::packet_type::pubrec && !failed) {
    slot.released = true;
    mqtt::append_ack(mqtt::packet_type::pubrel, ack.id, mqtt::reason_code::success, version(),
                     out_);
    return {};
  }
  if (ack.type == mqtt::packet_type::pubcomp && !slot.released)
    return errc::malformed_packet;
  slot.busy = false;
  free_.push_back(id);
  context_.events.on_promise(*this, slot.due_ns,
                             failed ? sdk::to_error(ack.reason) : std::error_code{}, now_ns);
  return {};
}

std::error_code load_client::take_rare(const mqtt::frame& in, std::int64_t now_ns) {
  const auto decoded = mqtt::decode(in, version(), mqtt::peer::server, context_.scratch);
  if (!decoded)
    return errc::malformed_packet;
  if (const auto* p = std::get_if<mqtt::connack_packet>(&*decoded)) {
    if (phase_ != phase::greeting)
      return errc::malformed_packet;
    if (p->reason != mqtt::reason_code::success)
      return sdk::to_error(p->reason);
    phase_ = phase::up;
    granted_ = std::min(context_.window, p->receive_maximum.value_or(context_.window));
    context_.events.on_ready(*this, now_ns);
  } else if (const auto* granted = std::get_if<mqtt::suback_packet>(&*decoded)) {
    for (const auto reason : granted->reasons) {
      if (mqtt::is_failure(reason))
        return sdk::to_error(reason);
    }
    context_.events.on_subscribed(*this, now_ns);
  } else if (const auto* ended = std::get_if<mqtt::disconnect_packet>(&*decoded)) {
    return mqtt::is_failure(ended->reason) ? sdk::to_error(ended->reason) : errc::connection_lost;
  }
  return {};
}

} // namespace mqttzoo::cli
