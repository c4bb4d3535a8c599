// Strong types for what would otherwise be bare strings and numbers at a call site.
#pragma once

#include "core/name_hash.hpp"

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace mqttzoo {

/// A string that is one kind of thing only; `Tag` makes each kind a type of its own.
template<class Tag>
class strong_string {
public:
  strong_string() = default;
  explicit strong_string(std::string value) : value_(std::move(value)) {}
  const std::string& str() const noexcept { return value_; }
  bool empty() const noexcept { return value_.empty(); }
  auto operator<=>(const strong_string&) const = default; // NOLINT(modernize-use-nullptr): a 0

private:
  std::string value_;
};

/// An MQTT client identifier (section 3.1.3.1); never empty once a session exists.
using client_id = strong_string<struct client_id_tag>;

/// One life of a pod: its name and incarnation as its node below `pods` is called
/// (`mqttzoo-0-17`). A pod that starts anew under its old name has another one.
using pod_life = strong_string<struct pod_life_tag>;

/// A session's number inside this process; unique for its lifetime, 0 means "none".
enum class session_number : std::uint64_t { none = 0 };

/// An I/O unit's index inside this process, counted from 0.
enum class unit_index : std::uint16_t {};

} // namespace mqttzoo

template<class Tag>
struct std::hash<mqttzoo::strong_string<Tag>> {
  std::size_t operator()(const mqttzoo::strong_string<Tag>& s) const {
    return mqttzoo::core::name_hasher{}(s); // which says why this is not noexcept
  }
};
