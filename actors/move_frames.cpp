#include "actors/move_frames.hpp"

#include "actors/frame_bytes.hpp"
#include "core/numbers.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::actors {

std::string encode_marker(const move_marker& m) {
  return m.by.str() + ' ' + std::to_string(m.batch) +
         (m.why == move_purpose::drain ? " drains" : " rebalances");
}

std::optional<move_marker> decode_marker(std::string_view data) {
  const auto word = [&data] {
    const auto w = data.substr(0, data.find(' '));
    data.remove_prefix(std::min(w.size() + 1, data.size()));
    return w;
  };
  move_marker m;
  m.by = pod_life{std::string{word()}};
  const auto batch = core::read_number<decltype(m.batch)>(word());
  const auto why = word();
  if (m.by.empty() || !batch || (why != "drains" && why != "rebalances") || !data.empty())
    return std::nullopt;
  m.batch = *batch;
  m.why = why == "drains" ? move_purpose::drain : move_purpose::rebalance;
  return m;
}

pod_frame encode_given(const given_sessions& g) {
  pod_frame f{frame_kind::given, {}, nullptr};
  append_u64(f.body, static_cast<std::uint64_t>(g.view));
  for (const auto& client : g.clients)
    append_name(f.body, client.str());
  return f;
}

std::optional<given_sessions> decode_given(const pod_frame& from) {
  frame_reader in{from.body};
  given_sessions g;
  g.view = static_cast<std::int64_t>(in.u64());
  while (!in.failed() && !in.at_end()) {
    const auto name = in.name();
    if (name.empty())
      in.fail();
    else
      g.clients.emplace_back(std::string{name});
  }
  if (!in.complete() || g.view < 0 || from.payload)
    return std::nullopt;
  return g;
}

} // namespace mqttzoo::actors
