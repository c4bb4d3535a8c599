// What a subscriber of `mqttzoo bench` makes of numbers: against a set of all numbers seen.
#define CAF_SUITE tools.sequence
#include "tools/cli/bench/sequence.hpp"

#include "core/random.hpp"

#include <caf/test/dsl.hpp>

#include <set>

using mqttzoo::cli::sequence;
using verdict = sequence::verdict;

CAF_TEST(numbers in their order) {
  sequence s;
  for (std::uint32_t i = 0; i < 10; ++i)
    CAF_CHECK(s.see(i) == verdict::in_order);
  CAF_CHECK_EQUAL(s.missing(), 0u);
}

CAF_TEST(what was jumped over is missing until it comes late) {
  sequence s;
  CAF_CHECK(s.see(5) == verdict::in_order);
  CAF_CHECK_EQUAL(s.missing(), 5u);
  CAF_CHECK(s.see(2) == verdict::late);
  CAF_CHECK(s.see(2) == verdict::duplicate);
  CAF_CHECK(s.see(5) == verdict::duplicate);
  CAF_CHECK(s.see(0) == verdict::late);
  CAF_CHECK(s.see(4) == verdict::late);
  CAF_CHECK_EQUAL(s.missing(), 2u);
}

CAF_TEST(one that is joined in the middle misses nothing before) {
  sequence s{7};
  CAF_CHECK(s.see(7) == verdict::in_order);
  CAF_CHECK(s.see(6) == verdict::duplicate);
  CAF_CHECK_EQUAL(s.missing(), 0u);
}

CAF_TEST(any order agrees with a set) {
  mqttzoo::core::random_source random{3};
  sequence s;
  std::set<std::uint32_t> seen;
  for (int i = 0; i < 5000; ++i) {
    const auto number = static_cast<std::uint32_t>(random.below(1000));
    const bool is_new = !seen.contains(number);
    const bool is_newest = seen.empty() || number > *seen.rbegin();
    const auto wanted = !is_new     ? verdict::duplicate
                        : is_newest ? verdict::in_order
                                    : verdict::late;
    CAF_CHECK(s.see(number) == wanted);
    seen.insert(number);
    CAF_CHECK_EQUAL(s.missing(), *seen.rbegin() + 1 - seen.size());
  }
}

CAF_TEST(of too many gaps the oldest is given up) {
  sequence s;
  for (std::uint32_t i = 1; i <= 2 * (sequence::gaps_max + 1); i += 2)
    s.see(i);
  CAF_CHECK_EQUAL(s.missing(), sequence::gaps_max + 1);
  CAF_CHECK(s.see(0) == verdict::duplicate);
  CAF_CHECK(s.see(2) == verdict::late);
  CAF_CHECK_EQUAL(s.missing(), sequence::gaps_max);
}
