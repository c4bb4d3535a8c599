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
inline constexpr auto drained = user(19);     ///< the sender has nothing under way to a pod whose
                                              ///< sessions move in a view
inline constexpr auto yielded =
    user(20); ///< the sender's sessions that move in a view are nobody's
inline constexpr auto has_settled = user(21); ///< at the sender everything flows in a view

// For the adopter.
inline constexpr auto given = user(24); ///< sessions that the receiver is to have

// For the registrar.
inline constexpr auto first_of_registrar = user(32);
inline constexpr auto last_of_registrar = user(47);

// For the porter.
inline constexpr auto first_of_porter = user(48);
inline constexpr auto last_of_porter = user(63);

// For the post office: retained messages.
inline constexpr auto first_of_post_office = user(64);
inline constexpr auto last_of_post_office = user(79);

// For the tracer.
inline constexpr auto trace = user(80);   ///< take part in one
inline constexpr auto untrace = user(81); ///< it is over, or the other pod takes no part
inline constexpr auto traced = user(82);  ///< what was noted for it
inline constexpr auto first_of_tracer = user(80);
inline constexpr auto last_of_tracer = user(95);

} // namespace mqttzoo::actors::frame_kind
