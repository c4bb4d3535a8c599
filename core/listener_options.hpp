// The entries of `net.listeners`: objects of JSON, how they are read, shown and explained.
//
// Pure functions and constants; any thread.
#pragma once

#include "core/expected.hpp"
#include "core/listener_settings.hpp"
#include "core/option.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::core {

/// A key of an entry, for people; `tls.ca` is `ca` in the object that `tls` is.
struct listener_key {
  std::string_view name;
  std::string_view preset; ///< what counts without it
  std::string_view accepts;
  std::string_view help; ///< one sentence
};

std::span<const listener_key> listener_keys() noexcept;

/// Reads an array of JSON, or the objects of one. The error names the entry and the key.
expected<std::vector<listener_settings>, std::string> read_listeners(const option_text& text);

/// An array that read_listeners() reads, in one line; empty if there are none.
std::string show_listeners(const std::vector<listener_settings>& entries);

} // namespace mqttzoo::core
