// The bank's accounts: the largest ones, in an order that does not depend on how they are kept.
#define CAF_SUITE bank_accounts
#include "actors/bank_accounts.hpp"

#include <caf/test/dsl.hpp>

#include <string>
#include <vector>

using namespace mqttzoo;

namespace {

/// `name` as client and as topic.
actors::held_change holds(const std::string& name, std::int64_t credits) {
  return {client_id{name}, make_ref<const mqtt::shared_topic>(name), credits, 1000, credits};
}

std::vector<std::string> names_of(const std::vector<actors::bank_accounts::named_account>& all) {
  std::vector<std::string> names;
  for (const auto& a : all)
    names.push_back(a.name);
  return names;
}

} // namespace

CAF_TEST(the largest come first and of as many credits by name) {
  actors::bank_accounts accounts;
  std::vector<std::string> expected{"rich"};
  for (int i = 10; i < 40; ++i)
    expected.push_back("n" + std::to_string(i));
  for (const auto& name : expected)
    accounts.apply(holds(name, name == "rich" ? 2 : 1));
  CAF_CHECK_EQUAL(names_of(accounts.largest_clients(100)), expected);
  CAF_CHECK_EQUAL(names_of(accounts.largest_topics(100)), expected);
  expected.resize(20);
  CAF_CHECK_EQUAL(names_of(accounts.largest_clients(20)), expected);
  CAF_CHECK_EQUAL(names_of(accounts.largest_topics(20)), expected);
}
