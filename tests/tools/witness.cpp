// What subscribers saw, as `mqttzoo bench` judges it.
#define CAF_SUITE tools.witness
#include "tools/cli/bench/witness.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo::cli;

namespace {

constexpr std::uint32_t run = 7;

struct fixture {
  bench_figures f;
  bench_plan plan;

  explicit fixture(bench_options o) : plan(make_plan(o, run)) {}
  static bench_options flow(pattern shape, std::size_t clients) {
    bench_options o;
    o.shape = shape;
    o.clients = clients;
    return o;
  }
};

stamp message(std::uint32_t stream, std::uint32_t number, std::uint32_t of = run) {
  return {stamp::mark_of_ours, of, stream, number, 0};
}

} // namespace

CAF_TEST(each of a pair sees its own) {
  fixture all{fixture::flow(pattern::pairs, 2)};
  witness w{all.plan, run, all.f};
  CAF_CHECK(w.see(0, message(0, 0)));
  CAF_CHECK(w.see(1, message(1, 0)));
  CAF_CHECK(!w.see(1, message(0, 1))); // that is for the other one
  CAF_CHECK_EQUAL(all.f.unchecked, 1u);
  CAF_CHECK_EQUAL(w.missing(3), 1u);
}

CAF_TEST(all see what one publishes and one of them returns credit) {
  fixture all{fixture::flow(pattern::fan_out, 3)};
  witness w{all.plan, run, all.f};
  CAF_CHECK(w.see(0, message(0, 0)));
  CAF_CHECK(!w.see(1, message(0, 0)));
  CAF_CHECK_EQUAL(w.missing(1), 1u);
  w.see(2, message(0, 0));
  CAF_CHECK_EQUAL(w.missing(1), 0u);
  CAF_CHECK_EQUAL(all.f.duplicates, 0u);
}

CAF_TEST(a group shares and only a member has an order) {
  fixture all{fixture::flow(pattern::shared, 2)};
  witness w{all.plan, run, all.f};
  w.see(0, message(0, 1));
  w.see(1, message(0, 0)); // the other member may be slower
  CAF_CHECK_EQUAL(all.f.out_of_order, 0u);
  w.see(0, message(0, 3));
  w.see(0, message(0, 2));
  CAF_CHECK_EQUAL(all.f.out_of_order, 1u);
  w.see(1, message(0, 3));
  CAF_CHECK_EQUAL(all.f.duplicates, 1u);
  CAF_CHECK_EQUAL(w.missing(4), 0u);
}

CAF_TEST(who takes what comes joins each stream in the middle) {
  bench_options o;
  o.kind = bench_kind::sub;
  o.clients = 1;
  fixture all{o};
  witness w{all.plan, run, all.f};
  w.see(0, message(5, 100, 1));
  w.see(0, message(5, 102, 1));
  w.see(0, message(5, 0, 2)); // of another run
  CAF_CHECK_EQUAL(w.missing(0), 1u);
  w.see(0, message(5, 101, 1));
  CAF_CHECK_EQUAL(all.f.out_of_order, 1u);
  CAF_CHECK_EQUAL(w.missing(0), 0u);
}

CAF_TEST(publishers share topics and streams are theirs in turn) {
  auto o = fixture::flow(pattern::wildcard, 3);
  o.topics = 7;
  const auto plan = make_plan(o, run);
  CAF_CHECK_EQUAL(plan.streams.size(), 7u);
  CAF_CHECK_EQUAL(plan.publishers, 3u);
  CAF_CHECK_EQUAL(plan.copies, 3u);
  CAF_CHECK_EQUAL(plan.clients, 6u);
  CAF_CHECK_EQUAL(plan.streams[4].topic, "bench/7/4/x");
}
