// Big-endian integers in frames between pods. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>

namespace mqttzoo::net {

/// The four bytes from `at` on.
inline std::uint32_t read_u32(const char* at) noexcept {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i)
    value = value << 8 | static_cast<unsigned char>(at[i]);
  return value;
}

/// The eight bytes from `at` on.
inline std::uint64_t read_u64(const char* at) noexcept {
  return std::uint64_t{read_u32(at)} << 32 | read_u32(at + 4);
}

inline void append_u32(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out += static_cast<char>(value >> shift);
}

inline void append_u64(std::string& out, std::uint64_t value) {
  append_u32(out, static_cast<std::uint32_t>(value >> 32));
  append_u32(out, static_cast<std::uint32_t>(value));
}

} // namespace mqttzoo::net
