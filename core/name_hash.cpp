#include "core/name_hash.hpp"

#include "core/random.hpp"

#include <cassert>
#include <optional>

namespace mqttzoo::core {

namespace {

constinit std::optional<sip_key> chosen;
constinit bool drawn = false;

} // namespace

sip_key draw_name_key() {
  drawn = true;
  return chosen ? *chosen : sip_key{system_bits(), system_bits()};
}

void choose_name_key(const sip_key& key) {
  assert(!drawn && !chosen);
  chosen = key;
}

} // namespace mqttzoo::core
