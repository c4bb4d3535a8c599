// The steps that pods take together when some come or go, with real peers and the other pods at the
// far ends of their links.
#define CAF_SUITE membership
#include "actors/membership.hpp"

#include "actors/frame_bytes.hpp"
#include "actors/frame_kinds.hpp"
#include "actors/peer_frames.hpp"
#include "tests/actors/fake_pod.hpp"
#include "tests/actors/far_side.hpp"
#include "tests/actors/manual_tree.hpp"
#include "tests/actors/store_proxy.hpp"
#include "zk/embedded_store.hpp"

#include <caf/event_based_actor.hpp>

#include <functional>
#include <map>

using namespace mqttzoo;
using namespace actors;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;
using numbers = std::vector<std::int64_t>;

namespace {

/// Refuses what it is told to, in its next turn.
class unwilling_store final : public test::store_proxy {
public:
  using store_proxy::store_proxy;

  void children(zk::executor& where, std::string path, zk::watcher watch,
                zk::handler<zk::child_list> done) override {
    ++lists;
    if (std::exchange(refuse_list, false))
      return refusals_.push_back([done] { done(unexpected(zk::error::overloaded)); });
    store_proxy::children(where, std::move(path), std::move(watch), std::move(done));
  }
  void get(zk::executor& where, std::string path, zk::watcher watch,
           zk::handler<zk::node> done) override {
    if (const auto meanwhile = std::exchange(before_record, nullptr))
      meanwhile();
    if (std::exchange(refuse_record, false))
      return refusals_.push_back([done] { done(unexpected(zk::error::overloaded)); });
    store_proxy::get(where, std::move(path), std::move(watch), std::move(done));
  }

  /// False if there is none to say.
  bool refuse() {
    const auto now = std::exchange(refusals_, {});
    for (const auto& say : now)
      say();
    return !now.empty();
  }

  int lists = 0;
  bool refuse_list = false; ///< the next one
  bool refuse_record = false;
  std::function<void()> before_record; ///< once

private:
  std::vector<std::function<void()>> refusals_;
};

/// Which pods links are kept up to: "+b-1", "-b-1".
struct noted_links final : link_source {
  void keep(const zk::pod_record& p) override { log.push_back("+" + p.links); }
  void let_go(const zk::pod_record& p) override { log.push_back("-" + p.links); }
  strings log;
};

struct membership_fixture : test::fake_pod {
  membership_fixture() {
    tree = test::open_manual_tree(clock, answers);
    store = std::make_unique<unwilling_store>(*tree);
    pod.store = store.get();
    pod.store_answers = &answers;
    pod.sys = sys.spawn([this](caf::event_based_actor*) -> caf::behavior {
      return {
          [this](heard_atom, const member_ref& m, const pod_frame&) {
            told_sys.push_back("figures of " + m->life.str());
          },
          [this](depart_atom, const pod_life& life) {
            told_sys.push_back(life.str() + " departed");
          },
      };
    });
    pod.usher = sys.spawn(test::fake_usher, usher);
    come("a");
  }

  ~membership_fixture() override {
    directory->installed.clear();
    stop();
    caf::anon_send_exit(pod.sys, caf::exit_reason::user_shutdown);
    caf::anon_send(pod.usher, shut_down_atom::value);
    run();
  }

  void start() {
    pod.membership = spawn_on<membership>(services, sys,
                                          membership::parts{paths, &links, [this] { ++removed; }});
    settle();
  }
  void stop() {
    caf::anon_send(pod.membership, shut_down_atom::value);
    settle();
  }

  void settle() {
    bool moved = true;
    while (moved) {
      run();
      moved = tree->run_turn() > 0;
      moved |= store && store->refuse();
      for (auto& [name, pod_there] : far)
        moved |= pod_there.wire.deliver(1) > 0;
    }
  }
  void advance(std::chrono::milliseconds by) {
    clock.advance(by);
    timers.run_due(clock.now());
    settle();
  }

