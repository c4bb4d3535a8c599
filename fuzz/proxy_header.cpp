// A stranger's bytes where a proxy's header should be. What comes in pieces must be understood as
// what comes at once, and nothing is waited for beyond the bound.
#include "net/proxy_header.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace mqttzoo::net;

namespace {

void require(bool holds) {
  if (!holds)
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  const auto whole = read_proxy_header(bytes);
  if (whole && !*whole)
    require(size < proxy_header_bytes_max);
  if (whole && *whole) {
    const auto used = (*whole)->size_bytes;
    require(used > 0 && used <= size && used <= proxy_header_bytes_max);
    const auto exact = read_proxy_header(bytes.substr(0, used));
    require(exact && *exact && (*exact)->source == (*whole)->source &&
            (*exact)->speaks_for == (*whole)->speaks_for);
    for (std::size_t part = 0; part < used; ++part) {
      const auto less = read_proxy_header(bytes.substr(0, part));
      require(less && !*less);
    }
  }
  return 0;
}
