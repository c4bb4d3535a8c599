// The notation of numbers in configuration: `64KiB`, `30s`, `never`. Pure functions; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mqttzoo::core::units {

/// What `never` stands for: the protocol's session expiry interval that does not expire.
inline constexpr std::chrono::seconds never{4294967295};

/// Decimal digits only. Absent when malformed or out of range, as for all readers here.
std::optional<std::uint64_t> read_integer(std::string_view text);

/// Digits, then nothing or one of B, KiB, MiB, GiB, TiB. In bytes.
std::optional<std::uint64_t> read_bytes(std::string_view text);

/// Digits and one of ms, s, m, h, d; or `0`; or `never`. In milliseconds.
std::optional<std::uint64_t> read_duration_ms(std::string_view text);

/// The shortest exact form: 1MiB, 1500B.
std::string show_bytes(std::uint64_t bytes);

/// The shortest exact form: 90s, 2m, never, 0.
std::string show_duration(std::chrono::milliseconds duration);

} // namespace mqttzoo::core::units