  // --- the tree ---

  /// A pod's node, without any turn of this pod.
  void make_node(const std::string& life, const std::string& data) {
    tree->create(answers, paths.pod(pod_life{life}), data, zk::create_mode::persistent,
                 [](auto r) { CAF_REQUIRE(r); });
  }
  void come(const std::string& name, std::uint64_t incarnation = 1) {
    const auto life = name + '-' + std::to_string(incarnation);
    make_node(life, zk::encode_pod({name, incarnation, life, "", ""}));
    settle();
  }
  /// Sessions of that pod move.
  void mark(const std::string& life, std::uint64_t batch, move_purpose why) {
    tree->remove(answers, paths.mover(), zk::any_version, [](auto) {});
    tree->create(answers, paths.mover(), encode_marker({pod_life{life}, batch, why}),
                 zk::create_mode::persistent, [](auto r) { CAF_REQUIRE(r); });
    settle();
  }
  void go(const std::string& life) {
    tree->remove(answers, paths.pod(pod_life{life}), zk::any_version, [](auto) {});
    settle();
  }

  // --- other pods ---

  test::far_side& at(const std::string& name, std::uint64_t incarnation = 1) {
    return far.try_emplace(name, timers, clock, net::link_peer{name, incarnation}).first->second;
  }
  void link(const std::string& name, std::uint64_t incarnation = 1) {
    caf::anon_send(pod.membership, linked_atom::value, at(name, incarnation).link());
    settle();
  }
  /// It has come and has a link.
  void join(const std::string& name) {
    come(name);
    link(name);
  }
  void say(const std::string& name, net::link_kind step, std::int64_t view) {
    std::string body;
    append_u64(body, static_cast<std::uint64_t>(view));
    at(name).say(step, body);
    settle();
  }
  /// The views for which it was told of that step.
  numbers told(const std::string& name, net::link_kind step) {
    numbers all;
    for (const auto& body : at(name).take(step))
      all.push_back(static_cast<std::int64_t>(frame_reader{body}.u64()));
    return all;
  }

  // --- this pod's actors ---

  void installed(std::int64_t view, int times = 3) {
    for (; times > 0; --times)
      caf::anon_send(pod.membership, installed_atom::value, view);
    settle();
  }
  void adopted(std::int64_t view) {
    caf::anon_send(pod.membership, adopted_atom::value, view);
    settle();
  }
  /// Every step, with whoever is there.
  void carry_through(std::int64_t view, const strings& others) {
    installed(view);
    for (const auto& name : others)
      say(name, frame_kind::reached, view);
    adopted(view);
    for (const auto& name : others)
      say(name, frame_kind::has_adopted, view);
    CAF_REQUIRE(is_settled());
  }
  bool is_settled() const {
    return static_cast<const membership&>(*caf::actor_cast<caf::abstract_actor*>(pod.membership))
        .settled();
  }
  strings lives() const {
    strings all;
    for (const auto& m : directory->installed.back()->members)
      all.push_back(m->life.str());
    return all;
  }
  numbers views() const {
    numbers all;
    for (const auto& v : directory->installed)
      all.push_back(v->number);
    return all;
  }
  peer_actor peer_of(const std::string& life) const {
    member_ref last;
    for (const auto& v : directory->installed)
      if (const auto m = v->find(pod_life{life}))
        last = m;
    CAF_REQUIRE(last);
    return last->peer;
  }

  /// It has a message that waits for the store.
  void speak(const std::string& name, std::uint64_t number) {
    mqtt::message_head head;
    head.topic = make_ref<const mqtt::shared_topic>("t");
    head.qos = mqtt::qos::exactly_once;
    auto b = make_ref<batch>(head.topic, card_ref{}, mqtt::connection_epoch::none);
    b->add({mqtt::message::make(std::move(head), {}, "m"), mqtt::packet_id::none});
    ticket_list tickets{make_ref<publish_ticket>(mqtt::ticket::policy::store_first, nullptr,
                                                 mqtt::connection_epoch::none,
                                                 mqtt::packet_id::none)};
    caf::anon_send(peer_of(name + "-1"), publish_atom::value, batch_ref{std::move(b)},
                   std::move(tickets));
    settle();
    at(name).say(encode_word(number, {}));
    settle();
  }

