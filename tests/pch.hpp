// Precompiled for every test program: CAF's test framework takes seconds to parse.
#include <caf/test/dsl.hpp>

// The framework names a suite that names none itself; each file here names its own.
#undef CAF_SUITE
