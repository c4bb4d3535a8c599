// The bank's records there and back, and the arithmetic of what things cost.
#define CAF_SUITE zk.ledger

#include "zk/ledger.hpp"

#include "zk/paths.hpp"

#include <caf/test/dsl.hpp>

#include <string>

using namespace mqttzoo;
using namespace mqttzoo::zk;
using namespace std::chrono_literals;

namespace {

constexpr ttl_bounds ttl{30s, 120s};

template<class T>
std::string error_of(const decoded<T>& d) {
  return d ? "none" : std::string{to_string(d.error())};
}

std::string mail(std::uint64_t credits, std::uint64_t number) {
  return paths{}.mail_drop("t", {1'600'000'000'000, credits, session_id{7}, number});
}

} // namespace

CAF_TEST(records are text that people can read) {
  CAF_CHECK_EQUAL(encode_free({1000, 2000}), "1000 2000");
  CAF_CHECK_EQUAL(encode_granted({-5}), "-5");
  CAF_CHECK_EQUAL(encode_spent({7, -40}), "7 -40");
}

CAF_TEST(what is written is read) {
  CAF_CHECK((decode_free("0 0") == free_record{0, 0}));
  CAF_CHECK((decode_free("1000 2000") == free_record{1000, 2000}));
  CAF_CHECK((decode_granted("12") == granted_record{12}));
  CAF_CHECK((decode_spent("7 -40") == spent_record{7, -40}));
}

CAF_TEST(what is no record is an error) {
  CAF_CHECK_EQUAL(error_of(decode_free("")), "truncated");
  CAF_CHECK_EQUAL(error_of(decode_free("12")), "truncated");
  CAF_CHECK_EQUAL(error_of(decode_free("12 ")), "truncated");
  CAF_CHECK_EQUAL(error_of(decode_free("12 13 14")), "trailing_bytes");
  CAF_CHECK_EQUAL(error_of(decode_free("12  13")), "bad_value");
  CAF_CHECK_EQUAL(error_of(decode_free("3 2")), "bad_value"); // more free than there are
  CAF_CHECK_EQUAL(error_of(decode_free("-1 2")), "bad_value");
  CAF_CHECK_EQUAL(error_of(decode_granted("-")), "truncated");
  CAF_CHECK_EQUAL(error_of(decode_granted("012")), "bad_value");
  CAF_CHECK_EQUAL(error_of(decode_granted("99999999999999999999")), "bad_value");
  CAF_CHECK_EQUAL(error_of(decode_spent("-1 0")), "bad_value");
  CAF_CHECK_EQUAL(error_of(decode_spent("x 0")), "bad_value");
}

CAF_TEST(a message costs its begun KiB for each second) {
  CAF_CHECK_EQUAL(cost_of(1, 30s, ttl), 30);
  CAF_CHECK_EQUAL(cost_of(1024, 100s, ttl), 100);
  CAF_CHECK_EQUAL(cost_of(1025, 100s, ttl), 200);
  CAF_CHECK_EQUAL(cost_of(std::size_t{1} << 28, 120s, ttl), (std::int64_t{1} << 18) * 120);
}

CAF_TEST(so many bytes as the capacity says are held and never more) {
  const auto total = credits_of(std::size_t{64} << 20, ttl);
  CAF_CHECK_EQUAL(total, 65536 * 30);
  // The cheapest way to hold a KiB is the least TTL, also for what expires before.
  CAF_CHECK_EQUAL(total / cost_of(1024, 30s, ttl), 65536);
  CAF_CHECK_EQUAL(total / cost_of(1024, 1s, ttl), 65536);
  CAF_CHECK_EQUAL(credits_of(1023, ttl), 0);
}

CAF_TEST(the largest bank has fewer credits than a record holds) {
  const ttl_bounds longest{365 * 86'400s, 365 * 86'400s};
  CAF_CHECK_LESS(credits_of(std::size_t{1} << 40, longest), credits_max);
}

CAF_TEST(a transaction takes what its mail says) {
  std::vector<op> ops;
  ops.emplace_back(create_op{mail(100, 1)});
  ops.emplace_back(create_op{paths::pointer_prefix(paths{}.session(client_id{"c"})) + "1"});
  ops.emplace_back(check_op{mail(1000, 2)});
  ops.emplace_back(create_op{mail(7, 3)});
  ops.emplace_back(remove_op{mail(30, 4)});
  CAF_CHECK_EQUAL(mail_cost(ops), 77);
  CAF_CHECK_EQUAL(mail_cost({}), 0);
}
