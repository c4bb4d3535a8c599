// The frames between two pods, as they stand on the wire.
//
// A frame is the length of its body (four bytes, big-endian), its kind (one byte) and the body.
// Pure functions over bytes that somebody else holds: a length is judged as soon as it is there,
// nothing is ever allocated for it, and a frame's body is a view into the input. Any thread.
#pragma once

#include "core/expected.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mqttzoo::net {

/// Kinds the link itself uses. All from `first_of_user` on mean what the two users of a link agree.
enum class link_kind : std::uint8_t {
  hello = 1,     ///< who I am and whom I mean; the first frame in each direction
  accept = 2,    ///< of the dialler: your hello suits me, the link is open
  refuse = 3,    ///< one byte that says why; the last frame
  heartbeat = 4, ///< I live; no body
  first_of_user = 16,
};

constexpr bool is_user_kind(link_kind kind) noexcept {
  return kind >= link_kind::first_of_user;
}

/// What no pod of ours writes.
enum class link_frame_error : std::uint8_t {
  too_long,     ///< a body above the bound
  unknown_kind, ///< not the user's, and none of the link's
};

enum class link_frame_status : std::uint8_t { complete, need_more };

struct link_frame {
  link_kind kind{};
  std::string_view body; ///< in the input it was read from
  std::size_t wire_size_bytes = 0;
};

inline constexpr std::size_t link_frame_header_bytes = 5;

/// Reads the first frame of `input`; `out` is valid after `complete` only. `body_bytes_max` bounds
/// what the caller has to keep while a frame is incomplete: that and the header.
expected<link_frame_status, link_frame_error>
next_link_frame(std::string_view input, std::size_t body_bytes_max, link_frame& out) noexcept;

/// Appends what stands in front of a body of that size. At most 4 GiB.
void append_link_frame_header(std::string& out, link_kind kind, std::size_t body_bytes);

/// Appends a whole frame.
void append_link_frame(std::string& out, link_kind kind, std::string_view body);

} // namespace mqttzoo::net
