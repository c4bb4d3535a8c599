// Reference counting: who holds an object keeps it, and the last one destroys it once.
#define CAF_SUITE ref
#include "core/ref.hpp"

#include <caf/test/dsl.hpp>

#include <thread>
#include <type_traits>
#include <vector>

using namespace mqttzoo;

namespace {

struct base : ref_counted {
  explicit base(int& gone) : gone_(gone) {}
  ~base() override { ++gone_; }
  int& gone_;
};

struct derived final : base {
  using base::base;
};

struct fixture {
  int gone = 0;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(ref_tests, fixture)

CAF_TEST(a ref is one pointer wide) {
  static_assert(sizeof(ref<base>) == sizeof(void*));
  ref<base> none;
  CAF_CHECK(!none);
  CAF_CHECK(none.get() == nullptr);
  CAF_CHECK(ref<base>{nullptr} == none);
}

CAF_TEST(the last holder destroys) {
  auto a = make_ref<base>(gone);
  CAF_CHECK(a->unique());
  {
    auto b = a;
    CAF_CHECK(!a->unique());
    CAF_CHECK(a == b);
  }
  CAF_CHECK(a->unique());
  CAF_CHECK_EQUAL(gone, 0);
  a = nullptr;
  CAF_CHECK_EQUAL(gone, 1);
}

CAF_TEST(moving passes the reference on) {
  auto a = make_ref<base>(gone);
  auto b = std::move(a);
  CAF_CHECK(!a);
  CAF_CHECK(b->unique());
  a = std::move(b);
  CAF_CHECK(a->unique());
  CAF_CHECK_EQUAL(gone, 0);
}

CAF_TEST(assignment drops what was held) {
  int other_gone = 0;
  auto a = make_ref<base>(gone);
  const auto b = make_ref<base>(other_gone);
  a = b;
  CAF_CHECK_EQUAL(gone, 1);
  CAF_CHECK(a == b);
  auto& self = a;
  a = self;
  CAF_CHECK_EQUAL(other_gone, 0);
}

CAF_TEST(a ref converts to its base and back) {
  auto d = make_ref<derived>(gone);
  ref<base> b = d;
  CAF_CHECK(!d->unique());
  ref<const base> c = std::move(d);
  CAF_CHECK(!d);
  b = nullptr;
  CAF_CHECK(c->unique());
  c = nullptr;
  CAF_CHECK_EQUAL(gone, 1);
  b = make_ref<derived>(gone);
  auto again = b.downcast<derived>();
  CAF_CHECK(again.get() == b.get());
  CAF_CHECK(!b->unique());
}

CAF_TEST(a reference can be taken out and put back) {
  auto a = make_ref<base>(gone);
  auto* raw = a.detach();
  CAF_CHECK(!a);
  CAF_CHECK(raw->unique());
  auto b = ref<base>::adopt(raw);
  CAF_CHECK(b->unique());
  b = nullptr;
  CAF_CHECK_EQUAL(gone, 1);
}

CAF_TEST(threads may share an object) {
  auto shared = make_ref<base>(gone);
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t)
    threads.emplace_back([mine = shared] {
      for (int i = 0; i < 20'000; ++i) {
        auto copy = mine;
        auto another = copy;
      }
    });
  for (auto& t : threads)
    t.join();
  threads.clear();
  CAF_CHECK(shared->unique());
  shared = nullptr;
  CAF_CHECK_EQUAL(gone, 1);
}

CAF_TEST_FIXTURE_SCOPE_END()
