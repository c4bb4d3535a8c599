// Rules of access: the syntax, and what they mean, as mosquitto's manual and its source say.
#define CAF_SUITE acl
#include "auth/acl.hpp"

#include <caf/test/dsl.hpp>

#include <memory>
#include <string>

using namespace mqttzoo;
using auth::acl;

namespace {

std::unique_ptr<mqtt::permissions> permissions(const std::string& text,
                                               std::optional<std::string> user,
                                               std::string_view client = "id") {
  auto parsed = acl::parse(text);
  CAF_REQUIRE(parsed.has_value());
  return auth::make_permissions(std::make_shared<const acl>(std::move(*parsed)),
                                {user, user, client});
}

/// "rw", "r", "w" or "".
std::string access(mqtt::permissions& p, const std::string& topic) {
  std::string got;
  for (int i = 0; i < 2; ++i) // the second time from memory
    got = std::string{p.may_receive(topic) ? "r" : ""} + (p.may_publish(topic) ? "w" : "");
  return got;
}

} // namespace

CAF_TEST(each user has its own topics) {
  const std::string text = "topic read public/#\n"
                           "\n"
                           "# people\n"
                           "user alice\n"
                           "topic read a/#\n"
                           "topic write cmd/+\r\n"
                           "topic readwrite chat with blanks/#\n"
                           "topic both\n"
                           "user bob\n"
                           "topic deny a/secret\n"
                           "topic a/#\n"
                           "user alice\n"
                           "topic deny a/hidden/#\n";
  auto alice = permissions(text, "alice");
  CAF_CHECK_EQUAL(access(*alice, "a/b"), "r");
  CAF_CHECK_EQUAL(access(*alice, "a/hidden/b"), ""); // denials count first, wherever they stand
  CAF_CHECK_EQUAL(access(*alice, "cmd/x"), "w");
  CAF_CHECK_EQUAL(access(*alice, "cmd/x/y"), "");
  CAF_CHECK_EQUAL(access(*alice, "chat with blanks/1"), "rw");
  CAF_CHECK_EQUAL(access(*alice, "both"), "rw");
  CAF_CHECK_EQUAL(access(*alice, "public/x"), ""); // that is for clients without a name
  auto bob = permissions(text, "bob");
  CAF_CHECK_EQUAL(access(*bob, "a/b"), "rw");
  CAF_CHECK_EQUAL(access(*bob, "a/secret"), "");
  CAF_CHECK_EQUAL(access(*permissions(text, "carol"), "a/b"), "");
  auto nameless = permissions(text, std::nullopt);
  CAF_CHECK_EQUAL(access(*nameless, "public/x"), "r");
  CAF_CHECK_EQUAL(access(*nameless, "a/b"), "");
}

CAF_TEST(patterns are for everybody) {
  const std::string text = "topic deny dev/c1/off\n"
                           "user alice\n"
                           "topic deny dev/c1/off\n"
                           "topic read dev/c1/on\n"
                           "pattern readwrite dev/%c/#\n"
                           "pattern deny dev/%c/on\n"
                           "pattern read users/%u/inbox\n"
                           "pattern write plain\n";
  auto alice = permissions(text, "alice", "c1");
  CAF_CHECK_EQUAL(access(*alice, "dev/c1/x"), "rw");
  CAF_CHECK_EQUAL(access(*alice, "dev/c2/x"), "");
  CAF_CHECK_EQUAL(access(*alice, "dev/c1/off"), "");
  CAF_CHECK_EQUAL(access(*alice, "dev/c1/on"), "r"); // what her own topics grant no pattern denies
  CAF_CHECK_EQUAL(access(*alice, "users/alice/inbox"), "r");
  CAF_CHECK_EQUAL(access(*alice, "users/bob/inbox"), "");
  CAF_CHECK_EQUAL(access(*alice, "plain"), "w");
  auto nameless = permissions(text, std::nullopt, "c1");
  CAF_CHECK_EQUAL(access(*nameless, "dev/c1/x"), "rw");
  CAF_CHECK_EQUAL(access(*nameless, "users/%u/inbox"), ""); // %u stands for nobody
  CAF_CHECK_EQUAL(access(*nameless, "users//inbox"), "");
}

