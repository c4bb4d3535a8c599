// Hash tables whose keys clients choose; see name_hash.hpp. Their order means nothing, and is
// another one in each process.
#pragma once

#include "core/name_hash.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace mqttzoo::core {

/// By name; may be asked for a view.
template<class Value>
using name_map = std::unordered_map<std::string, Value, name_hasher, std::equal_to<>>;
using name_set = std::unordered_set<std::string, name_hasher, std::equal_to<>>;

/// By a view of a name, which has to live elsewhere as long as its entry.
template<class Value>
using name_view_map = std::unordered_map<std::string_view, Value, name_hasher>;
using name_view_set = std::unordered_set<std::string_view, name_hasher>;

} // namespace mqttzoo::core
