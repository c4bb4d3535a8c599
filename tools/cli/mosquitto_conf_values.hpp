// The words and values of a mosquitto.conf. Pure functions.
#pragma once

#include "tools/cli/mosquitto_options.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string_view>

namespace mqttzoo::cli {

/// Without the white space around it.
std::string_view trim(std::string_view s);

/// All that mosquitto looks at of a value that is no text.
std::string_view first_word(std::string_view s);

std::optional<bool> truth_of(std::string_view text);

/// In our units. Nothing if mosquitto would not accept it either.
std::optional<nlohmann::ordered_json> value_of(std::string_view text, value_kind kind);

} // namespace mqttzoo::cli
