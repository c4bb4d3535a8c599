// Who a client has shown to be, and by what.
//
// Made with the verdict on its CONNECT, kept by its session until the next one: after a reload of
// the accounts it is judged again. Holds no password. A value.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace mqttzoo::mqtt {

struct identity {
  enum class proof : std::uint8_t {
    none,     ///< anonymous
    password, ///< of the password file
    token,
    hook,
    method,      ///< of enhanced authentication
    certificate, ///< of its TLS
    listener,    ///< anonymous, and let in by the listener's own rule
  };

  proof by = proof::none;
  /// Believed, unlike the name in CONNECT; absent for anonymous clients.
  std::optional<std::string> user;
  /// Tells whether a user's password changed since; 0: there is none.
  std::uint64_t credential = 0;
  /// Rules in the syntax of the ACL file that came with the proof and hold in place of that file.
  std::optional<std::string> rules;
  /// When the proof is over, and the client must bring another.
  std::chrono::steady_clock::time_point valid_until = std::chrono::steady_clock::time_point::max();

  bool operator==(const identity&) const = default;
};

} // namespace mqttzoo::mqtt
