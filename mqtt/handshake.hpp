// From CONNECT to the moment a session takes over: checks, authentication, what is granted.
//
// A pure state machine, one per connection that has no session yet; gone when it is accepted or
// refused. Standard: sections 3.1, 3.2, 3.15 and 4.12.
#pragma once

#include "mqtt/authentication.hpp"
#include "mqtt/decoder.hpp"
#include "mqtt/identity.hpp"
#include "mqtt/server_limits.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mqttzoo::mqtt {

/// A CONNECT that was found good, with what the server makes of it.
struct accepted_connect {
  connect_packet packet;
  bool assigned_client_id = false;
  std::uint16_t keep_alive_s = 0;              ///< in force; 0: none
  std::uint32_t session_expiry_interval_s = 0; ///< in force; 0xFFFFFFFF: never
  /// Of what the client sends, if its listener accepts less than server_limits do.
  std::optional<std::size_t> packet_bytes_max;
  std::string authentication_data;          ///< the last of the server's, for CONNACK
  std::unique_ptr<authentication> exchange; ///< goes on when the client authenticates again
  identity who;                             ///< whose verdict followed the handshake
};

/// The largest packet that is accepted of the client.
std::size_t packet_bytes_max(const accepted_connect& a, const server_limits& limits) noexcept;

class handshake {
public:
  /// `assign_client_id` names a client that brings no name of its own.
  using id_source = std::string (*)();

  handshake(const server_limits& limits, const authentication_methods& methods,
            id_source assign_client_id) noexcept
      : limits_(limits), methods_(methods), assign_client_id_(assign_client_id) {}

  /// Of a packet before the client is accepted, whatever it may send then: nobody knows who it is,
  /// and a packet is held until it is whole.
  static constexpr std::size_t stranger_bytes_max = std::size_t{1} << 20;

  /// The client's listener has a bound of its own. Call it before any input.
  void bound_packets(std::size_t bytes_max) noexcept { accepted_.packet_bytes_max = bytes_max; }

  enum class progress : std::uint8_t {
    waiting,  ///< for more input (what to send, if anything, was appended to `out`)
    accepted, ///< result() is set; who it is remains to be judged unless it used a method
    refused,  ///< the refusal, if one is to be sent, was appended to `out`: flush and close
  };

  /// Takes packets off the front of `input` (which shrinks by what was consumed) until something is
  /// decided.
  progress on_input(std::string_view& input, std::string& out);

  accepted_connect& result() noexcept { return accepted_; }
  /// What was accepted is refused all the same: appends the refusal to `out`.
  void turn_away(reason_code why, std::string_view what, std::string& out) {
    refuse(why, what, out);
  }
  /// Why it was refused, for the log; empty otherwise.
  const std::string& refusal() const noexcept { return refusal_; }

private:
  progress on_connect(const frame& in, std::string& out);
  void drop_user_properties() noexcept;
  progress on_auth(const frame& in, std::string& out);
  progress authenticate(std::string_view data, std::string& out);
  progress accept(std::string& out);
  progress refuse(reason_code why, std::string_view what, std::string& out);
  std::optional<std::pair<reason_code, const char*>> check(const connect_packet& p) const;
  std::optional<std::pair<reason_code, const char*>> check_will(const will& w) const;

  const server_limits& limits_;
  const authentication_methods& methods_;
  id_source assign_client_id_;
  bool connect_seen_ = false;
  protocol_version version_ = protocol_version::unknown;
  accepted_connect accepted_; ///< with the exchange, while one is under way
  std::string refusal_;
};

/// Whether a connection's session was there before it: Session Present (3.2.2.1.1).
enum class presence : std::uint8_t { fresh, resumed };

/// The CONNACK that grants `a`.
connack_packet make_connack(const accepted_connect& a, presence of_session,
                            const server_limits& limits);

} // namespace mqttzoo::mqtt
