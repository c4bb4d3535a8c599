#include "actors/trace_frames.hpp"

#include "actors/frame_bytes.hpp"
#include "actors/frame_kinds.hpp"
#include "actors/session_card.hpp" // complete, for what messages.hpp holds
#include "mqtt/topic_filter.hpp"
#include "mqtt/topic_name.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::actors {

namespace {

/// A day, the most that trace.duration.max allows.
constexpr std::uint64_t lasts_ms_max = 86'400'000;

void append_step(std::string& out, const trace_step& s) {
  const auto& n = s.what;
  append_u32(out, static_cast<std::uint32_t>(s.of));
  append_u8(out, static_cast<std::uint8_t>(n.what));
  append_u8(out, static_cast<std::uint8_t>(n.why));
  append_u8(out, static_cast<std::uint8_t>(static_cast<unsigned>(n.qos) | (s.retain ? 4u : 0u)));
  append_u16(out, static_cast<std::uint16_t>(n.id));
  append_u8(out, static_cast<std::uint8_t>(n.outcome.reason));
  append_u8(out, static_cast<std::uint8_t>(n.outcome.hit));
  append_u64(out, static_cast<std::uint64_t>(s.at_unix_us));
  append_u32(out, s.payload_bytes);
  append_u32(out, s.sessions);
  append_u32(out, s.groups);
  append_u32(out, s.pods);
  append_name(out, s.who);
  append_name(out, s.name);
}

trace_step read_step(frame_reader& in) {
  trace_step s;
  s.of = static_cast<mqtt::trace_mark>(in.u32());
  auto& n = s.what;
  n.what = static_cast<mqtt::trace_event>(in.u8());
  n.why = static_cast<mqtt::trace_cause>(in.u8());
  const auto flags = in.u8();
  n.qos = static_cast<mqtt::qos>(flags & 3);
  s.retain = (flags & 4) != 0;
  n.id = mqtt::packet_id{in.u16()};
  n.outcome.reason = static_cast<mqtt::reason_code>(in.u8());
  n.outcome.hit = static_cast<mqtt::limit>(in.u8());
  s.at_unix_us = static_cast<std::int64_t>(in.u64());
  s.payload_bytes = in.u32();
  s.sessions = in.u32();
  s.groups = in.u32();
  s.pods = in.u32();
  s.who = in.name();
  s.name = in.name();
  if (n.what > mqtt::last_trace_event || n.why > mqtt::last_trace_cause || flags > 6 ||
      (flags & 3) == 3 || n.outcome.hit > mqtt::last_limit)
    in.fail();
  return s;
}

} // namespace

bool is_sound(const trace_terms& t) {
  if (t.messages_max == 0 || t.messages_max > running_trace::messages_most)
    return false;
  switch (t.by) {
  case trace_terms::subject::client:
    return !t.text.empty() && t.text.size() <= 0xFFFF;
  case trace_terms::subject::topic: {
    const auto filter = mqtt::parse_topic_filter(t.text, mqtt::topic_bytes_max);
    return filter && !filter->is_shared();
  }
  case trace_terms::subject::property:
    return t.text.size() <= 0xFFFF && t.value.size() <= 0xFFFF;
  case trace_terms::subject::sample:
    return t.one_in > 0;
  }
  return false;
}

pod_frame encode_trace(const trace_call& c) {
  pod_frame f{frame_kind::trace, {}, nullptr};
  append_u32(f.body, static_cast<std::uint32_t>(c.id));
  append_u8(f.body, static_cast<std::uint8_t>(c.tag));
  append_u8(f.body, c.pod);
  append_u8(f.body, static_cast<std::uint8_t>(c.terms.by));
  append_name(f.body, c.terms.text);
  append_name(f.body, c.terms.value);
  append_u32(f.body, c.terms.one_in);
  append_u64(f.body, static_cast<std::uint64_t>(c.terms.lasts.count()));
  append_u32(f.body, c.terms.messages_max);
  return f;
}

std::optional<trace_call> decode_trace(std::string_view body) {
  frame_reader in{body};
  trace_call c;
  c.id = trace_id{in.u32()};
  c.tag = mqtt::trace_tag{in.u8()};
  c.pod = in.u8();
  c.terms.by = static_cast<trace_terms::subject>(in.u8());
  c.terms.text = in.name();
  c.terms.value = in.name();
  c.terms.one_in = in.u32();
  c.terms.lasts =
      std::chrono::milliseconds{static_cast<std::int64_t>(std::min(in.u64(), lasts_ms_max))};
  c.terms.messages_max = in.u32();
  const bool sound = in.complete() && c.id != trace_id::none && c.tag != mqtt::trace_tag::none &&
                     c.terms.by <= trace_terms::last_subject && is_sound(c.terms);
  return sound ? std::optional{std::move(c)} : std::nullopt;
}

pod_frame encode_untrace(trace_id id) {
  pod_frame f{frame_kind::untrace, {}, nullptr};
  append_u32(f.body, static_cast<std::uint32_t>(id));
  return f;
}

std::optional<trace_id> decode_untrace(std::string_view body) {
  frame_reader in{body};
  const auto id = trace_id{in.u32()};
  return in.complete() ? std::optional{id} : std::nullopt;
}

pod_frame encode_traced(const trace_report& r) {
  pod_frame f{frame_kind::traced, {}, nullptr};
  append_u32(f.body, static_cast<std::uint32_t>(r.id));
  append_u64(f.body, r.followed);
  append_u64(f.body, r.skipped);
  append_u64(f.body, r.lost);
  for (const auto& s : r.steps)
    append_step(f.body, s);
  return f;
}

std::optional<trace_report> decode_traced(std::string_view body) {
  frame_reader in{body};
  trace_report r;
  r.id = trace_id{in.u32()};
  r.followed = in.u64();
  r.skipped = in.u64();
  r.lost = in.u64();
  while (!in.at_end())
    r.steps.push_back(read_step(in));
  return in.complete() ? std::optional{std::move(r)} : std::nullopt;
}

} // namespace mqttzoo::actors
