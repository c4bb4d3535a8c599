// Which states of the membership keep a pod from being ready.
#define CAF_SUITE admin.readiness
#include "admin/readiness.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo;
using namespace std::chrono_literals;
using actors::facts;

namespace {

struct readiness_fixture {
  std::string step = "yielding";
  std::string moves = "drains";
  std::int64_t adopted = 7; ///< by the second pod
  facts::text_list departed;
  std::optional<std::chrono::milliseconds> lasts = 3s;

  static facts pod(std::int64_t adopted, const std::string& moves) {
    return facts{}.add("moves", moves).add("adopted_view", adopted);
  }

  /// Empty: it is ready.
  std::string obstacle() const {
    actors::actor_details d;
    d.more.add("step", step).add("settled", step == "settled");
    d.more.add("pods", std::vector<facts>{pod(7, {}), pod(adopted, moves)});
    d.more.add("departed", departed);
    d.summary.waits_for = lasts;
    return admin::obstacle_of(&d).value_or("");
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(readiness_tests, readiness_fixture)

CAF_TEST(a settled view is none) {
  step = "settled";
  moves = "";
  lasts.reset();
  CAF_CHECK_EQUAL(obstacle(), "");
}

CAF_TEST(a view that only moves sessions is none) {
  CAF_CHECK_EQUAL(obstacle(), "");
  moves = "rebalances";
  CAF_CHECK_EQUAL(obstacle(), "");
}

CAF_TEST(a view in which pods come or go is one) {
  moves = "";
  CAF_CHECK_EQUAL(obstacle(), "the cluster's view is not settled: yielding");
}

CAF_TEST(a pod that comes while sessions move is one) {
  adopted = -1;
  CAF_CHECK(!obstacle().empty());
}

CAF_TEST(a pod that departs while sessions move is one) {
  departed = {"zoo-2-1"};
  CAF_CHECK(!obstacle().empty());
}

CAF_TEST(a move that hangs is one) {
  lasts = admin::moving_step_max - 1ms;
  CAF_CHECK(obstacle().empty());
  lasts = admin::moving_step_max;
  CAF_CHECK(!obstacle().empty());
}

CAF_TEST(no membership is one) {
  CAF_CHECK(admin::obstacle_of(nullptr).has_value());
}

CAF_TEST_FIXTURE_SCOPE_END()
