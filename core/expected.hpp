// The project's `expected`: errors are values, and this names the type that carries them.
//
// The type is tl::expected (Debian `libexpected-dev`), the reference implementation of C++23's
// std::expected; this header is its only includer, so a later standard library is a one-line
// change.
#pragma once

#include <tl/expected.hpp>

namespace mqttzoo {

using tl::expected;
using tl::unexpected;

} // namespace mqttzoo
