// What the listener that accepted a connection says about who may come in by it.
//
// Made with the listener and by each reload, immutable, shared by the sockets that were accepted
// since; asked by the doorman. Any thread.
#pragma once

#include "core/identity_rules.hpp"

#include <optional>

namespace mqttzoo::net {

struct entrance {
  core::certificate_identity identity = core::certificate_identity::none;
  std::optional<core::anonymous_rule> anonymous; ///< absent: auth.anonymous counts
};

} // namespace mqttzoo::net
