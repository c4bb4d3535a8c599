// Topic filters: what a client may subscribe to, and which topic names that matches.
//
// Filters are parsed by the session for every entry of a SUBSCRIBE; what passed here is what the
// subscription index and the store may hold. Values and pure functions: no thread of their own.
// Standard: sections 4.7 and 4.8.2; tags stand in the .cpp.
#pragma once

#include "core/expected.hpp"
#include "mqtt/reason_code.hpp"
#include "mqtt/topic_levels.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mqttzoo::mqtt {

/// Why a text is no topic filter.
struct filter_error {
  reason_code reason = reason_code::topic_filter_invalid; ///< may stand in a SUBACK
  const char* what = "";                                  ///< static text
};

/// A valid topic filter, `$share/<name>/` in front of it or not. Made by parse_topic_filter().
class topic_filter {
public:
  /// As the client wrote it; the key of the subscription. [MQTT-4.7.3-4]
  const std::string& full() const noexcept { return full_; }
  /// The name of the group that shares the subscription; empty if it is not shared.
  std::string_view share_name() const noexcept;
  /// What is matched against topic names: full() without `$share/<name>/`.
  std::string_view filter() const noexcept {
    return std::string_view{full_}.substr(filter_offset_bytes_);
  }
  bool has_wildcard() const noexcept { return has_wildcard_; }
  bool is_shared() const noexcept { return filter_offset_bytes_ > 0; }

  bool operator==(const topic_filter& other) const noexcept { return full_ == other.full_; }

private:
  friend expected<topic_filter, filter_error> parse_topic_filter(std::string_view text,
                                                                 std::size_t levels_max);
  topic_filter(std::string_view full, std::size_t filter_offset_bytes);

  std::string full_;
  std::uint16_t filter_offset_bytes_ = 0;
  bool has_wildcard_ = false;
};

/// Checks `text` and copies it. `levels_max` bounds the levels of the filter itself,
/// `$share/<name>/` not counted, and is at least 1: of what a client asks for the option's, of what
/// a session once accepted none, `topic_bytes_max`.
expected<topic_filter, filter_error> parse_topic_filter(std::string_view text,
                                                        std::size_t levels_max);

/// True if a valid filter, without `$share/<name>/`, holds '+' or '#'.
constexpr bool has_wildcard(std::string_view filter) noexcept {
  return filter.find_first_of("+#") != std::string_view::npos;
}

/// True if `topic`, a valid name, is among those that `filter` stands for; `filter` is valid and
/// without `$share/<name>/`. Allocates nothing, time linear in both.
bool matches(std::string_view filter, std::string_view topic) noexcept;

} // namespace mqttzoo::mqtt
