// Who has a persistent session: what stands in the `owner` node below the session's own.
//
// Lives one a line: the pod that has it, then those it was adopted from, the latest first. The
// node's version is the fence: whoever writes for the session in a transaction checks it. Pure
// functions; any thread.
#pragma once

#include "core/ids.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::actors {

/// How many lives an owner node keeps. A session that was adopted more often meanwhile may get a
/// message twice that the first of these pods had passed on.
inline constexpr std::size_t owner_lives_max = 8;

/// `now` and the lives before it, as far as they are kept.
std::string encode_owner(const pod_life& now, const std::vector<pod_life>& before);

/// The owner first; empty if there is none.
std::vector<pod_life> decode_owner(std::string_view data);

} // namespace mqttzoo::actors
