// What turns the bytes of a connection into those of the one above, and back, without a socket: TLS
// or WebSocket.
//
// Part of a layered_connection, on its loop's thread; moves with its socket to another loop. Each
// call appends to `out` what the peer shall get, also when it fails: then that says why.
#pragma once

#include "core/identity_rules.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mqttzoo::net {

class stream_engine {
public:
  enum class progress : std::uint8_t {
    waiting,     ///< for more of the peer's handshake
    established, ///< and the peer may be spoken to
    failed,      ///< see failure()
  };
  enum class reading : std::uint8_t {
    goes_on,
    ended,  ///< the peer said that nothing follows, and waits for our end
    failed, ///< see failure()
  };

  /// Bytes of one write(); also what one record of TLS holds.
  static constexpr std::size_t record_bytes_max = 16 * 1024;

  stream_engine() = default;
  stream_engine(const stream_engine&) = delete;
  stream_engine& operator=(const stream_engine&) = delete;
  virtual ~stream_engine() = default;

  /// Takes from the front of `in` what belongs to the handshake.
  virtual progress shake_hands(std::string_view& in, std::string& out) = 0;
  /// Once established: takes all of `in` and appends what it says to `plain`.
  virtual reading read(std::string_view in, std::string& plain, std::string& out) = 0;
  /// Once established. False if it failed.
  virtual bool write(std::string_view plain, std::string& out) = 0;
  /// Says that nothing follows.
  virtual void end(std::string& out) = 0;

  /// Whether the peer has asked for an answer that may wait, and that a newer one would replace.
  virtual bool owes_answer() const noexcept { return false; }
  /// Then, as late as the caller likes.
  virtual void give_answer(std::string&) {}

  /// Whether the peer has proven to have this name, by a certificate.
  virtual bool proves(std::string_view name) const = 0;
  /// The name in its certificate; empty: there is none, or not exactly one.
  virtual std::string certified(core::certificate_identity) const { return {}; }
  virtual const std::string& failure() const noexcept = 0;
};

} // namespace mqttzoo::net
