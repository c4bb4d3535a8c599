// Fields of frames between pods: written to a string, read from a view that trusts nothing.
//
// Integers are big-endian; a text has its length in front, of two bytes (a name) or four (a body).
// A reader that ran over the end stays failed and gives zeros and empty texts. Pure; any thread.
#pragma once

#include "net/wire_integers.hpp"

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mqttzoo::actors {

inline void append_u8(std::string& out, std::uint8_t value) {
  out += static_cast<char>(value);
}
inline void append_u16(std::string& out, std::uint16_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value);
}
using net::append_u32;
using net::append_u64;

/// At most 65,535 bytes, as all names of MQTT.
inline void append_name(std::string& out, std::string_view name) {
  assert(name.size() <= 0xFFFF);
  append_u16(out, static_cast<std::uint16_t>(name.size()));
  out += name;
}
inline void append_body(std::string& out, std::string_view body) {
  append_u32(out, static_cast<std::uint32_t>(body.size()));
  out += body;
}

class frame_reader {
public:
  explicit frame_reader(std::string_view in) noexcept : rest_(in) {}

  std::uint8_t u8() noexcept {
    const auto bytes = take(1);
    return bytes.empty() ? 0 : static_cast<std::uint8_t>(bytes[0]);
  }
  std::uint16_t u16() noexcept {
    const auto bytes = take(2);
    return bytes.empty() ? std::uint16_t{0}
                         : static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[0]) << 8 |
                                                      static_cast<unsigned char>(bytes[1]));
  }
  std::uint32_t u32() noexcept {
    const auto bytes = take(4);
    return bytes.empty() ? 0 : net::read_u32(bytes.data());
  }
  std::uint64_t u64() noexcept {
    const auto bytes = take(8);
    return bytes.empty() ? 0 : net::read_u64(bytes.data());
  }
  std::string_view name() noexcept { return take(u16()); }
  std::string_view body() noexcept { return take(u32()); }

  bool failed() const noexcept { return failed_; }
  bool at_end() const noexcept { return rest_.empty(); }
  /// All of it was read, and nothing beyond.
  bool complete() const noexcept { return !failed_ && rest_.empty(); }
  /// Something that was read is out of its bounds.
  void fail() noexcept {
    failed_ = true;
    rest_ = {};
  }

private:
  std::string_view take(std::size_t bytes) noexcept {
    if (failed_ || bytes > rest_.size()) {
      fail();
      return {};
    }
    const auto taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }

  std::string_view rest_;
  bool failed_ = false;
};

} // namespace mqttzoo::actors
