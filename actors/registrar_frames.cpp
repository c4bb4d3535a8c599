#include "actors/registrar_frames.hpp"

#include "mqtt/wire.hpp"
#include "net/wire_integers.hpp"

#include <string>
#include <utility>

namespace mqttzoo::actors {

namespace {

/// How many clients a frame of that kind names.
enum class names : std::uint8_t { none, one, many };

struct layout {
  bool known = false;
  bool numbered = false;
  names clients = names::one;
  bool holder = false;
};

layout layout_of(net::link_kind kind) noexcept {
  using namespace frame_kind;
  if (kind == roster)
    return {.known = true, .clients = names::many};
  if (kind == roster_end)
    return {.known = true, .clients = names::none};
  if (kind == claim || kind == granted || kind == held)
    return {.known = true, .numbered = true, .holder = kind == held};
  return {.known = kind == adopted || kind == released};
}

std::uint64_t read_u64(mqtt::wire_reader& in) noexcept {
  const std::uint64_t high = in.u32();
  return high << 32 | in.u32();
}

} // namespace

pod_frame encode(net::link_kind kind, const registrar_frame& f) {
  const auto form = layout_of(kind);
  pod_frame frame{kind, {}, nullptr};
  net::append_u64(frame.body, static_cast<std::uint64_t>(f.view));
  if (form.numbered)
    net::append_u64(frame.body, f.number);
  mqtt::wire_writer out{frame.body};
  for (const auto& client : f.clients)
    out.binary(client.str());
  if (form.holder)
    out.binary(f.holder.str());
  return frame;
}

std::optional<registrar_frame> decode_registrar_frame(const pod_frame& from) {
  const auto form = layout_of(from.kind);
  mqtt::wire_reader in{from.body};
  registrar_frame f;
  f.view = static_cast<std::int64_t>(read_u64(in));
  if (form.numbered)
    f.number = read_u64(in);
  bool named = true;
  const auto name = [&] {
    const auto text = in.binary();
    named = named && !text.empty();
    return std::string{text};
  };
  if (form.clients == names::one)
    f.clients.emplace_back(name());
  while (form.clients == names::many && !in.at_end())
    f.clients.emplace_back(name());
  if (form.holder)
    f.holder = pod_life{name()};
  if (!form.known || !in.ok() || !in.at_end() || !named || f.view < 0 || from.payload)
    return std::nullopt;
  return f;
}

} // namespace mqttzoo::actors
