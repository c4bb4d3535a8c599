// What registrars say to each other: the bodies of their frames.
//
// Pure functions, any thread. Everything that comes is checked here for its form; whether it makes
// sense in the view it names is the registrar's business. A body is the view's number (eight
// bytes), for what belongs to a claim its number (eight), then names, each with a length of two
// bytes: clients, and for `held` the life that has the session.
#pragma once

#include "actors/frame_kinds.hpp"
#include "actors/messages.hpp"
#include "actors/session_card.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace mqttzoo::actors {

namespace frame_kind {

inline constexpr auto roster = user(32); ///< some of the clients that have a session at the sender
inline constexpr auto roster_end = user(33); ///< that were all
inline constexpr auto claim = user(34);      ///< a client connects at the sender
inline constexpr auto granted = user(35);    ///< its session may begin there
inline constexpr auto held = user(36);       ///< another pod has it
inline constexpr auto adopted = user(37);    ///< the sender has a departed pod's session
inline constexpr auto released = user(38);   ///< the sender has no session of the client any more

} // namespace frame_kind

/// A page of a roster is closed when it has come to this size.
inline constexpr std::size_t roster_page_bytes = 32 * 1024;

struct registrar_frame {
  std::int64_t view = 0;
  std::uint64_t number = 0;       ///< claim, granted, held
  std::vector<client_id> clients; ///< roster: any number; roster_end: none; else one
  pod_life holder;                ///< held
};

/// `kind` is one of the above, and the frame has what belongs to it; names have at most 65,535
/// bytes.
pod_frame encode(net::link_kind kind, const registrar_frame& f);

/// Nothing if it is not what encode() makes.
std::optional<registrar_frame> decode_registrar_frame(const pod_frame& from);

} // namespace mqttzoo::actors
