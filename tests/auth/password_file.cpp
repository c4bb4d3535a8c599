// Files of users: what is read, and what is refused with its line.
#define CAF_SUITE password_file
#include "auth/password_file.hpp"

#include <caf/test/dsl.hpp>

#include <string>

using namespace mqttzoo::auth;

namespace {

const std::string hash =
    "$6$MNXUJc4q4YoSYQWq$M/FOH5GtMv3gV+9GWf5SzSJ+lvWSrRBU7w1kttaoj7vjvsJJnFQ+c1FDljZ9cWG8E+9h4Cop/"
    "s2sGm7hZLl9bw==";

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
  CAF_CHECK(file->any() != nullptr);
}

CAF_TEST(an empty file has nobody) {
  const auto file = password_file::parse("");
  CAF_REQUIRE(file.has_value());
  CAF_CHECK_EQUAL(file->size(), 0u);
  CAF_CHECK(file->any() == nullptr);
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
