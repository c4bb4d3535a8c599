// Retained messages across pods: all end up with the one that the store has.
#define CAF_SUITE retained_news
#include "tests/actors/news_fixture.hpp"
#include "zk/message_parts.hpp"

using namespace mqttzoo;
using actors::pod_frame;
namespace frame_kind = actors::frame_kind;

CAF_TEST_FIXTURE_SCOPE(news_tests, test::news_fixture)

CAF_TEST(other pods hear of a message when the store has it) {
  retain(a, "t", "1");
  const auto& frames = a.peers[0]->frames;
  CAF_REQUIRE_EQUAL(frames.size(), 2u);
  CAF_CHECK(frames[0].kind == frame_kind::retained_news);
  CAF_CHECK(frames[1].kind == frame_kind::retained_commit);
  tell(b, 0, frames[0]);
  settle();
  expect_heard(b, {});
  tell(b, 0, frames[1]);
  settle();
  expect_heard(b, {"1"});
  expect_heard(a, {"1"}); // its live topic may have heard an older one meanwhile
}

CAF_TEST(the later of two writes counts everywhere) {
  retain(a, "t", "of a");
  retain(b, "t", "of b");
  carry(b, 1, c, 1); // the later one comes first
  carry(a, 1, c, 0);
  carry(a, 0, b, 0);
  carry(b, 0, a, 0);
  expect_heard(c, {"of b"});
  expect_heard(b, {"of b"});
  expect_heard(a, {"of a", "of b"});
}

CAF_TEST(what is heard while a later own write is under way does not count) {
  retain(b, "t", "older");
  begin_retaining(a, "t", "newer");
  run(); // its turn in the store is still to come
  for (const auto& f : b.peers[0]->frames)
    tell(a, 0, f);
  settle();
  expect_heard(a, {"newer"});
}

CAF_TEST(what is heard while an earlier own write is under way counts) {
  retain(a, "t", "before"); // the bucket is there
  begin_retaining(a, "t", "older");
  a.faults.next_meets(zk::fault::delay); // of the answer; that the node is there is known next
  run();
  store->run_turn();
  a.faults.next_meets(zk::fault::delay);
  for (int i = 0; i < 2; ++i) {
    run();
    store->run_turn();
    begin_retaining(b, "t", "newest");
    run();
    store->run_turn();
  }
  settle();
  carry(b, 0, a, 0);
  carry(a, 0, b, 0);
  const auto stored = zk::decode_retained(data_of(paths.retained("t")));
  CAF_REQUIRE(stored);
  const auto last = [](const pod_parts& p) {
    return p.index->heard.empty() ? std::string{}
                                  : std::string{p.index->heard.back().second->payload()};
  };
  CAF_CHECK_EQUAL(last(a), stored->payload);
  CAF_CHECK_EQUAL(last(b), stored->payload);
}

CAF_TEST(what found no room is written after all and counts then) {
  retain(a, "t", "before");
  begin_retaining(a, "t", "refused");
  a.faults.next_meets(zk::fault::storage_full);
  settle();
  retain(b, "t", "meanwhile");
  carry(b, 0, a, 0);
  expect_heard(a, {"before"});
  advance(std::chrono::seconds{1});
  carry(a, 0, b, 0);
  expect_heard(a, {"before", "refused"});
  CAF_REQUIRE(!b.index->heard.empty());
  CAF_CHECK_EQUAL(b.index->heard.back().second->payload(), "refused");
}

CAF_TEST(a removal has its place in the order) {
  retain(a, "t", "1");
  carry(a, 1, c, 0);
  retain(b, "t", "2");
  retain(a, "t", "");
  CAF_CHECK_EQUAL(data_of(paths.retained("t")), "no node");
  carry(a, 1, c, 0, 2);
  carry(b, 1, c, 1); // older than the removal
  expect_heard(c, {"1", "removed"});
  retain(b, "t", "3");
  carry(b, 1, c, 1, b.peers[1]->frames.size() - 2);
  expect_heard(c, {"1", "removed", "3"});
}

CAF_TEST(a removal of nothing changes nothing) {
  retain(a, "t", "");
  carry(a, 0, b, 0);
  expect_heard(b, {});
  CAF_CHECK(b.peers[0]->misbehaved.empty());
}

CAF_TEST(a commit that was not announced is read) {
  retain(a, "t", "1");
  tell(b, 0, a.peers[0]->frames.at(1));
  settle();
  expect_heard(b, {"1"});
}

CAF_TEST(a commit whose news were withheld is read and no older news are taken for it) {
  retain(a, "t", "1");
  retain(a, "t", "2");
  const auto& frames = a.peers[0]->frames;
  CAF_REQUIRE_EQUAL(frames.size(), 4u);
  tell(b, 0, frames[0]);
  tell(b, 0, actors::encode_withheld_news(frames[2]));
  tell(b, 0, frames[3]);
  settle();
  expect_heard(b, {"2"});
  CAF_CHECK(b.peers[0]->misbehaved.empty());
}

CAF_TEST(what is in parts is read with them) {
  const std::string large(2 * zk::part_bytes_max, 'x');
  retain(a, "t", large);
  tell(b, 0, a.peers[0]->frames.at(1));
  settle();
  expect_heard(b, {large});
  retain(a, "t", "small");
  tell(b, 0, a.peers[0]->frames.at(3));
  settle();
  expect_heard(b, {large, "small"});
}

