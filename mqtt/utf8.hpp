// UTF-8 as MQTT wants it: strict checks of text, with a fast path for ASCII.
//
// Pure functions over views, called by the decoder for every string of every packet and by the
// session for payloads that claim to be UTF-8. Thread-safe: no state.
// Standard: section 1.5.4 (5.0), 1.5.3 (3.1.1).
#pragma once

#include <cstdint>
#include <string_view>

namespace mqttzoo::mqtt {

/// True if `bytes` is well-formed UTF-8 as Unicode and RFC 3629 define it (no surrogates, no
/// overlong forms, nothing above U+10FFFF). U+0000 is allowed: this is the rule of payloads.
bool is_utf8(std::string_view bytes) noexcept;

/// True if `bytes` may stand in a UTF-8 Encoded String: well-formed and without U+0000.
bool is_utf8_string(std::string_view bytes) noexcept;

/// What a UTF-8 Encoded String holds, seen as a topic.
enum class topic_text : std::uint8_t {
  malformed, ///< not a UTF-8 Encoded String
  name,      ///< no wildcard character in it; may be empty
  wildcards, ///< holds '+' or '#'
};

/// is_utf8_string() and the search for wildcard characters in one pass.
topic_text classify_topic(std::string_view bytes) noexcept;

} // namespace mqttzoo::mqtt
