// Who is let in, and what a reload means for who is in.
#define CAF_SUITE policy
#include "auth/policy.hpp"

#include "tests/scratch_directory.hpp"

#include <caf/test/dsl.hpp>

#include <fstream>
#include <memory>
#include <string>

using namespace mqttzoo;
using mqtt::login_outcome;

namespace {

using net_time = std::chrono::steady_clock::time_point;

// mosquitto_passwd -b FILE dave d4ve, and for another password
const std::string daves =
    "dave:$6$MNXUJc4q4YoSYQWq$M/"
    "FOH5GtMv3gV+9GWf5SzSJ+lvWSrRBU7w1kttaoj7vjvsJJnFQ+c1FDljZ9cWG8E+9h4Cop/s2sGm7hZLl9bw==\n";
const std::string daves_new = "dave:$7$101$L+tbZf85lyj16/9p$YL2UrV2oOLLpqiuL/L9HvXjhEVqL5LHgz/"
                              "pRdX6D4Xj0m6d4bXVqCLwjbHHPYYWS987lvv8GoiMgwFdefFUTeg==\n";

struct fixture {
  static constexpr auth::instant at{1'700'000'000, net_time{std::chrono::hours{100}}};

  test::scratch_directory scratch;
  core::settings settings;

  std::string write(const std::string& name, const std::string& text) {
    const auto path = scratch.path() + '/' + name;
    std::ofstream{path} << text;
    return path;
  }

  std::shared_ptr<const auth::policy> load() {
    auto loaded = auth::policy::load(settings.auth);
    CAF_REQUIRE(loaded.has_value());
    return *loaded;
  }

  static auth::verdict judge(const auth::policy& by, std::optional<std::string> user,
                             std::optional<std::string> password,
                             const std::string& peer = "10.0.0.1:5") {
    auth::login l;
    l.client = "c";
    l.peer = peer;
    l.user = std::move(user);
    l.password = std::move(password);
    return by.judge(l, at).value();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(policy_tests, fixture)

CAF_TEST(anonymous clients are let in as the rule says) {
  const struct {
    core::anonymous_rule rule;
    bool here;
    bool elsewhere;
  } table[] = {{core::anonymous_rule::refuse, false, false},
               {core::anonymous_rule::loopback, true, false},
               {core::anonymous_rule::allow, true, true}};
  CAF_CHECK(settings.auth.anonymous == core::anonymous_rule::loopback);
  for (const auto& [rule, here, elsewhere] : table) {
    settings.auth.anonymous = rule;
    const auto p = load();
    const auto welcome = [&](const char* peer) {
      return judge(*p, {}, {}, peer).outcome == login_outcome::anonymous;
    };
    CAF_CHECK_EQUAL(welcome("127.0.0.1:1"), here);
    CAF_CHECK_EQUAL(welcome("127.9.9.9:1"), here);
    CAF_CHECK_EQUAL(welcome("[::1]:1"), here);
    for (const auto* peer : {"10.0.0.1:1", "[fe80::1]:1", "[::127.0.0.1]:1", "", "12.7.0.0:1"})
      CAF_CHECK_EQUAL(welcome(peer), elsewhere);
  }
}

CAF_TEST(who is at the machine of another pod is as welcome here) {
  const auto p = load();
  const auto again = [&](const char* peer) { return p->judge_again({}, peer); };
  for (const auto* peer : {"unix", "unix via pod-1-7", "127.0.0.1:1 via pod-1-7"})
    CAF_CHECK(again(peer) == login_outcome::anonymous);
  for (const auto* peer : {"proxy unix via pod-1-7", "10.0.0.1:1 via pod-1-7", "unixvia pod-1-7"})
    CAF_CHECK(again(peer) == login_outcome::anonymous_refused);
}

CAF_TEST(the rule of a listener counts for those who come by it) {
  using core::anonymous_rule;
  const auto by = [&](anonymous_rule rule, const std::string& peer) {
    auth::login l;
    l.peer = peer;
    l.anonymous = rule;
    return load()->judge_at_once(l).value();
  };
  settings.auth.anonymous = anonymous_rule::allow;
  CAF_CHECK(by(anonymous_rule::refuse, "127.0.0.1:1").outcome == login_outcome::anonymous_refused);
  settings.auth.anonymous = anonymous_rule::refuse;
  const auto guest = by(anonymous_rule::allow, "10.0.0.1:1");
  CAF_CHECK(guest.outcome == login_outcome::anonymous);
  CAF_CHECK(load()->judge_again(guest.who, "10.0.0.1:1") == login_outcome::anonymous);
  CAF_CHECK(by(anonymous_rule::loopback, "unix").outcome == login_outcome::anonymous);
  CAF_CHECK(by(anonymous_rule::loopback, "proxy 127.0.0.1:1").outcome ==
            login_outcome::anonymous_refused);
  CAF_CHECK(by(anonymous_rule::loopback, "proxy unix").outcome == login_outcome::anonymous_refused);
}

CAF_TEST(a name that nobody checks is nobodys) {
  const auto p = load();
  const auto v = judge(*p, "dave", "whatever", "127.0.0.1:1");
  CAF_CHECK(v.outcome == login_outcome::anonymous);
  CAF_CHECK(!v.who.user);
  CAF_CHECK(judge(*p, "dave", "whatever").outcome == login_outcome::anonymous_refused);
}

CAF_TEST(passwords are checked) {
  settings.auth.passwords = write("passwords", daves);
  const auto p = load();
  const auto v = judge(*p, "dave", "d4ve");
  CAF_CHECK(v.outcome == login_outcome::accepted);
  CAF_CHECK(v.who.user == "dave");
  CAF_CHECK(judge(*p, "dave", "dave").outcome == login_outcome::wrong_password);
  CAF_CHECK(judge(*p, "dave", {}).outcome == login_outcome::wrong_password);
  CAF_CHECK(judge(*p, "erin", "d4ve").outcome == login_outcome::unknown_user);
  CAF_CHECK(judge(*p, "", "").outcome == login_outcome::anonymous_refused);
  // Who gives a name is checked, wherever it comes from.
  CAF_CHECK(judge(*p, "dave", "dave", "127.0.0.1:1").outcome == login_outcome::wrong_password);
  CAF_CHECK(judge(*p, {}, {}, "127.0.0.1:1").outcome == login_outcome::anonymous);
}

CAF_TEST(who is in is judged again) {
  settings.auth.passwords = write("passwords", daves);
  const auto dave = judge(*load(), "dave", "d4ve").who;
  const mqtt::identity nobody;
  CAF_CHECK(load()->judge_again(dave, "10.0.0.1:1") == login_outcome::accepted);
  CAF_CHECK(load()->judge_again(nobody, "127.0.0.1:1") == login_outcome::anonymous);
  settings.auth.anonymous = core::anonymous_rule::refuse;
  CAF_CHECK(load()->judge_again(nobody, "127.0.0.1:1") == login_outcome::anonymous_refused);
  write("passwords", daves_new);
  CAF_CHECK(load()->judge_again(dave, "10.0.0.1:1") == login_outcome::wrong_password);
  write("passwords", "# nobody\n");
  CAF_CHECK(load()->judge_again(dave, "10.0.0.1:1") == login_outcome::unknown_user);
  settings.auth.passwords.clear();
  CAF_CHECK(load()->judge_again(dave, "10.0.0.1:1") == login_outcome::unknown_user);
}

CAF_TEST(a token says who it is of) {
  // HS256, {"sub":"eve","exp":1700000060}, with a key of 32 times 's'
  const std::string token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJldmUiLCJleHAiOjE3MDAwMDAwNjB9."
                            "joZz0UWHqeg1-es7a54Iaqp8ApJgSAuGOpfhi45Kq54";
  const std::string keys =
      R"({"keys":[{"kty":"oct","k":"c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M"}]})";
  settings.auth.jwt_keys = write("keys", keys);
  settings.auth.jwt_leeway = std::chrono::seconds{0};
  settings.auth.passwords = write("passwords", daves);
  const auto p = load();
  for (const auto& name : {std::optional<std::string>{}, {"dave"}, {""}}) {
    const auto v = judge(*p, name, token);
    CAF_CHECK(v.outcome == login_outcome::accepted);
    CAF_CHECK(v.who.user == "eve");
    CAF_CHECK(v.who.valid_until == at.now + std::chrono::seconds{60});
  }
  CAF_CHECK(judge(*p, "dave", "d4ve").outcome == login_outcome::accepted);
  CAF_CHECK(judge(*p, "eve", "d4ve").outcome == login_outcome::unknown_user);
  CAF_CHECK(judge(*p, {}, token + "x").outcome == login_outcome::token_refused);
  const auto eve = judge(*p, {}, token).who;
  CAF_CHECK(p->judge_again(eve, "") == login_outcome::accepted);
  write("keys", R"({"keys":[{"kty":"oct","k":"dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0"}]})");
  CAF_CHECK(load()->judge_again(eve, "") == login_outcome::token_refused);
}

CAF_TEST(a token may be valid for longer than a clock can say) {
  // As above, {"sub":"eve","exp":253402300799}: the last second of the year 9999
  const std::string token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJldmUiLCJleHAiOjI1MzQwMjMwMDc5OX0."
                            "IiRf4Kkp1l9NrKl2ZU_kU08ELCUG8PLynTNHUMZx5nY";
  settings.auth.jwt_keys = write(
      "keys", R"({"keys":[{"kty":"oct","k":"c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M"}]})");
  const auto v = judge(*load(), {}, token);
  CAF_CHECK(v.outcome == login_outcome::accepted);
  CAF_CHECK(v.who.valid_until >= at.now + 50 * 366 * std::chrono::hours{24});
  CAF_CHECK(v.who.valid_until < net_time::max());
}

CAF_TEST(who stands in no file is the hooks) {
  settings.auth.hook_url = "http://hook/";
  settings.auth.passwords = write("passwords", daves);
  const auto p = load();
  auth::login l;
  l.peer = "10.0.0.1:5";
  l.user = "eve";
  CAF_CHECK(!p->judge_at_once(l) && !p->judge(l, at));
  l.user = "dave";
  CAF_CHECK(p->judge(l, at)->outcome == login_outcome::wrong_password);
  l.user.reset();
  CAF_CHECK(p->judge_at_once(l)->outcome == login_outcome::anonymous_refused);
  l.password = "x";
  CAF_CHECK(!p->judge(l, at));
}

CAF_TEST(without rules everything is permitted) {
  CAF_CHECK(load()->permissions_of({}, "c") == nullptr);
  settings.auth.acl = write("acl", "user dave\ntopic a\n");
  const auto p = load();
  mqtt::identity dave;
  dave.user = "dave";
  CAF_REQUIRE(p->permissions_of(dave, "c") != nullptr);
  CAF_CHECK(p->permissions_of(dave, "c")->may_publish("a"));
  CAF_CHECK(!p->permissions_of({}, "c")->may_publish("a"));
}

CAF_TEST(a file that cannot be used is named) {
  settings.auth.passwords = scratch.path() + "/missing";
  const auto missing = auth::policy::load(settings.auth);
  CAF_CHECK_EQUAL(missing.error(),
                  "auth.passwords: " + settings.auth.passwords + " cannot be read");
  settings.auth.passwords = write("passwords", daves + "erin:secret\n");
  const auto error = auth::policy::load(settings.auth).error();
  CAF_CHECK(error.starts_with("auth.passwords: " + settings.auth.passwords + ":2: user erin: "));
  CAF_CHECK_EQUAL(error.find("secret"), std::string::npos);
  settings.auth.passwords.clear();
  settings.auth.acl = write("acl", "topic x\ntopic reed y\n");
  CAF_CHECK(auth::policy::load(settings.auth)
                .error()
                .starts_with("auth.acl: " + settings.auth.acl + ":2: "));
}

CAF_TEST(a directory or a disk that fails is a file that cannot be read) {
  for (const auto option :
       {&core::auth_settings::passwords, &core::auth_settings::jwt_keys, &core::auth_settings::acl})
    for (const auto& path : {scratch.path(), std::string{"/proc/self/mem"}}) {
      core::auth_settings of;
      of.*option = path;
      const auto loaded = auth::policy::load(of);
      CAF_REQUIRE(!loaded.has_value());
      CAF_CHECK(loaded.error().ends_with(": " + path + " cannot be read"));
    }
}

CAF_TEST_FIXTURE_SCOPE_END()
