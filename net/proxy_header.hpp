// The header of the PROXY protocol, versions 1 and 2: where the client is that a proxy speaks for.
//
// A pure function. Standard: "The PROXY protocol", HAProxy's doc/proxy-protocol.txt, sections 2.1
// and 2.2. What version 2 adds behind the addresses is looked at as far as its lengths go, and
// passed over.
#pragma once

#include "core/expected.hpp"
#include "net/endpoint.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mqttzoo::net {

struct proxy_header {
  enum class relation : std::uint8_t {
    own,     ///< the proxy speaks for itself: it looks whether we live
    known,   ///< for the client at `source`
    unknown, ///< for a client whose address it does not say
  };

  relation speaks_for = relation::own;
  endpoint source;            ///< of a client that is known
  std::size_t size_bytes = 0; ///< of the header; what the client says follows
};

enum class proxy_fault : std::uint8_t {
  no_header, ///< it begins with something else
  too_long,
  malformed,
  unsupported, ///< a version, command or transport that is none for us
};

/// For logs.
std::string_view to_string(proxy_fault f) noexcept;

/// Of version 1, with its end of line.
inline constexpr std::size_t proxy_line_bytes_max = 107;
/// Of version 2: far above what proxies add, far below what its length could say.
inline constexpr std::size_t proxy_header_bytes_max = 4 * 1024;

/// Reads the header that `bytes` begin with. Nothing while it is not whole: then `bytes` are
/// fewer than proxy_header_bytes_max.
expected<std::optional<proxy_header>, proxy_fault> read_proxy_header(std::string_view bytes);

} // namespace mqttzoo::net
