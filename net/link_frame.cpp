#include "net/link_frame.hpp"

#include "net/wire_integers.hpp"

#include <cassert>
#include <limits>

namespace mqttzoo::net {

namespace {

bool is_known(link_kind kind) noexcept {
  return is_user_kind(kind) || (kind >= link_kind::hello && kind <= link_kind::heartbeat);
}

} // namespace

expected<link_frame_status, link_frame_error>
next_link_frame(std::string_view input, std::size_t body_bytes_max, link_frame& out) noexcept {
  if (input.size() < link_frame_header_bytes)
    return link_frame_status::need_more;
  const auto body_bytes = read_u32(input.data());
  const auto kind = static_cast<link_kind>(input[4]);
  if (body_bytes > body_bytes_max)
    return unexpected<link_frame_error>{link_frame_error::too_long};
  if (!is_known(kind))
    return unexpected<link_frame_error>{link_frame_error::unknown_kind};
  if (input.size() - link_frame_header_bytes < body_bytes)
    return link_frame_status::need_more;
  out = {kind, input.substr(link_frame_header_bytes, body_bytes),
         link_frame_header_bytes + body_bytes};
  return link_frame_status::complete;
}

void append_link_frame_header(std::string& out, link_kind kind, std::size_t body_bytes) {
  assert(body_bytes <= std::numeric_limits<std::uint32_t>::max());
  append_u32(out, static_cast<std::uint32_t>(body_bytes));
  out += static_cast<char>(kind);
}

void append_link_frame(std::string& out, link_kind kind, std::string_view body) {
  append_link_frame_header(out, kind, body.size());
  out += body;
}

} // namespace mqttzoo::net
