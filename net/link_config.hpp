// What all links of a pod have in common, and the stream they run over.
//
// Made once by whoever wires the pod; immutable, shared by the dialers and listeners of all loops.
#pragma once

#include "net/connection.hpp"
#include "net/link_greeting.hpp"
#include "net/link_limits.hpp"
#include "net/loop.hpp"
#include "net/peer_proof.hpp"

#include <cstdint>
#include <memory>

namespace mqttzoo::net {

class tls_context;

struct link_config {
  link_identity own;
  link_limits limits;
  std::shared_ptr<pod_incarnations> known; ///< never null
  /// With it every link is TLS; without it plain.
  std::shared_ptr<const tls_context> tls;
  /// Whether plain links may go to other machines; to loopback they always may.
  bool plain_anywhere = false;
  /// For the sockets of links: `stream_limits_of(limits)`.
  std::shared_ptr<const connection_limits> stream_limits;
};

using link_config_ptr = std::shared_ptr<const link_config>;

inline link_terms terms_of(const link_limits& limits) noexcept {
  return {limits.frame_bytes_max, limits.silence_max};
}

/// The one place where plain and TLS differ.
struct link_stream {
  connection_ptr connection;         ///< null: plain, and not allowed to be
  const peer_proof* proof = nullptr; ///< lives as long as the connection; null if plain
};

/// Puts TLS over a connected socket, or nothing, as `config` says. On the loop's thread.
link_stream open_link_stream(loop& on, detached_socket socket, link_greeting::role role,
                             const link_config& config);

} // namespace mqttzoo::net
