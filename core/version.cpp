#include "core/version.hpp"

namespace mqttzoo::core {

std::string_view version() noexcept {
  return MQTTZOO_VERSION;
}

} // namespace mqttzoo::core
