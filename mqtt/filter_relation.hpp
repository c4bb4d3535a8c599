// How two topic filters relate: whether some topic matches both, and whether one takes in all that
// the other does.
//
// Both are valid and without `$share/<name>/`. Pure, linear in both, allocates nothing.
// Standard: section 4.7.
#pragma once

#include <string_view>

namespace mqttzoo::mqtt {

/// True if there is a topic name that both match.
bool overlap(std::string_view a, std::string_view b) noexcept;

/// True if every topic name that `narrow` matches is matched by `wide`.
bool covers(std::string_view wide, std::string_view narrow) noexcept;

} // namespace mqttzoo::mqtt
