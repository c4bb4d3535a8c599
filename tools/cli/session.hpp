// What `pub` and `sub` have in common while they run: messages to people, and how errors end them.
#pragma once

#include "tools/cli/options.hpp"

#include <string>
#include <system_error>

namespace mqttzoo::cli {

/// Handles help, version and mistakes: the status of the process, or nothing to go on.
std::optional<int> settle(program which, const parsed& p);

/// Prints to the standard error unless the user asked for quiet.
void complain(const options& o, const std::string& text);
/// Prints "Client ID TEXT" if the user asked for debugging.
void debug(const options& o, const std::string& text);

/// Says why there is no connection; the status of the process: the server's own code if it refused,
/// connection_lost_status if it left, else 1.
int connection_failed(const options& o, std::error_code why);

} // namespace mqttzoo::cli
