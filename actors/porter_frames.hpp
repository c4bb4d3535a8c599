// What porters say to each other: the bodies of their frames.
//
// Pure functions, any thread; everything that comes is checked for its form. A stream carries one
// client's connection between the pod it is connected to (the client's side) and the pod that has
// its session (the session's side). Its number is given by the client's side. Frames of a stream
// begin with the side they are for, the unit there (two bytes) and the number (eight).
#pragma once

#include "actors/attachment.hpp"
#include "actors/frame_kinds.hpp"
#include "actors/messages.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace mqttzoo::actors {

namespace frame_kind {

inline constexpr auto attach = user(48);   ///< a client of the sender wants its session here
inline constexpr auto opened = user(49);   ///< the session has its connection
inline constexpr auto not_here = user(50); ///< there is no session, or none any more
inline constexpr auto bytes = user(51);
inline constexpr auto credit = user(52); ///< so many more bytes are welcome, or were taken
inline constexpr auto closed = user(53); ///< the last word of either side

} // namespace frame_kind

/// Bytes a client's side may send beyond what the session's side has welcomed.
inline constexpr std::uint32_t stream_window_bytes = 256 * 1024;
/// Of one frame; a link takes at least 64 KiB.
inline constexpr std::size_t stream_chunk_bytes = 32 * 1024;

enum class stream_side : std::uint8_t { client = 0, session = 1 };

enum class stream_close : std::uint8_t {
  after_flush = 0, ///< what came before goes out first
  at_once = 1,
};

/// Whom a frame is for.
struct stream_address {
  stream_side side = stream_side::client;
  unit_index unit{};
  std::uint64_t number = 0;
};

/// All but `attach`.
struct stream_frame {
  net::link_kind kind{};
  stream_address to;
  unit_index from{};        ///< opened: the session's unit
  std::string_view bytes;   ///< bytes: in the body it was read from
  std::uint32_t credit = 0; ///< credit: bytes, not 0
  stream_close how{};       ///< closed
};

/// With the CONNECT as it was accepted and who it is of, without what showed that. Only until the
/// client is refused: it may be connected elsewhere later.
pod_frame make_attach(const attachment& a, std::uint64_t number, net::time_point now);
pod_frame make_opened(const stream_address& to, unit_index from);
pod_frame make_not_here(const stream_address& to);
pod_frame make_bytes(const stream_address& to, std::string_view bytes);
pod_frame make_credit(const stream_address& to, std::uint32_t bytes);
pod_frame make_closed(const stream_address& to, stream_close how);

/// Null if it is not what make_attach() makes. The pod is not set.
std::shared_ptr<far_attachment> decode_attach(const pod_frame& from, net::time_point now);
/// Nothing if it is not what the others make.
std::optional<stream_frame> decode_stream_frame(const pod_frame& from);

} // namespace mqttzoo::actors
