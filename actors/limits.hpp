// The protocol's limits as the settings ask for them.
#pragma once

#include "core/settings.hpp"
#include "mqtt/server_limits.hpp"

namespace mqttzoo::actors {

mqtt::server_limits make_limits(const core::settings& settings);

} // namespace mqttzoo::actors
