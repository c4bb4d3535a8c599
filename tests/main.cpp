// The driver of every test program: CAF's own test framework (prints to stderr, exits 1 on
// failure).
#include <caf/test/unit_test_impl.hpp>
