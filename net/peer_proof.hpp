// What an encrypted stream knows about who is at its other end.
//
// Implemented by layered_connection, asked by the greeting of a link; a plain stream has none. On
// the thread of the stream's loop.
#pragma once

#include <string>
#include <string_view>

namespace mqttzoo::net {

class peer_proof {
public:
  virtual ~peer_proof() = default;

  /// Whether the peer's certificate, which is valid, was made out to `name`.
  virtual bool proves(std::string_view name) const = 0;

  /// Why there is no encrypted stream, for logs; empty while nothing went wrong.
  virtual const std::string& failure() const noexcept = 0;
};

} // namespace mqttzoo::net
