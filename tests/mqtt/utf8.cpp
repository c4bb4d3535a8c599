#define CAF_SUITE utf8
#include "mqtt/utf8.hpp"

#include <caf/test/dsl.hpp>

#include <cstdint>
#include <optional>
#include <string>

using namespace mqttzoo::mqtt;

namespace {

/// `middle` at every place of an ASCII text of up to 20 bytes, so that each path of the scan sees
/// it.
template<class Check>
void at_every_place(const std::string& middle, Check&& check) {
  for (std::size_t before = 0; before <= 20; ++before) {
    for (std::size_t after = 0; before + after <= 20; ++after)
      check(std::string(before, 'a') + middle + std::string(after, 'z'));
  }
}

/// The encoding of a code point, also of those that have none.
std::string encoded(std::uint32_t point) {
  const auto tail = [point](unsigned shift) {
    return static_cast<char>(0x80 | ((point >> shift) & 0x3F));
  };
  if (point < 0x80)
    return {static_cast<char>(point)};
  if (point < 0x800)
    return {static_cast<char>(0xC0 | point >> 6), tail(0)};
  if (point < 0x10000)
    return {static_cast<char>(0xE0 | point >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | point >> 18), tail(12), tail(6), tail(0)};
}

/// Decodes by the book: the length from the first byte, then the value, then what is forbidden.
std::optional<std::uint32_t> decoded(const std::string& bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  std::size_t length = 0;
  std::uint32_t point = 0;
  if (byte(0) < 0x80) {
    length = 1;
    point = byte(0);
  } else if ((byte(0) & 0xE0) == 0xC0) {
    length = 2;
    point = byte(0) & 0x1F;
  } else if ((byte(0) & 0xF0) == 0xE0) {
    length = 3;
    point = byte(0) & 0x0F;
  } else if ((byte(0) & 0xF8) == 0xF0) {
    length = 4;
    point = byte(0) & 0x07;
  }
  if (length != bytes.size())
    return std::nullopt;
  for (std::size_t i = 1; i != length; ++i) {
    if ((byte(i) & 0xC0) != 0x80)
      return std::nullopt;
    point = point << 6 | (byte(i) & 0x3F);
  }
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  const bool shortest = encoded(point).size() == length;
  return surrogate || point > 0x10FFFF || !shortest ? std::nullopt : std::optional{point};
}

} // namespace

// [MQTT-1.5.4-1] [MQTT-1.5.3-1 v3]
CAF_TEST(every code point but the surrogates is accepted) {
  std::size_t wrong = 0;
  for (std::uint32_t point = 1; point < 0x120000; ++point) {
    const bool allowed = point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
    wrong += is_utf8_string(encoded(point)) != allowed;
  }
  CAF_CHECK_EQUAL(wrong, 0u);
}

CAF_TEST(every sequence of two and three bytes is judged by the book) {
  std::size_t wrong = 0;
  for (unsigned first = 0x80; first != 0x100; ++first) {
    for (unsigned second = 0; second != 0x100; ++second) {
      std::string text{static_cast<char>(first), static_cast<char>(second)};
      wrong += is_utf8(text) != decoded(text).has_value();
      text += '\x80';
      // a third byte may also stand alone: then the first two are judged, and it is not
      wrong += is_utf8(text) != decoded(text).has_value();
    }
  }
  CAF_CHECK_EQUAL(wrong, 0u);
}

CAF_TEST(sequences of four bytes are judged by the book) {
  std::size_t wrong = 0;
  for (unsigned first = 0xF0; first != 0x100; ++first) {
    for (unsigned second = 0; second != 0x100; ++second) {
      for (const unsigned last : {0x00u, 0x7Fu, 0x80u, 0xBFu, 0xC0u, 0xFFu}) {
        std::string text{static_cast<char>(first), static_cast<char>(second), '\x80',
                         static_cast<char>(last)};
        wrong += is_utf8(text) != decoded(text).has_value();
        std::swap(text[2], text[3]);
        wrong += is_utf8(text) != decoded(text).has_value();
      }
    }
  }
  CAF_CHECK_EQUAL(wrong, 0u);
}

CAF_TEST(a fault is found wherever it stands) {
  for (const char* fault : {"\x80", "\xC3", "\xC0\x80", "\xE2\x82", "\xED\xA0\x80", "\xED\xBF\xBF",
                            "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    at_every_place(fault, [](const std::string& text) {
      CAF_CHECK(!is_utf8(text));
      CAF_CHECK(!is_utf8_string(text));
      CAF_CHECK(classify_topic(text) == topic_text::malformed);
    });
  }
}

CAF_TEST(text of any length is found good wherever it stands) {
  for (const char* good : {"", "b", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
                           "\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E"}) {
    at_every_place(good, [](const std::string& text) {
      CAF_CHECK(is_utf8(text));
      CAF_CHECK(is_utf8_string(text));
      CAF_CHECK(classify_topic(text) == topic_text::name);
    });
  }
}

// [MQTT-1.5.4-2] [MQTT-1.5.3-2 v3] [MQTT-4.7.3-2] [MQTT-4.7.3-2 v3]
CAF_TEST(a null is refused in strings and accepted in payloads) {
  at_every_place(std::string(1, '\0'), [](const std::string& text) {
    CAF_CHECK(is_utf8(text));
    CAF_CHECK(!is_utf8_string(text));
    CAF_CHECK(classify_topic(text) == topic_text::malformed);
  });
}

// [MQTT-1.5.4-3] [MQTT-1.5.3-3 v3]
CAF_TEST(a byte order mark is a character like others) {
  CAF_CHECK(is_utf8_string("\xEF\xBB\xBF"));
  CAF_CHECK(is_utf8_string("a\xEF\xBB\xBF"));
}

CAF_TEST(wildcards are found wherever they stand) {
  for (const char* wildcard : {"+", "#", "\xC3\xA9#", "+\xE2\x82\xAC"}) {
    at_every_place(wildcard, [](const std::string& text) {
      CAF_CHECK(is_utf8_string(text));
      CAF_CHECK(classify_topic(text) == topic_text::wildcards);
    });
  }
  CAF_CHECK(classify_topic("") == topic_text::name);
  CAF_CHECK(classify_topic("+\xFF") == topic_text::malformed);
  CAF_CHECK(classify_topic(std::string_view{"#\0", 2}) == topic_text::malformed);
}
