// What a client of WebSocket sends.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mqttzoo::net::test {

/// The key and its answer are those of RFC 6455, section 1.3.
inline const std::string good_request = "GET /mqtt HTTP/1.1\r\n"
                                        "Host: broker\r\n"
                                        "Upgrade: websocket\r\n"
                                        "Connection: keep-alive, Upgrade\r\n"
                                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                                        "Sec-WebSocket-Version: 13\r\n"
                                        "Sec-WebSocket-Protocol: chat, mqtt\r\n"
                                        "Origin: https://shop.example\r\n"
                                        "\r\n";

/// As a client sends it.
inline std::string frame(unsigned first_byte, std::string_view payload, bool masked = true) {
  std::string bytes{static_cast<char>(first_byte)};
  const unsigned mask_bit = masked ? 0x80 : 0;
  if (payload.size() <= 125) {
    bytes += static_cast<char>(mask_bit | payload.size());
  } else {
    bytes += static_cast<char>(mask_bit | 126);
    bytes += static_cast<char>(payload.size() >> 8);
    bytes += static_cast<char>(payload.size() & 0xff);
  }
  const std::string key = "\x12\x34\x56\x78";
  if (!masked)
    return bytes + std::string{payload};
  bytes += key;
  for (std::size_t i = 0; i < payload.size(); ++i)
    bytes += static_cast<char>(payload[i] ^ key[i % 4]);
  return bytes;
}

} // namespace mqttzoo::net::test
