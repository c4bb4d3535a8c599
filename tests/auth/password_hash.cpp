// Hashes as mosquitto_passwd and argon2's reference implementation made them.
#define CAF_SUITE password_hash
#include "auth/password_hash.hpp"

#include <caf/test/dsl.hpp>
#include <openssl/crypto.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>

using namespace mqttzoo::auth;
using namespace std::literals;

namespace {

// mosquitto_passwd 2.0.11: -b, -b -H sha512, -b -I 500
constexpr auto pbkdf2 =
    "$7$101$L+tbZf85lyj16/9p$YL2UrV2oOLLpqiuL/L9HvXjhEVqL5LHgz/pRdX6D4Xj0m6d4bXVqCLwjbHHPYYWS987lvv8GoiMgwFdefFUTeg=="sv;
constexpr auto empty_password =
    "$7$101$kTBdtNzxjDMntaR/$dZMyyCOTz6vtQ8zpbYnwgjHaXF9mTRs2fh9WcmsRtEXObW6pBhEmZNxUAIjU7CBSxAyG9WB5/g6sVp3DtwUKCA=="sv;
constexpr auto not_ascii =
    "$7$101$UhiVlA8ObN+fux5L$lymSxuVZADnSaMw0XmuqQq2z5vClrfSr+nuDgztIElFJe+o825GmA8ZfFWKlb1QXdz8BI4Uz3mj3jY3KnyH58w=="sv;
constexpr auto sha512 =
    "$6$MNXUJc4q4YoSYQWq$M/FOH5GtMv3gV+9GWf5SzSJ+lvWSrRBU7w1kttaoj7vjvsJJnFQ+c1FDljZ9cWG8E+9h4Cop/s2sGm7hZLl9bw=="sv;
constexpr auto more_passes =
    "$7$500$O6PQzqg0qwGKy14/$xNwIecoWSxkIPdTSBkbMlP8jNKpD/5gNxAUQcsV7YiWVXZ0zpdlEF0TSj4JHU9PRf+mWqrQlhQz2+OaL1wtUeQ=="sv;
// test.c of argon2's reference implementation
constexpr auto argon2id =
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"sv;
constexpr auto two_lanes =
    "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"sv;

bool accepts(std::string_view hash, std::string_view password) {
  const auto parsed = password_hash::parse(hash);
  return parsed && parsed->accepts(password);
}

std::string inverted(std::string text) {
  for (auto& c : text)
    c = static_cast<char>(~c);
  return text;
}

/// Whether `text`, given inverted so that this finds no copy of its own, stands in memory that this
/// process may write to.
bool stands_in_memory(const std::string& inverted_text) {
  std::ifstream maps{"/proc/self/maps"};
  std::ifstream memory{"/proc/self/mem", std::ios::binary};
  std::string part;
  for (std::string line; std::getline(maps, line);) {
    unsigned long from = 0;
    unsigned long to = 0;
    constexpr unsigned long bytes_max = 256ul << 20; // beyond it are the shadows of sanitizers
    if (std::sscanf(line.c_str(), "%lx-%lx rw", &from, &to) != 2 || line.find(" rw") == line.npos ||
        to - from > bytes_max)
      continue;
    part.assign(to - from, '\0');
    memory.clear();
    memory.seekg(static_cast<std::streamoff>(from));
    memory.read(part.data(), static_cast<std::streamsize>(part.size()));
    for (auto& c : part)
      c = static_cast<char>(~c);
    if (part.find(inverted_text) != part.npos)
      return true;
  }
  return false;
}

} // namespace

CAF_TEST(no copy of a password stays in memory) {
  const auto hash = password_hash::parse(sha512);
  std::string upside_down; // what is built leaves copies behind
  for (int i = 0; i < 100; ++i)
    upside_down += static_cast<char>(128 + i * i % 101);
  const auto middle = upside_down.substr(40, 30); // the allocator writes at the ends
  auto password = inverted(upside_down);
  CAF_CHECK(stands_in_memory(middle)); // or the search is no good
  CAF_CHECK(!hash->accepts(password));
  OPENSSL_cleanse(password.data(), password.size());
  CAF_CHECK(!stands_in_memory(middle));
}

CAF_TEST(each form accepts its password and no other) {
  const struct {
    std::string_view hash;
    std::string_view password;
  } table[] = {{pbkdf2, "wonder land"}, {empty_password, ""}, {not_ascii, "p\xC3\xA4sswört"},
               {sha512, "d4ve"},        {more_passes, "x"},   {argon2id, "password"},
               {two_lanes, "password"}};
  for (const auto& [hash, password] : table) {
    CAF_CHECK(password_hash::parse(hash).has_value());
    CAF_CHECK(accepts(hash, password));
    CAF_CHECK(!accepts(hash, std::string{password} + "x"));
    CAF_CHECK(!accepts(hash, "another"));
  }
}

CAF_TEST(what is no hash is refused and not repeated) {
  for (const auto& text : {
           ""s,
           "secret"s,
           "$"s,
           "$5$a$b"s,
           "$7$"s,
           "$7$0$c2FsdA==$" + std::string(88, 'A'),
           "$7$99999999999$c2FsdA==$" + std::string(86, 'A') + "=="s, // too many passes
           "$7$101$c2FsdA$" + std::string(86, 'A') + "=="s,           // the salt is not padded
           "$6$$" + std::string(86, 'A') + "=="s,                     // no salt
           "$6$c2FsdA==$" + std::string(84, 'A'),                     // too short
           "$6$c2FsdA==$" + std::string(86, '*') + "=="s,
           "$argon2id$v=16$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEg"s,
           "$argon2id$v=19$m=4,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEg"s,
           "$argon2id$v=19$m=2097152,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEg"s, // 2 GiB
           "$argon2id$v=19$t=2,m=256,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEg"s,
           "$argon2id$v=19$m=256,t=2,p=1,x=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEg"s,
           "$argon2id$v=19$m=256,t=2,p=1$c2FsdA$nf65EOgLrQMR/uIPnA4rEg"s, // a short salt
           "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65"s,
       }) {
    const auto parsed = password_hash::parse(text);
    CAF_CHECK(!parsed.has_value());
    if (!parsed && text.size() > 4)
      CAF_CHECK(std::string_view{parsed.error()}.find(text) == std::string_view::npos);
  }
}

CAF_TEST(a fingerprint tells hashes apart) {
  const auto of = [](std::string_view hash) { return password_hash::parse(hash)->fingerprint(); };
  CAF_CHECK_EQUAL(of(pbkdf2), of(pbkdf2));
  CAF_CHECK_NOT_EQUAL(of(pbkdf2), of(sha512));
  CAF_CHECK_NOT_EQUAL(of(pbkdf2), 0u);
}
