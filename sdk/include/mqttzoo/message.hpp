// Messages as an application sees them. Plain values that own their bytes; no thread of their own.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mqttzoo {

/// The version of the protocol to speak.
enum class protocol : std::uint8_t { v3_1 = 3, v3_1_1 = 4, v5 = 5 };

/// What is promised for a message (MQTT 5.0, section 4.3).
enum class qos : std::uint8_t { at_most_once = 0, at_least_once = 1, exactly_once = 2 };

/// What MQTT 5.0 says of a message besides its payload; not sent in 3.x.
struct message_properties {
  bool payload_is_utf8 = false; ///< payload format indicator 1
  std::optional<std::uint32_t>
      expiry_s{};                 ///< seconds from publishing; counts down in the outbox, too
  std::string content_type{};     ///< UTF-8; empty: not sent
  std::string response_topic{};   ///< where to answer; empty: not sent
  std::string correlation_data{}; ///< any bytes; empty: not sent
  std::vector<std::pair<std::string, std::string>> users{}; ///< user properties, in their order
  bool operator==(const message_properties&) const = default;
};

/// A message, to be published or received. It has a constructor because gcc 12 destroys temporaries
/// twice that are made with braces alone inside of a `co_await` expression.
struct message {
  message() = default;
  message(std::string to, std::string bytes, mqttzoo::qos level = qos::at_most_once)
      : topic(std::move(to)), payload(std::move(bytes)), qos(level) {}

  std::string topic{};                  ///< UTF-8, no wildcards
  std::string payload{};                ///< any bytes
  mqttzoo::qos qos = qos::at_most_once; ///< asked for, or granted on the way to us
  bool retain = false;                  ///< keep it for later subscribers; received: it was kept
  message_properties properties{};
  bool operator==(const message&) const = default;
};

} // namespace mqttzoo
