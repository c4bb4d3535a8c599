// The last hour: rates between samples, percentiles between buckets, and what is forgotten.
#define CAF_SUITE admin.history
#include "admin/history.hpp"

#include <caf/test/dsl.hpp>

#include <cmath>

using namespace mqttzoo;
using namespace std::chrono_literals;
using admin::history;

namespace {

struct history_fixture {
  core::manual_clock clock;
  boost::asio::io_context io;
  actors::inspector in{{}};
  history past{io, in, clock};
  history::readings now;

  /// So much later, everything as it was.
  void pass(std::chrono::seconds t) {
    now.at += t;
    now.unix_ms += std::chrono::milliseconds{t}.count();
  }
  admin::json values(const char* name, std::int64_t after = 0) {
    return past.to_json(after)["series"][name];
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(history_tests, history_fixture)

CAF_TEST(a sample says what was counted in each second since the one before) {
  now.publishes_received = 1'000;
  past.take(now);
  CAF_CHECK_EQUAL(past.size(), 0u);
  pass(5s);
  now.publishes_received += 50;
  now.cpu_s += 2.5;
  now.bank_held_credits = 7;
  past.take(now);
  CAF_CHECK_EQUAL(past.size(), 1u);
  CAF_CHECK(values("publishes_received_per_s") == admin::json({10.0}));
  CAF_CHECK(values("cpu_cores") == admin::json({0.5}));
  CAF_CHECK(values("bank_held_credits") == admin::json({7.0}));
  CAF_CHECK(values("acknowledge_p99_ms") == admin::json({nullptr}));
}

CAF_TEST(a count that seems to go back is no rate) {
  now.publishes_sent = 10;
  past.take(now);
  pass(5s);
  now.publishes_sent = 9;
  past.take(now);
  CAF_CHECK(values("publishes_sent_per_s") == admin::json({0.0}));
  past.take(now); // no time has passed
  CAF_CHECK_EQUAL(past.size(), 1u);
}

CAF_TEST(an hour is kept and the oldest sample goes first) {
  now.unix_ms = 1'000'000;
  past.take(now);
  for (std::size_t i = 0; i < history::samples_max + 3; ++i) {
    pass(history::interval);
    now.clients_connected = i;
    past.take(now);
  }
  CAF_CHECK_EQUAL(past.size(), history::samples_max);
  const auto all = past.to_json(0);
  CAF_CHECK_EQUAL(all["unix_ms"].size(), history::samples_max);
  CAF_CHECK(all["unix_ms"].back() == now.unix_ms);
  CAF_CHECK(all["series"]["clients_connected"].front() == 3.0);
  CAF_CHECK(all["series"]["clients_connected"].back() ==
            static_cast<double>(now.clients_connected));
}

CAF_TEST(who has the first part gets the rest) {
  past.take(now);
  for (int i = 1; i <= 4; ++i) {
    pass(5s);
    now.clients_connected = static_cast<std::uint64_t>(i);
    past.take(now);
  }
  CAF_CHECK(values("clients_connected", now.unix_ms - 10'000) == admin::json({3.0, 4.0}));
  CAF_CHECK(values("clients_connected", now.unix_ms).empty());
}

CAF_TEST_FIXTURE_SCOPE_END()

CAF_TEST(a percentile lies in the bucket where so many are below it) {
  history::latencies before{};
  history::latencies after{};
  CAF_CHECK(std::isnan(admin::percentile_ms(before, after, 0.5)));
  before[3] = 5; // what was before does not count
  after = before;
  after[0] = 100; // less than 64 us each
  CAF_CHECK(std::abs(admin::percentile_ms(before, after, 0.5) - 0.032) < 1e-9);
  after[4] = 100; // 512 us to 1.024 ms
  CAF_CHECK(std::abs(admin::percentile_ms(before, after, 0.75) - 0.768) < 1e-9);
  after = before;
  after.back() = 1; // whatever takes longer than the last bound
  CAF_CHECK_EQUAL(admin::percentile_ms(before, after, 0.99), 67'108.864);
}
