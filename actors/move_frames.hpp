// What pods say to each other of sessions that move: the marker in ZooKeeper, and the list for
// their next pods.
//
// Pure functions, any thread; reading trusts nothing. The marker is the data of `pods/mover`, an
// ephemeral node of the pod whose sessions move, made anew for each batch: so a batch is a view of
// its own. A list is the view's number (eight bytes), then client ids, each with a length of two.
#pragma once

#include "actors/frame_kinds.hpp"
#include "actors/messages.hpp"
#include "actors/session_card.hpp"
#include "core/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::actors {

struct move_marker {
  pod_life by;
  std::uint64_t batch = 0; ///< from 1 for each life
  move_purpose why{};
  bool operator==(const move_marker&) const = default;
};

/// Words with spaces between them, for people with zkCli.
std::string encode_marker(const move_marker& m);
std::optional<move_marker> decode_marker(std::string_view data);

/// Who stands in the owner node of a session that no pod has, until one adopts it.
inline const pod_life nobodys_life{"nobody"};

struct given_sessions {
  std::int64_t view = 0;
  std::vector<client_id> clients;
};

/// A page of a list is closed when it has come to this size.
inline constexpr std::size_t given_page_bytes = 32 * 1024;

pod_frame encode_given(const given_sessions& g);
/// Nothing if it is not what encode_given() makes.
std::optional<given_sessions> decode_given(const pod_frame& from);

} // namespace mqttzoo::actors
