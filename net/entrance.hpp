// What the listener that accepted a connection says about who may come in by it, and with what.
//
// Made with the listener and by each reload, immutable, shared by the sockets that were accepted
// since; asked by the doorman. Any thread.
#pragma once

#include "core/identity_rules.hpp"

#include <cstddef>
#include <memory>
#include <optional>

namespace mqttzoo::net {

struct listener_figures;

struct entrance {
  core::certificate_identity identity = core::certificate_identity::none;
  std::optional<core::anonymous_rule> anonymous;    ///< absent: auth.anonymous counts
  std::optional<std::size_t> packet_bytes_max = {}; ///< absent: mqtt.packet.bytes.max counts
  std::shared_ptr<const listener_figures> of = {};  ///< the listener; null: none, in tests
};

} // namespace mqttzoo::net
