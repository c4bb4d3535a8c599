// What a list's query asks for: `?kind=topic&sort=busy&limit=20`.
//
// Pure functions; any thread.
#pragma once

#include "actors/inspector.hpp"
#include "admin/http.hpp"
#include "core/expected.hpp"

#include <string>

namespace mqttzoo::admin {

/// Items of one page at most.
inline constexpr std::size_t page_max = 1'000;

/// The error is a sentence for whoever asked.
expected<actors::actor_query, std::string> parse_query(const request& r);

/// An actor's id; none if it is no number above 0.
actors::actor_number parse_actor_number(const std::string& text);

} // namespace mqttzoo::admin