CAF_TEST(what another pod has in parts is replaced with them) {
  const std::string large(2 * zk::part_bytes_max, 'x');
  retain(a, "t", large);
  CAF_CHECK_EQUAL(names_below(paths.topics(), "m-").size(), 1u);
  retain(b, "t", large);
  const auto bodies = names_below(paths.topics(), "m-");
  CAF_REQUIRE_EQUAL(bodies.size(), 1u);
  CAF_CHECK(zk::parse_mail_name(zk::last_level_of(bodies[0]))->writer == b.store.session());
  retain(b, "t", "");
  CAF_CHECK(names_below(paths.topics(), "m-").empty());
  CAF_CHECK(names_below(paths.retained(), "0").empty());
}

CAF_TEST(a message that could not be stored leaves the one there was) {
  retain(a, "t", "before");
  begin_retaining(a, "t", std::string(4 * zk::part_bytes_max, 'x'));
  std::vector<std::string> parts;
  for (int i = 0; i < 20 && parts.empty(); ++i) {
    run();
    store->run_turn();
    parts = names_below(paths.topics(), "0");
  }
  CAF_REQUIRE_EQUAL(parts.size(), 1u);
  remove(parts.front());
  remove(std::string{zk::parent_of(parts.front())}); // the other parts find no place
  settle();
  expect_heard(a, {"before", "before"});
  expect_stored("t", "before");
  retain(b, "t", "later"); // the write of the other is over
  carry(b, 0, a, 0);
  expect_heard(a, {"before", "before", "later"});
}

CAF_TEST(what a pod announced that departed is read) {
  retain(a, "stored", "1");
  tell(b, 0, a.peers[0]->frames.at(0));
  caf::anon_send_exit(a.pod.bank, caf::exit_reason::user_shutdown); // it dies
  settle();
  begin_retaining(a, "lost", "2");
  run();
  tell(b, 0, a.peers[0]->frames.at(2));
  settle();
  see(b, {b.others[1]});
  std::map<std::string, std::string> got;
  for (const auto& [topic, m] : b.index->heard)
    got[topic] = m ? m->payload() : "removed";
  CAF_CHECK_EQUAL(got["stored"], "1");
  CAF_CHECK_EQUAL(got["lost"], "removed");
}

CAF_TEST(what was withheld of a pod that departed is read) {
  retain(a, "t", "1");
  retain(a, "t", "2");
  const auto& frames = a.peers[0]->frames;
  CAF_REQUIRE_EQUAL(frames.size(), 4u);
  tell(b, 0, frames[0]);
  tell(b, 0, frames[1]);
  tell(b, 0, actors::encode_withheld_news(frames[2])); // and it dies before the commit
  settle();
  expect_heard(b, {"1"});
  see(b, {b.others[1]});
  expect_heard(b, {"1", "2"});
}

CAF_TEST(a removal that its pod did not finish is finished) {
  retain(a, "t", "1");
  const auto announced = a.peers[0]->frames.at(0);
  zk::retained_record removed;
  removed.topic = "t";
  set(paths.retained("t"), zk::encode_retained(removed).value());
  tell(b, 0, announced);
  settle();
  see(b, {b.others[1]});
  expect_heard(b, {"removed"});
  CAF_CHECK_EQUAL(data_of(paths.retained("t")), "no node");
}

CAF_TEST(a removal that its pod is about to finish is left to it) {
  retain(a, "t", "1");
  zk::retained_record removed;
  removed.topic = "t";
  removed.writer = a.pod.life;
  set(paths.retained("t"), zk::encode_retained(removed).value());
  tell(b, 0, actors::encode_retained_commit({"t", node_of("t").stat.mzxid}));
  settle();
  expect_heard(b, {"removed"});
  CAF_CHECK_NOT_EQUAL(data_of(paths.retained("t")), "no node");
}

CAF_TEST(a pod that joins hears of what was told before) {
  see(a, {a.others[0]});
  retain(a, "t", "1");
  CAF_CHECK(a.peers[1]->frames.empty());
  see(a, a.others);
  carry(a, 1, c, 0);
  expect_heard(c, {"1"});
}

CAF_TEST(what was recovered at start is not told again) {
  retain(a, "t", "1");
  const auto commit = actors::decode_retained_commit(a.peers[0]->frames.at(1));
  CAF_REQUIRE(commit);
  actors::recovered_mail found;
  found.retained_zxids.emplace_back("t", commit->zxid);
  caf::anon_send(b.office(), actors::adopt_atom::value,
                 std::make_shared<actors::recovered_mail>(std::move(found)));
  carry(a, 0, b, 0);
  expect_heard(b, {});
}

CAF_TEST(nonsense is reported) {
  pod_frame f;
  f.kind = frame_kind::retained_news;
  f.body = "nonsense";
  tell(b, 0, f);
  f.kind = frame_kind::last_of_post_office;
  tell(b, 0, f);
  settle();
  CAF_CHECK_EQUAL(b.peers[0]->misbehaved.size(), 2u);
}

CAF_TEST_FIXTURE_SCOPE_END()
