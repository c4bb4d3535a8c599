// What pods say to each other over their links: the kinds of frames and who reads them.
//
// Integers are big-endian as in net/wire_integers.hpp, names have a length of two bytes. Bodies are
// read by the actor a kind is for, which trusts nothing and reports what makes no sense with
// `misbehaved`. A change of any of them needs a new net::link_protocol_version.
#pragma once

#include "net/link_frame.hpp"

#include <cstdint>

namespace mqttzoo::actors::frame_kind {

constexpr net::link_kind user(std::uint8_t n) noexcept {
  return static_cast<net::link_kind>(static_cast<std::uint8_t>(net::link_kind::first_of_user) + n);
}

// The first four belong to net/link_channel.hpp. The peers' own:
inline constexpr auto messages = user(4); ///< of one topic
inline constexpr auto settled = user(5);  ///< what became of messages
inline constexpr auto word = user(6);     ///< what is to be stored with one
inline constexpr auto outcome = user(7);  ///< whether it was
inline constexpr auto group = user(8);    ///< a message for a member of a group
inline constexpr auto returned = user(9); ///< it has none here

// For the membership.
inline constexpr auto reached = user(16);     ///< a view
inline constexpr auto has_adopted = user(17); ///< its share of a view's orphans
inline constexpr auto figures = user(18);     ///< for $SYS

// For the registrar.
inline constexpr auto first_of_registrar = user(32);
inline constexpr auto last_of_registrar = user(47);

// For the porter.
inline constexpr auto first_of_porter = user(48);
inline constexpr auto last_of_porter = user(63);

// For the post office: retained messages.
inline constexpr auto first_of_post_office = user(64);
inline constexpr auto last_of_post_office = user(79);

} // namespace mqttzoo::actors::frame_kind
