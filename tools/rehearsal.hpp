// What a start makes of the configuration before it touches store, ports or other pods.
#pragma once

#include "core/expected.hpp"
#include "core/settings.hpp"

#include <string>

namespace mqttzoo::tools {

/// Loads what a start loads, by the same functions, and keeps nothing: certificates, keys, tokens,
/// addresses, names; accounts, which may be many, are the caller's to load. The error is a sentence
/// for the operator. So --check-config and a start find the same mistakes, and both with the status
/// of a configuration that is wrong.
expected<void, std::string> rehearse(const core::settings& settings);

} // namespace mqttzoo::tools
