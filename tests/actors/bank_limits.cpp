// The bank when there is nothing to pay with: what it goes on with, and that nothing it keeps grows
// without end.
#define CAF_SUITE bank_limits
#include "tests/actors/bank_fixture.hpp"

using namespace mqttzoo;
using namespace std::chrono_literals;

namespace {

/// 100 KiB and a least TTL of 10 s: 1000 credits.
struct poor_bank : test::bank_fixture {
  poor_bank() {
    settings.capacity_bytes = 100 * 1024;
    settings.ttl_min = 10s;
    settings.ttl_max = 60s;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(bank_limits_tests, poor_bank)

CAF_TEST(a pod that stops without credit carries out what costs nothing) {
  auto& p = start("a-1");
  deposit(p, 950);
  settle();
  const auto refused = deposit(p, 200);
  remove(p, p.mails.at(0));
  caf::anon_send(p.pod.bank, actors::shut_down_atom::value);
  settle();
  CAF_CHECK(refused->refused);
  const auto b = read();
  CAF_CHECK_EQUAL(b.mails, 0u);
  CAF_CHECK_EQUAL(b.leased, 0);
  check_books();
}

CAF_TEST_FIXTURE_SCOPE_END()
