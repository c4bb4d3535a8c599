#include "actors/porter_frames.hpp"

#include "mqtt/encoder.hpp"
#include "mqtt/wire.hpp"
#include "net/wire_integers.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace mqttzoo::actors {

namespace {

std::uint64_t read_u64(mqtt::wire_reader& in) noexcept {
  const std::uint64_t high = in.u32();
  return high << 32 | in.u32();
}

pod_frame begin(net::link_kind kind, const stream_address& to) {
  pod_frame frame{kind, {}, nullptr};
  mqtt::wire_writer out{frame.body};
  out.u8(static_cast<std::uint8_t>(to.side));
  out.u16(static_cast<std::uint16_t>(to.unit));
  net::append_u64(frame.body, to.number);
  return frame;
}

/// False if it is no CONNECT that was accepted with a client id.
bool read_connect(std::string_view input, mqtt::connect_packet& out) {
  mqtt::frame in;
  const auto status = mqtt::next_frame(input, 0, in);
  if (!status || *status != mqtt::frame_status::complete || in.wire_size_bytes != input.size())
    return false;
  std::string scratch;
  auto packet = mqtt::decode(in, mqtt::protocol_version::unknown, mqtt::peer::client, scratch);
  auto* connect = packet ? std::get_if<mqtt::connect_packet>(&*packet) : nullptr;
  if (!connect || connect->client_id.empty())
    return false;
  out = std::move(*connect);
  return true;
}

// Who a client is: the time that is left, because no two machines' clocks are the same.

constexpr std::uint32_t for_ever_s = 0xFFFF'FFFF;
enum identity_part : std::uint8_t { user = 1, rules = 2 };

void append(mqtt::wire_writer& out, const mqtt::identity& who, net::time_point now) {
  using namespace std::chrono;
  auto left_s = for_ever_s;
  if (who.valid_until != net::time_point::max())
    left_s = static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(ceil<seconds>(who.valid_until - now).count(), 0, for_ever_s - 1));
  out.u8(static_cast<std::uint8_t>(who.by));
  out.u8(static_cast<std::uint8_t>((who.user ? identity_part::user : 0) |
                                   (who.rules ? identity_part::rules : 0)));
  if (who.user)
    out.binary(*who.user);
  if (who.rules)
    out.binary(*who.rules);
  out.u32(static_cast<std::uint32_t>(who.credential >> 32));
  out.u32(static_cast<std::uint32_t>(who.credential));
  out.u32(left_s);
}

/// False if it is nobody.
bool read_identity(mqtt::wire_reader& in, mqtt::identity& who, net::time_point now) {
  using proof = mqtt::identity::proof;
  const auto by = in.u8();
  const auto parts = in.u8();
  if (by > static_cast<std::uint8_t>(proof::listener) ||
      parts > (identity_part::user | identity_part::rules))
    return false;
  who.by = proof{by};
  if ((parts & identity_part::user) != 0)
    who.user = in.text();
  if ((parts & identity_part::rules) != 0)
    who.rules = in.binary();
  who.credential = read_u64(in);
  if (const auto left_s = in.u32(); left_s != for_ever_s)
    who.valid_until = now + std::chrono::seconds{left_s};
  return in.ok() && (who.user || (who.by != proof::password && who.by != proof::certificate));
}

} // namespace

pod_frame make_attach(const attachment& a, std::uint64_t number, net::time_point now) {
  pod_frame frame{frame_kind::attach, {}, nullptr, a.wait_until};
  const auto& c = a.connect;
  mqtt::wire_writer out{frame.body};
  out.u16(static_cast<std::uint16_t>(a.unit));
  net::append_u64(frame.body, number);
  out.u8(c.assigned_client_id ? 1 : 0);
  out.u16(c.keep_alive_s);
  out.u32(c.session_expiry_interval_s);
  out.binary(c.authentication_data);
  out.binary(a.connection->peer());
  out.binary(a.connection->listener());
  out.u32(static_cast<std::uint32_t>(c.packet_bytes_max.value_or(0)));
  append(out, c.who, now);
  auto packet = c.packet;
  packet.user_name.reset();
  packet.password.reset();
  packet.authentication_data.clear();
  packet.users.clear();
  mqtt::encode(packet, frame.body);
  return frame;
}

pod_frame make_opened(const stream_address& to, unit_index from) {
  auto frame = begin(frame_kind::opened, to);
  mqtt::wire_writer{frame.body}.u16(static_cast<std::uint16_t>(from));
  return frame;
}

pod_frame make_not_here(const stream_address& to) {
  return begin(frame_kind::not_here, to);
}

pod_frame make_bytes(const stream_address& to, std::string_view bytes) {
  auto frame = begin(frame_kind::bytes, to);
  frame.body += bytes;
  return frame;
}

pod_frame make_credit(const stream_address& to, std::uint32_t bytes) {
  auto frame = begin(frame_kind::credit, to);
  net::append_u32(frame.body, bytes);
  return frame;
}

pod_frame make_closed(const stream_address& to, stream_close how) {
  auto frame = begin(frame_kind::closed, to);
  frame.body += static_cast<char>(how);
  return frame;
}

std::shared_ptr<far_attachment> decode_attach(const pod_frame& from, net::time_point now) {
  mqtt::wire_reader in{from.body};
  auto f = std::make_shared<far_attachment>();
  f->unit = unit_index{in.u16()};
  f->number = read_u64(in);
  const auto assigned = in.u8();
  f->connect.assigned_client_id = assigned == 1;
  f->connect.keep_alive_s = in.u16();
  f->connect.session_expiry_interval_s = in.u32();
  f->connect.authentication_data = in.binary();
  f->address = in.binary();
  f->listener = in.binary();
  if (const auto bytes_max = in.u32(); bytes_max != 0)
    f->connect.packet_bytes_max = bytes_max;
  const bool somebody = read_identity(in, f->connect.who, now);
  const auto connect = in.rest();
  if (from.kind != frame_kind::attach || from.payload || !somebody || !in.ok() || assigned > 1 ||
      !read_connect(connect, f->connect.packet))
    return nullptr;
  return f;
}

std::optional<stream_frame> decode_stream_frame(const pod_frame& from) {
  mqtt::wire_reader in{from.body};
  stream_frame f;
  f.kind = from.kind;
  const auto side = in.u8();
  f.to.side = stream_side{side};
  f.to.unit = unit_index{in.u16()};
  f.to.number = read_u64(in);
  bool good = side <= static_cast<std::uint8_t>(stream_side::session);
  if (f.kind == frame_kind::opened) {
    f.from = unit_index{in.u16()};
    good = good && f.to.side == stream_side::client;
  } else if (f.kind == frame_kind::not_here) {
    good = good && f.to.side == stream_side::client;
  } else if (f.kind == frame_kind::bytes) {
    f.bytes = in.rest();
    good = good && !f.bytes.empty();
  } else if (f.kind == frame_kind::credit) {
    f.credit = in.u32();
    good = good && f.credit != 0;
  } else if (f.kind == frame_kind::closed) {
    const auto how = in.u8();
    f.how = stream_close{how};
    good = good && how <= static_cast<std::uint8_t>(stream_close::at_once);
  } else {
    return std::nullopt;
  }
  if (!good || !in.ok() || !in.at_end() || from.payload)
    return std::nullopt;
  return f;
}

} // namespace mqttzoo::actors