  const zk::paths paths;
  zk::inline_executor answers;
  std::unique_ptr<zk::embedded_store> tree;
  std::unique_ptr<unwilling_store> store;
  std::shared_ptr<test::usher_log> usher = std::make_shared<test::usher_log>();
  noted_links links;
  std::map<std::string, test::far_side> far;
  strings told_sys;
  int removed = 0;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(membership_tests, membership_fixture)

CAF_TEST(alone it takes all steps by itself) {
  start();
  CAF_CHECK_EQUAL(views(), (numbers{1}));
  CAF_CHECK_EQUAL(registrar->installed, (numbers{1}));
  CAF_CHECK_EQUAL(office->installed, (numbers{1}));
  CAF_CHECK_EQUAL(lives(), (strings{"a-1"}));
  CAF_CHECK(directory->installed.back()->alone());
  installed(1, 2);
  CAF_CHECK(adopter->adopt.empty());
  installed(1, 1);
  CAF_CHECK_EQUAL(adopter->adopt, (numbers{1}));
  CAF_CHECK(!is_settled());
  adopted(1);
  CAF_CHECK(is_settled());
  CAF_CHECK_EQUAL(directory->settled, (numbers{1}));
  CAF_CHECK_EQUAL(registrar->settled, (numbers{1}));
  CAF_CHECK_EQUAL(reaper->settled, (numbers{1}));
  CAF_CHECK(links.log.empty());
}

CAF_TEST(with others each step waits for all of them) {
  come("b");
  come("c");
  start();
  CAF_CHECK_EQUAL(links.log, (strings{"+b-1", "+c-1"}));
  CAF_CHECK_EQUAL(lives(), (strings{"a-1", "b-1", "c-1"}));
  link("b");
  link("c");
  CAF_CHECK(told("b", frame_kind::reached).empty());
  installed(3);
  CAF_CHECK_EQUAL(told("b", frame_kind::reached), (numbers{3}));
  CAF_CHECK_EQUAL(told("c", frame_kind::reached), (numbers{3}));
  say("b", frame_kind::reached, 3);
  CAF_CHECK(adopter->adopt.empty());
  say("c", frame_kind::reached, 3);
  CAF_CHECK_EQUAL(adopter->adopt, (numbers{3}));
  say("b", frame_kind::has_adopted, 3); // faster than this pod
  CAF_CHECK(told("b", frame_kind::has_adopted).empty());
  adopted(3);
  CAF_CHECK_EQUAL(told("b", frame_kind::has_adopted), (numbers{3}));
  CAF_CHECK_EQUAL(told("c", frame_kind::has_adopted), (numbers{3}));
  CAF_CHECK(!is_settled());
  say("c", frame_kind::has_adopted, 3);
  CAF_CHECK(is_settled());
}

CAF_TEST(a view that overtakes another begins anew) {
  come("b");
  start();
  link("b");
  installed(2);
  say("b", frame_kind::reached, 2);
  CAF_CHECK_EQUAL(adopter->adopt, (numbers{2}));
  join("c");
  CAF_CHECK_EQUAL(views(), (numbers{2, 3}));
  adopted(2); // is of no use any more
  CAF_CHECK(told("b", frame_kind::has_adopted).empty());
  installed(2);
  CAF_CHECK_EQUAL(told("b", frame_kind::reached), (numbers{2}));
  installed(3);
  CAF_CHECK_EQUAL(told("b", frame_kind::reached), (numbers{3}));
  say("c", frame_kind::reached, 3);
  say("b", frame_kind::reached, 2); // late
  CAF_CHECK_EQUAL(adopter->adopt, (numbers{2}));
  say("b", frame_kind::reached, 3);
  CAF_CHECK_EQUAL(adopter->adopt, (numbers{2, 3}));
}

CAF_TEST(who knows the next view already is not asked again) {
  come("b");
  start();
  link("b");
  say("b", frame_kind::reached, 3);
  installed(2); // b will never say that it has reached this one
  CAF_CHECK(adopter->adopt.empty());
  join("c");
  installed(3);
  say("c", frame_kind::reached, 3);
  CAF_CHECK_EQUAL(adopter->adopt, (numbers{3}));
}

CAF_TEST(several changes at once are one view) {
  start();
  make_node("b-1", zk::encode_pod({"b", 1, "b-1", "", ""}));
  make_node("c-1", zk::encode_pod({"c", 1, "c-1", "", ""}));
  settle();
  CAF_CHECK_EQUAL(views(), (numbers{1, 3}));
  CAF_CHECK_EQUAL(lives(), (strings{"a-1", "b-1", "c-1"}));
}

CAF_TEST(a pod whose record makes no sense is left alone) {
  make_node("b-1", "{}");
  make_node("x-1", zk::encode_pod({"y", 1, "x-1", "", ""})); // says that it is another one
  come("c");
  start();
  CAF_CHECK_EQUAL(lives(), (strings{"a-1", "c-1"}));
  CAF_CHECK_EQUAL(views(), (numbers{4}));
  CAF_CHECK_EQUAL(links.log, (strings{"+c-1"}));
}

CAF_TEST(its own node removed ends the pod) {
  come("b");
  start();
  go("a-1");
  CAF_CHECK_EQUAL(removed, 1);
  CAF_CHECK_EQUAL(views(), (numbers{2}));
}

CAF_TEST(a list that cannot be read is read again after a while) {
  store->refuse_list = true;
  start();
  CAF_CHECK_EQUAL(store->lists, 1);
  CAF_CHECK(directory->installed.empty());
  advance(199ms);
  CAF_CHECK_EQUAL(store->lists, 1);
  store->refuse_list = true;
  advance(1ms);
  CAF_CHECK_EQUAL(store->lists, 2);
  advance(200ms);
  CAF_CHECK_EQUAL(views(), (numbers{1}));
  join("b"); // the watch was set
  CAF_CHECK_EQUAL(views(), (numbers{1, 2}));
}

CAF_TEST(a record that cannot be read makes no view without that pod) {
  come("b");
  store->refuse_record = true;
  start();
  advance(199ms);
  CAF_CHECK(directory->installed.empty());
  CAF_CHECK_EQUAL(store->lists, 1);
  advance(1ms);
  CAF_CHECK_EQUAL(views(), (numbers{2}));
  CAF_CHECK_EQUAL(lives(), (strings{"a-1", "b-1"}));
}

CAF_TEST(a pod that goes while its record is read is none) {
  come("b");
  store->before_record = [this] {
    tree->remove(answers, paths.pod(pod_life{"b-1"}), zk::any_version, [](auto) {});
  };
  start();
  CAF_CHECK_EQUAL(views(), (numbers{3}));
  CAF_CHECK_EQUAL(lives(), (strings{"a-1"}));
}

CAF_TEST(a link is kept until ZooKeeper knows its pod) {
  start();
  link("b");
  at("b").say(frame_kind::reached, std::string(8, '\0'));
  settle();
  CAF_CHECK(at("b").linked());
  come("b");
  installed(2);
  CAF_CHECK_EQUAL(told("b", frame_kind::reached), (numbers{2}));
}

CAF_TEST(a link of an earlier life is closed and one of a later life waits) {
  come("b", 5);
  start();
  caf::anon_send(pod.membership, linked_atom::value,
                 far.try_emplace("4", timers, clock, net::link_peer{"b", 4}).first->second.link());
  caf::anon_send(pod.membership, linked_atom::value,
                 far.try_emplace("6", timers, clock, net::link_peer{"b", 6}).first->second.link());
  settle();
  CAF_CHECK(!far.at("4").linked());
  CAF_CHECK(far.at("6").linked());
  go("b-5");
  come("b", 6);
  installed(views().back());
  CAF_CHECK_EQUAL(far.at("6").take(frame_kind::reached).size(), 1u);
}

CAF_TEST(links of unknown pods are bounded) {
  constexpr int bound = 64;
  start();
  for (int i = 0; i < bound; ++i)
    link("x" + std::to_string(i));
  link("one more");
  CAF_CHECK(!at("one more").linked());
  CAF_CHECK_EQUAL(services.counters.links_overflowed.get(), 1u);
  CAF_CHECK(at("x63").linked());
  at("x0").wire.cut(); // makes room
  link("y");
  CAF_CHECK(at("y").linked());
  join("b"); // a member's is no early one
  CAF_CHECK(at("b").linked());
}

CAF_TEST(a pod that departed is handed over before the view is settled) {
  come("b");
  come("c");
  start();
  link("b");
  link("c");
  carry_through(3, {"b", "c"});
  settle();
  links.log.clear();
  go("b-1");
  CAF_CHECK_EQUAL(links.log, (strings{"-b-1"}));
  CAF_CHECK(!at("b").linked());
  CAF_CHECK(porter->departed == std::vector{pod_life{"b-1"}});
  CAF_CHECK_EQUAL(told_sys, (strings{"b-1 departed"}));
  CAF_CHECK_EQUAL(lives(), (strings{"a-1", "c-1"}));
  const auto before = sys.registry().running();
  carry_through(4, {"c"});
  CAF_CHECK_EQUAL(sys.registry().running(), before - 1); // its peer has nothing left
  CAF_CHECK_EQUAL(directory->settled, (numbers{3, 4}));
}

CAF_TEST(peers of departed pods end together) {
  come("b");
  come("c");
  start();
  link("b");
  link("c");
  carry_through(3, {"b", "c"});
  speak("b", 1);
  CAF_REQUIRE_EQUAL(office->words.size(), 1u);
  office->words.clear();
  const auto before = sys.registry().running();
  go("b-1");
  go("c-1");
  installed(5);
  adopted(5);
  CAF_CHECK(!is_settled());
  CAF_CHECK_EQUAL(sys.registry().running(), before); // c may be given what b has
  caf::anon_send(peer_of("b-1"), outcome_atom::value, std::uint64_t{1}, mqtt::reason_code::success);
  settle();
  CAF_CHECK(is_settled());
  CAF_CHECK_EQUAL(sys.registry().running(), before - 2);
}

CAF_TEST(a pod may depart while another one is handed over) {
  come("b");
  come("c");
  start();
  link("b");
  link("c");
  carry_through(3, {"b", "c"});
  const auto before = sys.registry().running();
  go("b-1");
  installed(4);
  say("c", frame_kind::reached, 4);
  adopted(4);
  CAF_CHECK_EQUAL(told("c", frame_kind::has_adopted), (numbers{3, 4}));
  go("c-1"); // before it has adopted
  CAF_CHECK(!is_settled());
  carry_through(5, {});
  CAF_CHECK_EQUAL(sys.registry().running(), before - 2);
}

CAF_TEST(a number that is none closes the link) {
  come("b");
  start();
  link("b");
  at("b").say(frame_kind::reached, "short");
  settle();
  CAF_CHECK(!at("b").linked());
}

CAF_TEST(figures go to the statistics and what is told goes to all) {
  come("b");
  come("c");
  start();
  link("b");
  link("c");
  at("b").say(frame_kind::figures, "x");
  settle();
  CAF_CHECK_EQUAL(told_sys, (strings{"figures of b-1"}));
  caf::anon_send(pod.membership, tell_atom::value, pod_frame{frame_kind::figures, "mine", nullptr});
  settle();
  CAF_CHECK_EQUAL(at("b").take(frame_kind::figures), (strings{"mine"}));
  CAF_CHECK_EQUAL(at("c").take(frame_kind::figures), (strings{"mine"}));
}

CAF_TEST(with its end all links and peers end) {
  come("b");
  start();
  link("b");
  link("early");
  const auto before = sys.registry().running();
  stop();
  CAF_CHECK(!at("b").linked());
  CAF_CHECK(!at("early").linked());
  CAF_CHECK_EQUAL(links.log, (strings{"+b-1", "-b-1"}));
  CAF_CHECK_EQUAL(sys.registry().running(), before - 2); // itself and the peer
}

CAF_TEST(sessions of another pod move in a view of their own) {
  start();
  join("b");
  const auto before = views().back();
  carry_through(before, {"b"});
  mark("b-1", 7, move_purpose::drain);
  const auto v = directory->installed.back();
  CAF_REQUIRE(v->number > before);
  CAF_REQUIRE(v->move.by);
  CAF_CHECK(v->move.by->life == pod_life{"b-1"});
  CAF_CHECK_EQUAL(v->move.batch, 7u);
  CAF_CHECK_EQUAL(lives(), (strings{"a-1", "b-1"})); // the marker is no pod
  for (std::uint16_t bucket = 0; bucket < 1000; ++bucket)
    CAF_REQUIRE(v->home_of(client_bucket{bucket}) == v->self); // the other one drains
  installed(v->number);
  const auto adoptions = adopter->adopt.size();
  say("b", frame_kind::reached, v->number);
  CAF_CHECK_EQUAL(told("b", frame_kind::drained), (numbers{v->number})); // nothing is under way
  CAF_CHECK_EQUAL(adopter->adopt.size(), adoptions);
  say("b", frame_kind::yielded, v->number);
  CAF_CHECK_EQUAL(adopter->adopt.size(), adoptions + 1);
  adopted(v->number);
  say("b", frame_kind::has_adopted, v->number);
  CAF_CHECK(is_settled());
  CAF_CHECK(usher->asked.empty());
  CAF_CHECK(usher->settled.empty()); // it may not make another view while the other pod is behind
  say("b", frame_kind::has_settled, v->number);
  CAF_CHECK_EQUAL(usher->settled, (numbers{v->number}));
}

CAF_TEST(sessions of this pod move when all others have nothing under way to it) {
  start();
  join("b");
  carry_through(views().back(), {"b"});
  mark("a-1", 1, move_purpose::rebalance);
  const auto v = views().back();
  installed(v);
  say("b", frame_kind::reached, v);
  CAF_CHECK_EQUAL(usher->asked, (numbers{v}));
  CAF_CHECK(usher->drained.empty());
  say("b", frame_kind::drained, v);
  CAF_CHECK_EQUAL(usher->drained, (numbers{v}));
  const auto adoptions = adopter->adopt.size();
  caf::anon_send(pod.membership, yielded_atom::value, v - 1); // an older view's
  settle();
  CAF_CHECK_EQUAL(adopter->adopt.size(), adoptions);
  caf::anon_send(pod.membership, yielded_atom::value, v);
  settle();
  CAF_CHECK_EQUAL(told("b", frame_kind::yielded), (numbers{v}));
  CAF_CHECK_EQUAL(adopter->adopt.size(), adoptions + 1);
}

CAF_TEST(a marker that makes no sense or is of no member moves nothing) {
  start();
  mark("z-9", 1, move_purpose::drain);
  CAF_CHECK(!directory->installed.back()->move.by);
  tree->set(answers, paths.mover(), "nonsense", zk::any_version, [](auto) {});
  come("b");
  CAF_CHECK(!directory->installed.back()->move.by);
}

CAF_TEST_FIXTURE_SCOPE_END()
