// What all records begin and end with: a header of 4 bytes, and nothing behind the last field.
//
// Used by the .cpp files that encode records. Pure functions.
#pragma once

#include "zk/bytes.hpp"
#include "zk/records.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace mqttzoo::zk {

/// The third byte of every record. Numbers are never used twice.
enum class record_kind : std::uint8_t {
  mail = 1,
  session = 3, // 2 was a retained message without a lease
  pointer,
  received,
  bucket,
  filter_log,
  retained,
  part,
};

inline constexpr std::uint8_t record_layout_version = 1;
inline constexpr std::size_t record_header_bytes = 4;

inline void put_header(byte_writer& out, record_kind what) {
  out.number('m');
  out.number('z');
  out.number(static_cast<std::uint8_t>(what));
  out.number(record_layout_version);
}

/// What is wrong with the header of `data`, if anything; else `in` stands behind it.
inline std::optional<record_error> check_header(byte_reader& in, record_kind what) {
  const auto m = in.number<char>();
  const auto z = in.number<char>();
  const auto found = in.number<std::uint8_t>();
  const auto layout = in.number<std::uint8_t>();
  if (in.truncated())
    return record_error::truncated;
  if (m != 'm' || z != 'z' || found != static_cast<std::uint8_t>(what))
    return record_error::wrong_kind;
  if (layout != record_layout_version)
    return record_error::unknown_version;
  return std::nullopt;
}

/// The verdict after the last field: `values_ok` says whether every field was within its bounds.
template<class Record>
decoded<Record> finish(const byte_reader& in, bool values_ok, Record record) {
  // First, because what follows a truncation reads as zeros and means nothing.
  if (in.truncated())
    return unexpected(record_error::truncated);
  if (!values_ok)
    return unexpected(record_error::bad_value);
  if (in.left() > 0)
    return unexpected(record_error::trailing_bytes);
  return record;
}

} // namespace mqttzoo::zk
