// The version of this build, from the project's top CMakeLists.txt.
#pragma once

#include <string_view>

namespace mqttzoo::core {

/// For example "0.1.0".
std::string_view version() noexcept;

} // namespace mqttzoo::core
