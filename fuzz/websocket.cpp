// A stranger's bytes to a WebSocket listener: the handshake, then frames. What comes in one piece
// and what comes byte by byte must be understood alike.
#include "net/websocket_engine.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

using namespace mqttzoo::net;

namespace {

struct outcome {
  std::string plain;
  bool established = false;
  bool open = false;
  bool operator==(const outcome&) const = default;
};

outcome feed(std::string_view bytes, std::size_t step) {
  static const auto rules = std::make_shared<const websocket_rules>();
  websocket_engine engine{rules};
  outcome o;
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    auto in = bytes.substr(at, step);
    if (!o.established) {
      const auto p = engine.shake_hands(in, out);
      if (p == stream_engine::progress::failed)
        return o;
      o.established = o.open = p == stream_engine::progress::established;
    }
    if (o.established && engine.read(in, o.plain, out) != stream_engine::reading::goes_on) {
      o.open = false;
      return o;
    }
  }
  return o;
}

} // namespace

/// The first byte says whether a good request stands before the rest.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  std::string bytes{reinterpret_cast<const char*>(data + 1), size - 1};
  if (data[0] % 2 == 0)
    bytes.insert(0, "GET /mqtt HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Protocol: mqtt\r\n\r\n");
  const auto whole = feed(bytes, bytes.size() + 1);
  const auto single = feed(bytes, 1);
  if (whole.established != single.established || whole.plain != single.plain)
    std::abort();
  return 0;
}
