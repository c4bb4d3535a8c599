// The table of all options, the one place where each is declared; see options.cpp to add one.
#pragma once

#include "core/option.hpp"

#include <span>
#include <string_view>

namespace mqttzoo::core {

/// Every option, in the order of the documentation. Constant for the process.
std::span<const option> options() noexcept;

/// The option called `name`, or null.
const option* find_option(std::string_view name) noexcept;

/// The known name nearest to a mistyped one, or an empty view when none is near.
std::string_view nearest_option(std::string_view name);

/// The environment variable of an option: `MQTTZOO_NET_PORT` for `net.port`.
std::string environment_name(std::string_view option_name);

} // namespace mqttzoo::core
