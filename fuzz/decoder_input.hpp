// How a fuzzer's input becomes a decoder's: the first byte says who sends what version, the rest is
// the stream. Shared by the target and by the program that writes its seeds.
#pragma once

#include "mqtt/decoder.hpp"

#include <cstdint>
#include <string_view>

namespace mqttzoo::fuzz {

struct decoder_input {
  mqtt::protocol_version version = mqtt::protocol_version::unknown;
  mqtt::peer from = mqtt::peer::client;
  std::string_view stream;
};

inline constexpr mqtt::protocol_version versions[] = {
    mqtt::protocol_version::unknown,
    mqtt::protocol_version::v3_1,
    mqtt::protocol_version::v3_1_1,
    mqtt::protocol_version::v5,
};

/// The first byte of an input.
constexpr char selector(mqtt::protocol_version version, mqtt::peer from) noexcept {
  int index = 0;
  while (versions[index] != version)
    ++index;
  return static_cast<char>(from == mqtt::peer::server ? index + 4 : index);
}

/// `bytes` must not be empty.
constexpr decoder_input parse_input(std::string_view bytes) noexcept {
  const auto first = static_cast<unsigned char>(bytes[0]);
  return {versions[first & 3], (first & 4) != 0 ? mqtt::peer::server : mqtt::peer::client,
          bytes.substr(1)};
}

} // namespace mqttzoo::fuzz
