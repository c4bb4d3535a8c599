// What clients hear of a store or a bank that says no.
#define CAF_SUITE store_refusal
#include "actors/store_refusal.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo;
using namespace mqttzoo::actors;
using mqtt::limit;
using mqtt::reason_code;

namespace {

bank_commit refused(bank_limit by) {
  bank_commit c;
  c.result = unexpected(zk::multi_error{});
  c.refused = bank_refusal{by, std::chrono::seconds{7}};
  return c;
}

} // namespace

CAF_TEST(a store without room is worth another try) {
  for (const auto e : {zk::error::storage_full, zk::error::overloaded}) {
    const auto s = to_settlement(e);
    CAF_CHECK(s.reason == reason_code::quota_exceeded);
    CAF_CHECK(s.hit == limit::store);
    CAF_CHECK_EQUAL(s.retry_after_s, 1u);
    CAF_CHECK(is_for_now(s));
  }
}

CAF_TEST(a message that is too large stays so) {
  const auto s = to_settlement(zk::error::too_large);
  CAF_CHECK(s.reason == reason_code::quota_exceeded);
  CAF_CHECK(s.hit == limit::message_bytes);
  CAF_CHECK(!is_for_now(s));
}

CAF_TEST(a store that fails otherwise names no limit) {
  const auto s = to_settlement(zk::error::storage_damaged);
  CAF_CHECK(s.reason == reason_code::implementation_specific_error);
  CAF_CHECK(!is_for_now(s));
}

CAF_TEST(a bank says which bound it was and when to come again) {
  const auto all = to_settlement(refused(bank_limit::credit));
  CAF_CHECK(all.hit == limit::bank);
  CAF_CHECK_EQUAL(all.retry_after_s, 7u);
  CAF_CHECK(is_for_now(all));
  CAF_CHECK(to_settlement(refused(bank_limit::client_share)).hit == limit::client_share);
}

CAF_TEST(what was committed is no refusal) {
  bank_commit c;
  c.result = zk::multi_result{};
  CAF_CHECK(to_settlement(c).reason == reason_code::success);
}
