// The data representations of section 1.5, read and written: integers, variable byte integers,
// strings and binary data.
//
// A reader lives on the stack of one decode call and a writer on that of one encode call. Both keep
// the first thing that went wrong and turn everything after it into a harmless nothing, so that a
// packet's layout reads as a straight line and is checked once at its end.
#pragma once

#include "mqtt/decoder.hpp"
#include "mqtt/utf8.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mqttzoo::mqtt {

/// The largest value of a variable byte integer, and so of a packet's remaining length.
inline constexpr std::uint32_t varint_max = 268'435'455;

/// The largest length of a string or of binary data, in bytes.
inline constexpr std::size_t string_size_bytes_max = 65'535;

/// How many bytes the shortest encoding of `value` takes.
constexpr std::size_t varint_size(std::uint32_t value) noexcept {
  if (value < 128)
    return 1;
  if (value < 16'384)
    return 2;
  return value < 2'097'152 ? 3 : 4;
}

/// Takes values off the front of a view. After a failure every read yields zero or nothing.
class wire_reader {
public:
  explicit wire_reader(std::string_view bytes) noexcept
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool ok() const noexcept { return !failed_; }
  bool at_end() const noexcept { return at_ == end_; }
  std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }
  const char* position() const noexcept { return at_; }
  const decode_error& error() const noexcept { return error_; }

  /// Keeps the first failure and ends the reading.
  void fail(reason_code reason, const char* what) noexcept {
    if (!failed_)
      error_ = {reason, what};
    failed_ = true;
    at_ = end_;
  }

  void require(bool condition, reason_code reason, const char* what) noexcept {
    if (!condition) [[unlikely]]
      fail(reason, what);
  }

  std::uint8_t u8() noexcept {
    const auto* bytes = take(1);
    return bytes ? byte(bytes, 0) : std::uint8_t{0};
  }

  /// Integers are big-endian (1.5.2, 1.5.3 of 5.0).
  std::uint16_t u16() noexcept {
    const auto* bytes = take(2);
    return bytes ? static_cast<std::uint16_t>(byte(bytes, 0) << 8 | byte(bytes, 1))
                 : std::uint16_t{0};
  }

  std::uint32_t u32() noexcept {
    const std::uint32_t high = u16();
    return high << 16 | u16();
  }

  std::uint32_t varint() noexcept {
    std::uint32_t value = 0;
    for (unsigned shift = 0; shift < 28; shift += 7) {
      const auto next = u8();
      value |= static_cast<std::uint32_t>(next & 0x7F) << shift;
      if (next < 0x80) {
        // [MQTT-1.5.5-1] the shortest form only
        require(shift == 0 || next != 0, reason_code::malformed_packet,
                "variable byte integer is longer than needed");
        return value;
      }
    }
    fail(reason_code::malformed_packet, "variable byte integer has more than four bytes");
    return 0;
  }

  std::string_view bytes(std::size_t count) noexcept {
    const auto* from = take(count);
    return from ? std::string_view{from, count} : std::string_view{};
  }

  /// Binary data: a length of two bytes in front (1.5.6).
  std::string_view binary() noexcept { return bytes(u16()); }

  /// A UTF-8 Encoded String (1.5.4).
  std::string_view text() noexcept {
    const auto found = binary();
    require(is_utf8_string(found), reason_code::malformed_packet, "string is not valid UTF-8");
    return found;
  }

  /// Everything that is left.
  std::string_view rest() noexcept { return bytes(left()); }

  /// Success, or what went wrong first.
  expected<void, decode_error> result() const {
    if (failed_) [[unlikely]]
      return unexpected<decode_error>{error_};
    return {};
  }

private:
  static std::uint8_t byte(const char* from, std::size_t i) noexcept {
    return static_cast<std::uint8_t>(from[i]);
  }

  const char* take(std::size_t count) noexcept {
    if (left() < count) [[unlikely]] {
      fail(reason_code::malformed_packet, "packet ends inside a field");
      return nullptr;
    }
    const auto* from = at_;
    at_ += count;
    return from;
  }

  const char* at_;
  const char* end_;
  decode_error error_;
  bool failed_ = false;
};

/// Appends values to a string. A value that has no encoding makes fits() false.
class wire_writer {
public:
  explicit wire_writer(std::string& out) noexcept : out_(out) {}

  /// False once a string or a length was too large for its field.
  bool fits() const noexcept { return fits_; }

  void u8(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }

  void u16(std::uint16_t value) {
    const char both[] = {static_cast<char>(value >> 8), static_cast<char>(value)};
    out_.append(both, sizeof both);
  }

  void u32(std::uint32_t value) {
    u16(static_cast<std::uint16_t>(value >> 16));
    u16(static_cast<std::uint16_t>(value));
  }

  void varint(std::uint32_t value) {
    fits_ = fits_ && value <= varint_max;
    for (; value >= 128; value >>= 7)
      u8(static_cast<std::uint8_t>(value | 0x80));
    u8(static_cast<std::uint8_t>(value));
  }

  void bytes(std::string_view value) { out_.append(value); }

  /// A string or binary data. [MQTT-4.7.3-3] [MQTT-4.7.3-3 v3] no topic is longer than its field.
  void binary(std::string_view value) {
    fits_ = fits_ && value.size() <= string_size_bytes_max;
    u16(static_cast<std::uint16_t>(value.size()));
    bytes(value);
  }

  /// Puts the length of what was written since `start` in front of it, as a variable byte integer.
  void insert_length(std::size_t start) {
    const auto length = out_.size() - start;
    fits_ = fits_ && length <= varint_max;
    std::string encoded;
    wire_writer{encoded}.varint(fits_ ? static_cast<std::uint32_t>(length) : 0);
    out_.insert(start, encoded);
  }

  std::size_t position() const noexcept { return out_.size(); }

private:
  std::string& out_;
  bool fits_ = true;
};

} // namespace mqttzoo::mqtt
