// Who may use the endpoint: whoever brings the token, or shows a certificate, and where both are
// configured does both; on loopback without either whoever is on the machine, but no page that a
// browser there was led to.
//
// Made once at start, immutable, read on the endpoint's thread.
#pragma once

#include "admin/http.hpp"
#include "core/expected.hpp"
#include "core/settings.hpp"

#include <string>
#include <string_view>

namespace mqttzoo::admin {

class access {
public:
  /// Reads the token's file. The error is a sentence for the operator: also when the endpoint would
  /// be open to a network.
  static expected<access, std::string> from(const core::admin_settings& settings);

  struct credentials {
    std::string_view authorization; ///< the header, empty: none
    std::string_view host;          ///< the header
    bool certificate = false;       ///< the client showed one that is trusted
  };
  standing judge(const credentials& c) const noexcept;

private:
  access() = default;

  std::string token_;           ///< empty: none is asked for
  bool by_certificate_ = false; ///< TLS lets nobody else in
};

} // namespace mqttzoo::admin
