// What a start makes of the configuration before it touches store, ports or other pods.
#pragma once

#include "core/expected.hpp"
#include "core/settings.hpp"

#include <string>

namespace mqttzoo::tools {

/// Loads what a start loads, by the same functions, and keeps nothing: certificates, keys, tokens,
/// addresses, names; accounts, which may be many, are the caller's to load. The error is a sentence
/// for the operator. So --check-config and a start find the same mistakes: status 2 of the one,
/// and 1 of the other, which may be tried again, as a missing file may come.
expected<void, std::string> rehearse(const core::settings& settings);

} // namespace mqttzoo::tools
