// What a client brings with its CONNECT, and the verdict on it.
#pragma once

#include "core/identity_rules.hpp"
#include "mqtt/identity.hpp"
#include "mqtt/login_outcome.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mqttzoo::auth {

/// Of one CONNECT, without enhanced authentication.
struct login {
  std::string client;
  std::string peer; ///< as net::connection says it
  std::optional<std::string> user;
  std::optional<std::string> password;
  std::optional<core::anonymous_rule> anonymous; ///< of the listener; absent: the policy's counts

  login() = default;
  login(const login&) = delete;
  login& operator=(const login&) = delete;
  /// The password does not stay in memory.
  ~login();
};

/// Both readings of the time at which a client is judged.
struct instant {
  std::int64_t unix_s = 0;
  std::chrono::steady_clock::time_point now{};
};

struct verdict {
  mqtt::login_outcome outcome = mqtt::login_outcome::anonymous_refused;
  mqtt::identity who; ///< if it is an admission
};

/// True for what net::connection::peer() says of a peer on the machine that it is connected to:
/// this one, or that of another pod, "127.0.0.1:51234 via POD". Of whom a proxy carries and does
/// not say the address of, nobody knows where it is.
bool is_loopback(std::string_view peer) noexcept;

} // namespace mqttzoo::auth
