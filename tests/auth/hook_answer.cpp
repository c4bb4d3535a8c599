// What is asked of the hook, what it may answer, and how that is remembered.
#define CAF_SUITE hook_answer
#include "auth/hook_answer.hpp"

#include "auth/hook_memory.hpp"

#include <caf/test/dsl.hpp>

#include <string>

using namespace mqttzoo;
using namespace mqttzoo::auth;

namespace {

std::string request(std::optional<std::string> user, std::optional<std::string> password) {
  login l;
  l.client = "c";
  l.peer = "10.0.0.1:5";
  l.user = std::move(user);
  l.password = std::move(password);
  return make_hook_request(l);
}

std::string key(const hook_memory& of, const std::string& client, const std::string& user,
                const std::string& password, const std::string& peer = "10.0.0.1:5") {
  login l;
  l.client = client;
  l.peer = peer;
  l.user = user;
  l.password = password;
  return of.key_of(l);
}

} // namespace

CAF_TEST(what is asked) {
  CAF_CHECK_EQUAL(request("u", "p"),
                  R"({"client":"c","password":"p","peer":"10.0.0.1:5","user":"u"})");
  CAF_CHECK_EQUAL(request({}, {}), R"({"client":"c","peer":"10.0.0.1:5"})");
  CAF_CHECK_EQUAL(request({}, "\xFF\xFE"),
                  R"({"client":"c","password_base64":"//4=","peer":"10.0.0.1:5"})");
}

CAF_TEST(what is answered) {
  CAF_CHECK(parse_hook_answer(200, R"({"result":"allow"})")->allowed);
  CAF_CHECK(!parse_hook_answer(200, R"({"result":"deny","why":"x"})")->allowed);
  const auto full = parse_hook_answer(
      200, R"({"result":"allow","acl":["topic read a","pattern b/%c"],"valid_for_s":7})");
  CAF_REQUIRE(full.has_value());
  CAF_CHECK(full->rules == "topic read a\npattern b/%c\n");
  CAF_CHECK(full->valid_for == std::chrono::seconds{7});
  const auto none = parse_hook_answer(200, R"({"result":"allow","acl":[]})");
  CAF_CHECK(none->rules == ""); // nothing is permitted, which is not the same as no rules
}

CAF_TEST(nonsense is refused with a reason) {
  const struct {
    unsigned status;
    std::string body;
    std::string what;
  } table[] = {
      {500, R"({"result":"allow"})", "500"},
      {204, "", "204"},
      {200, "", "result"},
      {200, "[]", "result"},
      {200, R"({"result":true})", "result"},
      {200, R"({"result":"Allow"})", "result"},
      {200, R"({"result":"allow","acl":"topic a"})", "list"},
      {200, R"({"result":"allow","acl":[7]})", "line of text"},
      {200, R"({"result":"allow","acl":["topic a\ntopic b"]})", "line of text"},
      {200, R"({"result":"allow","acl":["topic a","topic reed b"]})", "line 2"},
      {200, R"({"result":"allow","acl":["user x"]})", "users"},
      {200, R"({"result":"allow","acl":["topic )" + std::string(17'000, 'a') + R"("]})", "16 KiB"},
      {200, R"({"result":"allow","valid_for_s":-1})", "valid_for_s"},
      {200, R"({"result":"allow","valid_for_s":1e9})", "valid_for_s"},
      {200, R"({"result":"allow","valid_for_s":31622401})", "valid_for_s"},
  };
  for (const auto& [status, body, what] : table) {
    const auto answer = parse_hook_answer(status, body);
    CAF_REQUIRE(!answer.has_value());
    CAF_CHECK_NOT_EQUAL(answer.error().find(what), std::string::npos);
  }
}

CAF_TEST(what an answer means) {
  login l;
  const std::chrono::steady_clock::time_point at{std::chrono::hours{7}};
  CAF_CHECK(verdict_of({}, l, at).outcome == mqtt::login_outcome::hook_refused);
  const auto nameless = verdict_of({true, {}, {}}, l, at);
  CAF_CHECK(nameless.outcome == mqtt::login_outcome::accepted);
  CAF_CHECK(!nameless.who.user && !nameless.who.rules);
  CAF_CHECK(nameless.who.valid_until == std::chrono::steady_clock::time_point::max());
  l.user = "u";
  const auto full = verdict_of({true, "topic a\n", std::chrono::seconds{9}}, l, at);
  CAF_CHECK(full.who.by == mqtt::identity::proof::hook);
  CAF_CHECK(full.who.user == "u" && full.who.rules == "topic a\n");
  CAF_CHECK(full.who.valid_until == at + std::chrono::seconds{9});
}

CAF_TEST(answers are remembered by all that was shown) {
  hook_memory memory;
  const auto one = key(memory, "c", "u", "p");
  CAF_CHECK_EQUAL(one, key(memory, "c", "u", "p", "10.0.0.1:6")); // another port
  for (const auto& other :
       {key(memory, "c2", "u", "p"), key(memory, "c", "u2", "p"), key(memory, "c", "u", "p2"),
        key(memory, "c", "up", ""), key(memory, "c", "u", "p", "10.0.0.2:5"),
        key(hook_memory{}, "c", "u", "p")})
    CAF_CHECK_NOT_EQUAL(one, other);
}

CAF_TEST(the longest unused answer goes) {
  hook_memory memory;
  const hook_memory::time_point now{};
  for (const auto* k : {"a", "b", "c"})
    memory.keep(k, {true, {}, {}}, now, 3);
  CAF_CHECK(memory.find("a") != nullptr);
  memory.keep("d", {true, {}, {}}, now, 3);
  CAF_CHECK(memory.find("b") == nullptr);
  CAF_CHECK(memory.find("a") != nullptr);
  memory.keep("a", {false, {}, {}}, now, 3);
  CAF_CHECK(!memory.find("a")->answer.allowed);
  CAF_CHECK_EQUAL(memory.size(), 3u);
  memory.keep("e", {true, {}, {}}, now, 0);
  CAF_CHECK_EQUAL(memory.size(), 0u);
}
