#include "mqtt/utf8.hpp"

#include <cstddef>
#include <cstring>

namespace mqttzoo::mqtt {
namespace {

constexpr std::size_t word_size_bytes = sizeof(std::uint64_t);

/// A word that holds `byte` eight times.
constexpr std::uint64_t repeated(unsigned char byte) noexcept {
  return 0x0101'0101'0101'0101ULL * byte;
}

/// Non-zero if some byte of `word` is 0.
constexpr std::uint64_t zero_bytes(std::uint64_t word) noexcept {
  return (word - repeated(0x01)) & ~word & repeated(0x80);
}

std::uint64_t load_word(const char* from) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, from, word_size_bytes);
  return word;
}

/// What a scan has to look at beside the bytes above 0x7F.
enum class care : std::uint8_t { well_formed, no_null, no_null_find_wildcards };

/// True if eight bytes are ASCII and hold nothing that `what` cares about.
template<care what>
bool is_plain(std::uint64_t word) noexcept {
  std::uint64_t marks = word & repeated(0x80);
  if constexpr (what != care::well_formed)
    marks |= zero_bytes(word);
  if constexpr (what == care::no_null_find_wildcards)
    marks |= zero_bytes(word ^ repeated('+')) | zero_bytes(word ^ repeated('#'));
  return marks == 0;
}

constexpr bool between(unsigned char byte, unsigned char low, unsigned char high) noexcept {
  return byte >= low && byte <= high;
}

/// The length of the multi-byte sequence that starts at `from`, or 0 if it is not well-formed
/// (table 3-7 of the Unicode standard).
std::size_t sequence_length(const char* from, const char* end) noexcept {
  const auto byte = [from](std::size_t i) { return static_cast<unsigned char>(from[i]); };
  const auto left = static_cast<std::size_t>(end - from);
  const auto lead = byte(0);
  if (between(lead, 0xC2, 0xDF))
    return left >= 2 && between(byte(1), 0x80, 0xBF) ? 2 : 0;
  if (between(lead, 0xE0, 0xEF)) {
    const unsigned char low = lead == 0xE0 ? 0xA0 : 0x80;  // below: an overlong form
    const unsigned char high = lead == 0xED ? 0x9F : 0xBF; // above: a surrogate
    return left >= 3 && between(byte(1), low, high) && between(byte(2), 0x80, 0xBF) ? 3 : 0;
  }
  if (between(lead, 0xF0, 0xF4)) {
    const unsigned char low = lead == 0xF0 ? 0x90 : 0x80;  // below: an overlong form
    const unsigned char high = lead == 0xF4 ? 0x8F : 0xBF; // above: beyond U+10FFFF
    const bool good = left >= 4 && between(byte(1), low, high) && between(byte(2), 0x80, 0xBF) &&
                      between(byte(3), 0x80, 0xBF);
    return good ? 4 : 0;
  }
  return 0;
}

/// One pass over `bytes`. U+FEFF is a character like any other and is never skipped
/// [MQTT-1.5.4-3] [MQTT-1.5.3-3 v3].
template<care what>
topic_text scan(std::string_view bytes) noexcept {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  auto found = topic_text::name;
  while (at != end) {
    if (static_cast<std::size_t>(end - at) >= word_size_bytes) {
      if (is_plain<what>(load_word(at))) {
        at += word_size_bytes;
        continue;
      }
    } else if (bytes.size() >= word_size_bytes &&
               is_plain<what>(load_word(end - word_size_bytes))) {
      break; // the tail lies inside a plain last word
    }
    const auto byte = static_cast<unsigned char>(*at);
    if (byte < 0x80) {
      // [MQTT-1.5.4-2] [MQTT-1.5.3-2 v3] [MQTT-4.7.3-2] [MQTT-4.7.3-2 v3]
      if (what != care::well_formed && byte == 0)
        return topic_text::malformed;
      if (what == care::no_null_find_wildcards && (byte == '+' || byte == '#'))
        found = topic_text::wildcards;
      ++at;
      continue;
    }
    const auto length = sequence_length(at, end);
    if (length == 0) // [MQTT-1.5.4-1] [MQTT-1.5.3-1 v3]
      return topic_text::malformed;
    at += length;
  }
  return found;
}

} // namespace

bool is_utf8(std::string_view bytes) noexcept {
  return scan<care::well_formed>(bytes) != topic_text::malformed;
}

bool is_utf8_string(std::string_view bytes) noexcept {
  return scan<care::no_null>(bytes) != topic_text::malformed;
}

topic_text classify_topic(std::string_view bytes) noexcept {
  return scan<care::no_null_find_wildcards>(bytes);
}

} // namespace mqttzoo::mqtt
