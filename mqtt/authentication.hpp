// Enhanced authentication (section 4.12): how a method plugs in.
//
// A method is made once by the pod and shared; an exchange belongs to one connection, on that
// connection's thread.
#pragma once

#include "mqtt/packet.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace mqttzoo::mqtt {

/// The exchanges of AUTH packets with one client: at first with its CONNECT, later each time it
/// authenticates again. What comes after a success begins a new exchange.
class authentication {
public:
  struct step {
    /// continue_authentication, success, or a failure that ends the connection.
    reason_code outcome = reason_code::not_authorized;
    std::string data; ///< to the client
    /// Whose identity was proved, with a success: a name that CONNECT brought besides is not
    /// believed.
    std::optional<std::string> user = {};
  };

  virtual ~authentication() = default;

  /// Takes what the client sent (in CONNECT or AUTH) and says how to go on. Ends after a bounded
  /// number of steps whatever the client sends: each of them has net.connect.timeout, and nothing
  /// else bounds the exchange.
  virtual step on_data(std::string_view data) = 0;
};

/// Starts an exchange for one method; thread-safe.
class authentication_method {
public:
  virtual ~authentication_method() = default;
  virtual std::unique_ptr<authentication> begin(const connect_packet& from) = 0;
};

/// The methods a pod offers, by the name clients ask for. Empty by default: every method is refused
/// with 0x8C.
using authentication_methods =
    std::unordered_map<std::string, std::shared_ptr<authentication_method>>;

} // namespace mqttzoo::mqtt