CAF_TEST(names cannot reach into the tree of others) {
  const std::string text = "topic read public\nuser +\ntopic read public\n"
                           "pattern readwrite dev/%c/#\npattern read users/%u\n";
  for (const auto* client : {"+", "#", "a+", "c1/x"}) {
    auto p = permissions(text, std::nullopt, client);
    CAF_CHECK_EQUAL(access(*p, "dev/c1/x"), "");
    CAF_CHECK_EQUAL(access(*p, std::string{"dev/"} + client), "");
    CAF_CHECK_EQUAL(access(*p, "public"), "r"); // its own topics are not patterns
  }
  auto p = permissions(text, "+", "c1");
  CAF_CHECK_EQUAL(access(*p, "users/bob"), "");
  CAF_CHECK_EQUAL(access(*p, "dev/c1/x"), "");
  CAF_CHECK_EQUAL(access(*p, "public"), "r");
  auto twice = permissions("pattern read %u/%c\n", "%c", "x"); // filled in once
  CAF_CHECK_EQUAL(access(*twice, "%c/x"), "r");
  CAF_CHECK_EQUAL(access(*twice, "x/x"), "");
}

CAF_TEST(no name makes a pattern one of the topics of the server) {
  const std::string text =
      "pattern read %c/#\npattern readwrite %u/#\npattern read $SYS/of/%c\n"
      "pattern read %c\npattern deny %c/of/secret\npattern read $SYS/of/secret\n";
  auto p = permissions(text, "$SYS", "$SYS");
  for (const auto* topic : {"$SYS", "$SYS/broker/version", "$SYS/of/other"})
    CAF_CHECK_EQUAL(access(*p, topic), "");
  CAF_CHECK_EQUAL(access(*p, "$SYS/of/$SYS"), "r");  // the pattern begins so itself
  CAF_CHECK_EQUAL(access(*p, "$SYS/of/secret"), ""); // a denial holds
  auto other = permissions(text, "u", "c");
  CAF_CHECK_EQUAL(access(*other, "c/x"), "r");
  CAF_CHECK_EQUAL(access(*other, "u/x"), "rw");
}

CAF_TEST(the topics of the server need a rule of their own) {
  auto all = permissions("topic #\n", std::nullopt);
  CAF_CHECK_EQUAL(access(*all, "a/b"), "rw");
  CAF_CHECK_EQUAL(access(*all, "$SYS/broker/version"), "");
  auto own = permissions("topic read $SYS/#\n", std::nullopt);
  CAF_CHECK_EQUAL(access(*own, "$SYS/broker/version"), "r");
}

CAF_TEST(a subscription is refused when nothing can come of it) {
  const std::string text = "topic read a/#\ntopic deny a/secret/#\ntopic write w/#\n"
                           "pattern read dev/%c/+\n";
  auto p = permissions(text, std::nullopt, "c1");
  for (const auto* filter :
       {"#", "a/#", "+/b", "a/secret", "a/+/x", "dev/+/x", "dev/c1/+", "+/+/+"})
    if (std::string_view{filter} != "a/secret")
      CAF_CHECK(p->may_subscribe(filter));
  for (const auto* filter :
       {"b/#", "a/secret", "a/secret/#", "a/secret/+", "w/#", "dev/c2/#", "$SYS/#"})
    CAF_CHECK(!p->may_subscribe(filter));
}

CAF_TEST(an empty file permits nothing) {
  auto p = permissions("# nothing\n", "alice");
  CAF_CHECK_EQUAL(access(*p, "a"), "");
  CAF_CHECK(!p->may_subscribe("#"));
}

CAF_TEST(what is forgotten is judged anew) {
  auto p = permissions("topic read a/+\n", std::nullopt);
  for (int round = 0; round < 2; ++round)
    for (int i = 0; i < 100; ++i) {
      CAF_CHECK(p->may_receive("a/" + std::to_string(i)));
      CAF_CHECK(!p->may_receive("b/" + std::to_string(i)));
      CAF_CHECK(!p->may_publish("a/" + std::to_string(i)));
    }
  CAF_CHECK(p->may_receive("a/" + std::string(1000, 'x')));
  CAF_CHECK(!p->may_receive("b/" + std::string(1000, 'x')));
}

CAF_TEST(what is no rule is refused with its line) {
  const struct {
    std::string text;
    std::size_t line;
    std::string what;
  } table[] = {
      {"topic read a\nuser\n", 2, "name"},  {"\n\ntopic\n", 3, "empty"},
      {"topic reed a/b\n", 1, "reed"},      {"topic read a/#/b\n", 1, "'#'"},
      {"topic with blanks/#\n", 1, "with"}, {"topics read a\n", 1, "topics"},
      {"pattern read x+/%c\n", 1, "'+'"},   {"topic read $share/g/a\n", 1, "$share"},
  };
  for (const auto& [text, line, what] : table) {
    const auto parsed = acl::parse(text);
    CAF_REQUIRE(!parsed.has_value());
    CAF_CHECK_EQUAL(parsed.error().line, line);
    CAF_CHECK_NOT_EQUAL(parsed.error().what.find(what), std::string::npos);
  }
}
