// Who may use the endpoint, and that it cannot be opened to a network by mistake.
#define CAF_SUITE admin.access
#include "admin/access.hpp"

#include "tests/scratch_directory.hpp"

#include <caf/test/dsl.hpp>

#include <fstream>

using namespace mqttzoo;
using admin::access;
using admin::standing;

namespace {

core::admin_settings settings_with(std::string address, std::string token_file = {}) {
  auto s = core::settings{}.admin;
  s.address = std::move(address);
  s.token = std::move(token_file);
  return s;
}

std::string write(const std::string& file, const std::string& text) {
  std::ofstream{file} << text;
  return file;
}

} // namespace

CAF_TEST(without a token only loopback is listened on) {
  CAF_CHECK(access::from(settings_with("127.0.0.1")).has_value());
  CAF_CHECK(access::from(settings_with("::1")).has_value());
  for (const auto* open : {"0.0.0.0", "::", "10.0.0.1"})
    CAF_CHECK(!access::from(settings_with(open)).has_value());
  auto tls = settings_with("0.0.0.0");
  tls.tls_ca = "ca.pem";
  CAF_CHECK(access::from(tls).has_value());
}

CAF_TEST(on loopback the host must be this machine so that no page is tricked into asking) {
  const auto a = access::from(settings_with("127.0.0.1"));
  CAF_REQUIRE(a.has_value());
  for (const auto* good : {"localhost", "localhost:8080", "127.0.0.1:8080", "[::1]:8080"})
    CAF_CHECK(a->judge({{}, good, false}) == standing::admitted);
  for (const auto* bad : {"", "evil.example", "evil.example:8080", "127.0.0.1.evil.example", "["})
    CAF_CHECK(a->judge({{}, bad, false}) == standing::unknown);
}

CAF_TEST(with a token it is the token that counts) {
  const test::scratch_directory here;
  const auto file = write(here.path() + "/token", "0123456789abcdef\n");
  const auto a = access::from(settings_with("0.0.0.0", file));
  CAF_REQUIRE(a.has_value());
  CAF_CHECK(a->judge({"Bearer 0123456789abcdef", "any", false}) == standing::admitted);
  for (const auto* bad : {"", "0123456789abcdef", "Bearer ", "Bearer 0123456789abcdeg",
                          "Bearer 0123456789abcdef ", "Basic 0123456789abcdef"})
    CAF_CHECK(a->judge({bad, "localhost", false}) == standing::unknown);
}

CAF_TEST(with a token and authorities it takes both) {
  const test::scratch_directory here;
  auto s = settings_with("0.0.0.0", write(here.path() + "/token", "0123456789abcdef\n"));
  s.tls_ca = "ca.pem";
  const auto both = access::from(s);
  CAF_REQUIRE(both.has_value());
  const auto* token = "Bearer 0123456789abcdef";
  CAF_CHECK(both->judge({token, "any", true}) == standing::admitted);
  CAF_CHECK(both->judge({"", "localhost", true}) == standing::unknown);
  CAF_CHECK(both->judge({token, "localhost", false}) == standing::unknown);
  s.token.clear();
  const auto certificate = access::from(s);
  CAF_REQUIRE(certificate.has_value());
  CAF_CHECK(certificate->judge({"", "any", true}) == standing::admitted);
  CAF_CHECK(certificate->judge({token, "localhost", false}) == standing::unknown);
}

CAF_TEST(a token that can be guessed or cannot be read is an error) {
  const test::scratch_directory here;
  CAF_CHECK(!access::from(settings_with("::1", here.path() + "/none")).has_value());
  CAF_CHECK(!access::from(settings_with("::1", write(here.path() + "/short", "abc"))).has_value());
  CAF_CHECK(!access::from(settings_with("::1", write(here.path() + "/empty", ""))).has_value());
}
