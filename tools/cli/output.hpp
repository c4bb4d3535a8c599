// How `mqttzoo sub` prints messages: payloads, topics and payloads, or a format of mosquitto_sub.
//
// Made once, used on the client's strand.
#pragma once

#include "tools/cli/options.hpp"

#include <mqttzoo/subscription.hpp>
#include <string>

namespace mqttzoo::cli {

/// A sentence if `format` is none; empty if it is.
std::string check_format(const std::string& format);

/// What goes to the standard output for one message, and a sentence for the standard error.
struct printed {
  std::string out, error;
};
printed print(const options& o, const received& m);

/// The message as one JSON object. `with_payload_as_json`: the payload is JSON itself. Empty if it
/// is not.
enum class json_payload : std::uint8_t { text, json };
std::string to_json(const received& m, json_payload how, bool pretty);

} // namespace mqttzoo::cli
