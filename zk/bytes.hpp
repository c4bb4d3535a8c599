// Reading and writing the hand-packed bytes of records: little-endian numbers, strings with a
// length.
//
// Used by the .cpp files that encode records. Values on the stack of one call.
#pragma once

#include <bit>
#include <cassert>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace mqttzoo::zk {

// Numbers are copied as they lie in memory, which is the layout on disk on every machine we build
// for.
static_assert(std::endian::native == std::endian::little,
              "swap bytes in byte_writer and byte_reader");

/// Bytes that a string takes: its length in four bytes, then itself.
inline std::size_t packed_size(std::string_view text) noexcept {
  return sizeof(std::uint32_t) + text.size();
}

/// Appends to a string whose final size is known before, so that nothing is allocated twice.
class byte_writer {
public:
  explicit byte_writer(std::size_t size) : bytes_(size, '\0'), next_(bytes_.data()) {}

  template<std::integral T>
  void number(T value) noexcept {
    raw(&value, sizeof value);
  }
  void text(std::string_view value) noexcept {
    number(static_cast<std::uint32_t>(value.size()));
    raw(value.data(), value.size());
  }

  std::string take() {
    assert(next_ == bytes_.data() + bytes_.size());
    return std::move(bytes_);
  }

private:
  void raw(const void* from, std::size_t size) noexcept {
    assert(size <= static_cast<std::size_t>(bytes_.data() + bytes_.size() - next_));
    if (size > 0) // an empty string_view may have no address
      std::memcpy(next_, from, size);
    next_ += size;
  }

  std::string bytes_;
  char* next_;
};

/// Takes from the front of untrusted bytes. Once something did not fit, everything after reads as
/// zero or empty and `truncated()` stays true, so that callers check once at the end.
class byte_reader {
public:
  explicit byte_reader(std::string_view bytes) noexcept : rest_(bytes) {}

  template<std::integral T>
  T number() noexcept {
    T value{};
    if (rest_.size() < sizeof value) {
      fail();
      return value;
    }
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
    return value;
  }
  std::string_view text() noexcept {
    const auto size = number<std::uint32_t>();
    if (rest_.size() < size) {
      fail();
      return {};
    }
    const auto value = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return value;
  }

  std::size_t left() const noexcept { return rest_.size(); }
  bool truncated() const noexcept { return truncated_; }

private:
  void fail() noexcept {
    truncated_ = true;
    rest_ = {};
  }

  std::string_view rest_;
  bool truncated_ = false;
};

} // namespace mqttzoo::zk
