// Base64 as password files and tokens hold it (RFC 4648), strictly.
//
// Ours because OpenSSL's decoder takes padding for content and knows neither the alphabet of URLs
// nor text without padding. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mqttzoo::auth {

enum class base64_form : std::uint8_t {
  padded,   ///< "+/", with '=' up to a multiple of four
  unpadded, ///< "+/", never a '='
  url,      ///< "-_", never a '='
};

/// The bytes; nothing if `text` is not of that form, or has bits set that no byte takes.
std::optional<std::string> decode_base64(std::string_view text, base64_form form);

} // namespace mqttzoo::auth
