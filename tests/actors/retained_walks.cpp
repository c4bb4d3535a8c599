// Which retained messages are due to a session, and which page of them it waits for.
#define CAF_SUITE retained_walks
#include "actors/retained_walks.hpp"

#include "actors/session_card.hpp"

#include <caf/test/dsl.hpp>

#include <string>

using namespace mqttzoo;
using namespace mqttzoo::actors;

namespace {

struct walks_fixture {
  subscriber subscription(const std::string& filter) const {
    mqtt::subscription s;
    s.filter = filter;
    return make_ref<const made_subscription>(card, s);
  }
  /// The answer to `asked`, with more behind it or not.
  static retained_page page(const retained_walks::cursor& asked, const std::string& next = {}) {
    retained_page p;
    p.of = asked;
    if (!next.empty())
      p.next = std::make_shared<const retained_cursor>(retained_cursor{asked->subscription, next});
    return p;
  }

  const card_ref card = make_ref<session_card>(session_number{1}, client_id{"c"}, unit_index{0});
  retained_walks walks;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(retained_walks_tests, walks_fixture)

CAF_TEST(one page at a time and one filter after the other) {
  walks.begin(subscription("a/#"));
  walks.begin(subscription("b"));
  const auto first = walks.ask();
  CAF_REQUIRE(first);
  CAF_CHECK_EQUAL(first->subscription->terms.filter, "a/#");
  CAF_CHECK(!walks.ask());
  CAF_CHECK(walks.take(page(first, "a/5")));
  CAF_CHECK(!walks.take(page(first, "a/5"))); // once
  const auto second = walks.ask();
  CAF_REQUIRE(second);
  CAF_CHECK_EQUAL(second->after, "a/5");
  CAF_CHECK(walks.take(page(second)));
  const auto third = walks.ask();
  CAF_REQUIRE(third);
  CAF_CHECK_EQUAL(third->subscription->terms.filter, "b");
  CAF_CHECK(walks.take(page(third)));
  CAF_CHECK(walks.empty());
  CAF_CHECK(!walks.ask());
}

CAF_TEST(a page that is put back is asked for again) {
  walks.begin(subscription("a/#"));
  const auto first = walks.ask();
  CAF_CHECK(walks.take(page(first, "a/5")));
  const auto second = walks.ask();
  walks.put_back(page(first)); // is not waited for
  CAF_CHECK(!walks.ask());
  walks.put_back(page(second, "a/9"));
  CAF_CHECK(!walks.take(page(second, "a/9")));
  const auto again = walks.ask();
  CAF_REQUIRE(again);
  CAF_CHECK_EQUAL(again->after, "a/5");
  CAF_CHECK(walks.take(page(again)));
  CAF_CHECK(walks.empty());
}

CAF_TEST(a filter that is subscribed again and again is due once) {
  for (int i = 0; i < 1000; ++i)
    walks.begin(subscription("a/#"));
  CAF_CHECK_EQUAL(walks.size(), 1u);
  const auto asked = walks.ask();
  const auto again = subscription("a/#");
  walks.begin(again);
  CAF_CHECK_EQUAL(walks.size(), 1u);
  CAF_CHECK(!walks.take(page(asked, "a/5"))); // of the one before
  const auto anew = walks.ask();
  CAF_REQUIRE(anew);
  CAF_CHECK(anew->subscription == again);
  CAF_CHECK(anew->after.empty());
}

CAF_TEST(what is dropped is not due any more) {
  walks.begin(subscription("a/#"));
  walks.begin(subscription("b"));
  walks.begin(subscription("c"));
  const auto asked = walks.ask();
  walks.drop("b");
  walks.drop("a/#");
  walks.drop("unknown");
  CAF_CHECK(!walks.take(page(asked, "a/5")));
  const auto next = walks.ask();
  CAF_REQUIRE(next);
  CAF_CHECK_EQUAL(next->subscription->terms.filter, "c");
  CAF_CHECK_EQUAL(walks.size(), 1u);
}

CAF_TEST_FIXTURE_SCOPE_END()
