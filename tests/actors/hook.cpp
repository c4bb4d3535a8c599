// The hook, as the gatekeeper uses it: asked, remembered, down.
#define CAF_SUITE hook
#include "auth/policy.hpp"
#include "tests/actors/fixture.hpp"
#include "tests/actors/knock.hpp"

using namespace mqttzoo;
using mqtt::login_outcome;
using mqtt::reason_code;

namespace {

class fake_hook final : public net::http_caller {
public:
  void post(std::string body, std::function<void(net::http_reply)> done) override {
    asked.push_back(std::move(body));
    waiting.push_back(std::move(done));
  }
  void answer(const std::string& body, unsigned status = 200) {
    for (auto& done : std::exchange(waiting, {}))
      done({status, body, status == 0 ? "it is gone" : ""});
  }

  std::vector<std::string> asked;
  std::vector<std::function<void(net::http_reply)>> waiting;
};

using wire = std::shared_ptr<test::fake_connection>;

struct hook_fixture : test::pod_fixture {
  fake_hook hook;

  hook_fixture() {
    pod.hook = &hook;
    core::settings settings;
    settings.auth.hook_url = "http://hook/";
    settings.auth.anonymous = core::anonymous_rule::refuse;
    services.settings.auth = settings.auth;
    services.policy = *auth::policy::load(settings.auth);
  }

  /// Up to the question.
  wire come_in(const std::string& password, const std::string& client = "c") {
    mqtt::connect_packet p;
    p.client_id = client;
    p.user_name = "alice";
    p.password = password;
    auto w = test::knock(*this, p);
    workers.run();
    settle();
    return w;
  }

  wire connect(const std::string& password, const std::string& says, unsigned status = 200) {
    auto w = come_in(password);
    hook.answer(says, status);
    settle();
    return w;
  }

  static reason_code connack(const wire& w) {
    auto packets = w->take(mqtt::protocol_version::v5);
    if (packets.empty() || !std::holds_alternative<mqtt::connack_packet>(packets[0]))
      CAF_FAIL("no CONNACK");
    return std::get<mqtt::connack_packet>(packets[0]).reason;
  }

  std::uint64_t count(login_outcome o) {
    return services.counters.logins[static_cast<std::size_t>(o)].get();
  }
};

const std::string allow = R"({"result":"allow"})";
const std::string deny = R"({"result":"deny"})";

} // namespace

CAF_TEST_FIXTURE_SCOPE(hook_tests, hook_fixture)

CAF_TEST(the hook is asked and its answer counts) {
  auto w = come_in("a");
  CAF_REQUIRE_EQUAL(hook.asked.size(), 1u);
  CAF_CHECK_EQUAL(hook.asked[0],
                  R"({"client":"c","password":"a","peer":"127.0.0.1:1","user":"alice"})");
  CAF_CHECK(w->take(mqtt::protocol_version::v5).empty());
  hook.answer(allow);
  settle();
  CAF_CHECK(connack(w) == reason_code::success);
  CAF_CHECK(connack(connect("b", deny)) == reason_code::not_authorized);
  CAF_CHECK_EQUAL(count(login_outcome::hook_refused), 1u);
  CAF_CHECK_EQUAL(services.counters.logins_waiting.get(), 0u);
}

CAF_TEST(an answer is remembered for its time) {
  CAF_CHECK(connack(connect("a", allow)) == reason_code::success);
  CAF_CHECK(connack(come_in("a")) == reason_code::success);
  CAF_CHECK(connack(connect("b", deny)) == reason_code::not_authorized);
  CAF_CHECK(connack(come_in("b")) == reason_code::not_authorized); // refusals, too
  CAF_CHECK_EQUAL(hook.asked.size(), 2u);
  CAF_CHECK_EQUAL(services.counters.hook_cache_hits.get(), 2u);
  advance(services.settings.auth.hook_cache_ttl);
  CAF_CHECK(connack(connect("a", deny)) == reason_code::not_authorized);
  CAF_CHECK_EQUAL(hook.asked.size(), 3u);
  caf::anon_send(pod.gatekeeper, actors::judge_atom::value); // a reload
  settle();
  CAF_CHECK(connack(connect("b", allow)) == reason_code::success);
  CAF_CHECK_EQUAL(hook.asked.size(), 4u);
}

CAF_TEST(an answer to a question from before a reload is not remembered) {
  auto w = come_in("a");
  caf::anon_send(pod.gatekeeper, actors::judge_atom::value); // a reload
  settle();
  hook.answer(allow);
  settle();
  CAF_CHECK(connack(w) == reason_code::success);
  CAF_CHECK(connack(connect("a", deny)) == reason_code::not_authorized);
  CAF_CHECK_EQUAL(hook.asked.size(), 2u);
  CAF_CHECK(connack(come_in("a")) == reason_code::not_authorized); // that one is
  CAF_CHECK_EQUAL(hook.asked.size(), 2u);
}

CAF_TEST(a hook that is down lets nobody in) {
  CAF_CHECK(connack(connect("a", allow)) == reason_code::success);
  advance(services.settings.auth.hook_cache_ttl);
  CAF_CHECK(connack(connect("a", "", 0)) == reason_code::server_unavailable);
  CAF_CHECK(connack(connect("a", "{}")) == reason_code::server_unavailable);
  CAF_CHECK(connack(connect("a", allow, 500)) == reason_code::server_unavailable);
  CAF_CHECK_EQUAL(count(login_outcome::hook_down), 3u);
}

CAF_TEST(or those whom it let in before) {
  services.settings.auth.hook_when_down = core::hook_outage::cache;
  CAF_CHECK(connack(connect("a", R"({"result":"allow","valid_for_s":100})")) ==
            reason_code::success);
  advance(services.settings.auth.hook_cache_ttl);
  CAF_CHECK(connack(connect("a", "", 0)) == reason_code::success);
  CAF_CHECK(connack(connect("b", "", 0)) == reason_code::server_unavailable);
  advance(std::chrono::seconds{100}); // what it said is over
  CAF_CHECK(connack(connect("a", "", 0)) == reason_code::server_unavailable);
}

CAF_TEST(a client stays as long as the hook said) {
  auto w = connect("a", R"({"result":"allow","valid_for_s":30})");
  connack(w);
  advance(std::chrono::seconds{29});
  CAF_CHECK(!w->closed);
  advance(std::chrono::seconds{1});
  CAF_CHECK(w->closed);
  CAF_CHECK_EQUAL(services.counters.clients_judged_out.get(), 1u);
}

CAF_TEST(no more wait for the hook than may wait) {
  services.settings.auth.waiting_max = 2;
  auto first = come_in("a", "1");
  auto after = come_in("a", "2");
  CAF_CHECK(connack(come_in("a", "3")) == reason_code::server_busy);
  CAF_CHECK_EQUAL(hook.asked.size(), 2u);
  hook.answer(allow);
  settle();
  CAF_CHECK(connack(first) == reason_code::success);
  CAF_CHECK(connack(after) == reason_code::success);
}

CAF_TEST_FIXTURE_SCOPE_END()
