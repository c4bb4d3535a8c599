// Files of users: what is read, and what is refused with its line.
#define CAF_SUITE password_file
#include "auth/password_file.hpp"

#include <caf/test/dsl.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

using namespace mqttzoo::auth;

namespace {

const std::string hash =
    "$6$MNXUJc4q4YoSYQWq$M/FOH5GtMv3gV+9GWf5SzSJ+lvWSrRBU7w1kttaoj7vjvsJJnFQ+c1FDljZ9cWG8E+9h4Cop/"
    "s2sGm7hZLl9bw==";
const std::string argon2id =
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";

/// Of no password that anybody knows.
std::string hash_of(const std::string& kind) {
  return kind + "$c2FsdA==$" + std::string(86, 'A') + "==";
}

} // namespace

CAF_TEST(users are found by their names) {
  const auto file = password_file::parse("# accounts\n\ndave:" + hash + "\r\n carol c :" + hash +
                                         "  \n\t\n#dave:nothing\nlast:" + hash);
  CAF_REQUIRE(file.has_value());
  CAF_CHECK_EQUAL(file->size(), 3u);
  for (const auto* user : {"dave", "carol c", "last"}) {
    CAF_REQUIRE(file->find(user) != nullptr);
    CAF_CHECK(file->find(user)->accepts("d4ve"));
  }
  CAF_CHECK(file->find("Dave") == nullptr);
  CAF_CHECK(file->find("") == nullptr);
  CAF_CHECK_EQUAL(file->kinds_beside(nullptr).size(), 1u);
  CAF_CHECK(file->kinds_beside(file->find("dave")).empty());
}

CAF_TEST(an empty file has nobody) {
  const auto file = password_file::parse("");
  CAF_REQUIRE(file.has_value());
  CAF_CHECK_EQUAL(file->size(), 0u);
  CAF_CHECK(file->kinds_beside(nullptr).empty());
}

CAF_TEST(a refusal works through every kind of hash whoever is refused) {
  const auto file =
      password_file::parse("a:" + hash + "\nb:" + hash_of("$7$101") + "\nc:" + hash_of("$7$1000") +
                           "\nd:" + hash_of("$7$101") + "\ne:" + argon2id + "\nf:" + hash);
  CAF_REQUIRE(file.has_value());
  const auto kinds = file->kinds_beside(nullptr);
  CAF_CHECK_EQUAL(kinds.size(), 4u);
  for (const auto* user : {"a", "b", "c", "d", "e", "f"}) {
    const auto* own = file->find(user);
    CAF_REQUIRE(own != nullptr);
    auto tried = file->kinds_beside(own);
    tried.push_back(own);
    CAF_CHECK_EQUAL(tried.size(), kinds.size());
    for (const auto* kind : kinds)
      CAF_CHECK(std::ranges::any_of(
          tried, [&](const password_hash* t) { return t->costs_as_much_as(*kind); }));
  }
}

CAF_TEST(of more kinds than are made up for the cheapest are left out) {
  std::string text = "a:" + hash + "\nb:" + argon2id;
  for (const std::string passes : {"300", "100", "200", "400", "350"})
    text += '\n' + passes + ':' + hash_of("$7$" + passes);
  const auto file = password_file::parse(text);
  CAF_REQUIRE(file.has_value());
  std::vector<std::uint64_t> work;
  for (const auto* kind : file->kinds_beside(nullptr))
    work.push_back(kind->work());
  std::ranges::sort(work);
  CAF_CHECK_EQUAL(work, (std::vector<std::uint64_t>{300, 350, 400, 512}));
}

CAF_TEST(what is no user and hash is refused with its line) {
  const struct {
    std::string text;
    std::size_t line;
    std::string what;
  } table[] = {
      {"dave:" + hash + "\n\njust a name\n", 3, "colon"},
      {":" + hash, 1, "name"},
      {"dave:\n", 1, "dave"},
      {"# x\ndave:secret\n", 2, "mosquitto_passwd -U"},
      {"dave:" + hash + "\ndave:" + hash, 2, "twice"},
      {std::string(70'000, 'a') + ':' + hash, 1, "65535"},
  };
  for (const auto& [text, line, what] : table) {
    const auto file = password_file::parse(text);
    CAF_REQUIRE(!file.has_value());
    CAF_CHECK_EQUAL(file.error().line, line);
    CAF_CHECK_NOT_EQUAL(file.error().what.find(what), std::string::npos);
    CAF_CHECK_EQUAL(file.error().what.find("secret"), std::string::npos);
  }
}
