#define CAF_SUITE batch
#include "tests/actors/fixture.hpp"

using namespace mqttzoo;
using test::client;

namespace {

mqtt::message_ref make_message(const std::string& payload) {
  mqtt::message_head head;
  head.topic = make_ref<const mqtt::shared_topic>("t");
  return mqtt::message::make(std::move(head), {}, payload);
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(batch_tests, test::pod_fixture)

CAF_TEST(its bytes are in transit until the last reference goes) {
  const auto card =
      make_ref<actors::session_card>(session_number{1}, client_id{"c"}, unit_index{0});
  const auto m = make_message("payload");
  auto b = make_ref<actors::batch>(m->shared_topic_name(), card, mqtt::connection_epoch{1});
  b->add({m, mqtt::packet_id{1}});
  b->add({m, mqtt::packet_id{2}});
  CAF_CHECK_EQUAL(card->transit_bytes.load(), 2 * m->footprint_bytes());
  actors::batch_ref held = b;
  b = nullptr;
  CAF_CHECK_EQUAL(card->transit_bytes.load(), 2 * m->footprint_bytes());
  held = nullptr;
  CAF_CHECK_EQUAL(card->transit_bytes.load(), 0u);
}

CAF_TEST(a publisher that waits is told once) {
  client c{*this, "c"};
  c.connect();
  const auto m = make_message("payload");
  auto first = make_ref<actors::batch>(m->shared_topic_name(), c.card, mqtt::connection_epoch{1});
  auto second_one =
      make_ref<actors::batch>(m->shared_topic_name(), c.card, mqtt::connection_epoch{1});
  first->add({m});
  second_one->add({m});
  c.card->transit_waiter = true;
  first = nullptr;
  CAF_CHECK(!c.card->transit_waiter);
  CAF_CHECK(sched.has_job());
  run();
  second_one = nullptr;
  CAF_CHECK(!sched.has_job());
}

CAF_TEST(a batch of the pod weighs on nobody) {
  const auto m = make_message("payload");
  auto b = make_ref<actors::batch>(m->shared_topic_name(), actors::card_ref{},
                                   mqtt::connection_epoch::none);
  b->add({m});
  b = nullptr;
  CAF_CHECK(!sched.has_job());
}

CAF_TEST_FIXTURE_SCOPE_END()
