// Tokens: the examples of RFC 7515, and ones made here that are wrong in one way each.
#define CAF_SUITE token
#include "auth/token.hpp"

#include <caf/test/dsl.hpp>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <string>
#include <string_view>

using namespace mqttzoo;
using namespace mqttzoo::auth;

namespace {

// RFC 7515, A.1 to A.3: `iss` is joe, and `exp` is 1300819380.
const std::string payload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLm"
                            "NvbS9pc19yb290Ijp0cnVlfQ";
const std::string hs256 = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + payload +
                          ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const std::string rs256 =
    "eyJhbGciOiJSUzI1NiJ9." + payload +
    ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
    "O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
    "nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-"
    "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igc"
    "N_IoypGlUPQGe77Rw";
const std::string es256 =
    "eyJhbGciOiJFUzI1NiJ9." + payload +
    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
const std::string secret =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
const std::string oct = R"({"kty":"oct","k":")" + secret + R"("})";
const std::string rsa_modulus =
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-"
    "4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_"
    "7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-"
    "UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_"
    "h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
const std::string rsa = R"({"kty":"RSA","n":")" + rsa_modulus + R"(","e":"AQAB"})";
const std::string ec =
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";
constexpr std::int64_t joes_end = 1'300'819'380;

token_keys keys_of(const std::string& keys) {
  auto parsed = token_keys::parse(R"({"keys":[)" + keys + "]}");
  if (!parsed)
    CAF_FAIL(parsed.error());
  return *std::move(parsed);
}

std::string base64url(std::string_view bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  std::uint32_t bits = 0;
  int count = 0;
  for (const unsigned char c : bytes) {
    bits = bits << 8 | c;
    for (count += 8; count >= 6; count -= 6)
      text += digits[bits >> (count - 6) & 63];
  }
  if (count > 0)
    text += digits[bits << (6 - count) & 63];
  return text;
}

const std::string own_secret(32, 's');
const std::string own_key = R"({"kty":"oct","kid":"one","k":")" + base64url(own_secret) + R"("})";

std::string sign(const std::string& header, const std::string& claims,
                 const std::string& with = own_secret) {
  auto text = base64url(header) + '.' + base64url(claims);
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  HMAC(EVP_sha256(), with.data(), static_cast<int>(with.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &size);
  return text + '.' + base64url({reinterpret_cast<const char*>(mac.data()), size});
}

const std::string header = R"({"alg":"HS256"})";
constexpr std::int64_t now = 1'700'000'000;

/// "in NAME", "expired" or "refused".
std::string check(const std::string& token, const token_demands& wanted = {"sub", "", "", {}},
                  const std::string& keys = own_key) {
  const auto claims = check_token(token, keys_of(keys), wanted, now);
  if (claims)
    return "in " + claims->user;
  return claims.error() == token_fault::expired ? "expired" : "refused";
}

} // namespace

CAF_TEST(the examples of the standard) {
  const token_demands wanted{"iss", "", "", {}};
  const auto keys = keys_of(oct + ',' + rsa + ',' + ec);
  CAF_CHECK_EQUAL(keys.size(), 3u);
  for (const auto& token : {hs256, rs256, es256}) {
    const auto claims = check_token(token, keys, wanted, joes_end - 1);
    CAF_REQUIRE(claims.has_value());
    CAF_CHECK_EQUAL(claims->user, "joe");
    CAF_CHECK_EQUAL(claims->expires_at_unix_s, joes_end);
    CAF_CHECK(keys.has(claims->signer));
    const auto late = check_token(token, keys, wanted, joes_end);
    CAF_CHECK(!late && late.error() == token_fault::expired);
    for (std::size_t i = 0; i < token.size(); i += 7) { // a change anywhere
      auto other = token;
      other[i] = other[i] == 'A' ? 'B' : 'A';
      if (other != token)
        CAF_CHECK(!check_token(other, keys, wanted, joes_end - 1));
    }
    for (std::size_t n = 0; n < token.size(); n += 3)
      CAF_CHECK(!check_token(token.substr(0, n), keys, wanted, joes_end - 1));
  }
  CAF_CHECK(!check_token(rs256, keys_of(ec), wanted, joes_end - 1));
  CAF_CHECK(!check_token(es256, keys_of(rsa + ',' + oct), wanted, joes_end - 1));
}

CAF_TEST(a key decides its algorithm) {
  const std::string claims = R"({"sub":"eve","exp":1800000000})";
  CAF_CHECK_EQUAL(check(sign(header, claims)), "in eve");
  CAF_CHECK_EQUAL(check(sign(R"({"alg":"none"})", claims)), "refused");
  CAF_CHECK_EQUAL(check(base64url(R"({"alg":"none"})") + '.' + base64url(claims) + '.'), "refused");
  CAF_CHECK_EQUAL(check(sign(R"({"alg":"hs256"})", claims)), "refused");
  CAF_CHECK_EQUAL(check(sign(R"({"alg":"RS256"})", claims)), "refused");
  CAF_CHECK_EQUAL(check(sign(R"({"alg":["HS256"]})", claims)), "refused");
  CAF_CHECK_EQUAL(check(sign(R"({"alg":"HS256","crit":["x"]})", claims)), "refused");
  CAF_CHECK_EQUAL(check(sign("[]", claims)), "refused");
  // A public key is no secret to sign with.
  for (const auto& public_text : {rsa, rsa_modulus, ec})
    CAF_CHECK_EQUAL(check(sign(header, claims, public_text), {"sub", "", "", {}}, rsa + ',' + ec),
                    "refused");
  CAF_CHECK_EQUAL(check(sign(R"({"alg":"HS256","kid":"one"})", claims)), "in eve");
  CAF_CHECK_EQUAL(check(sign(R"({"alg":"HS256","kid":"two"})", claims)), "refused");
}

CAF_TEST(claims are held against what is wanted) {
  const token_demands wanted{"name", "issuer", "zoo", std::chrono::seconds{10}};
  const auto with = [&](const std::string& change, const std::string& by) {
    std::string claims =
        R"({"name":"eve","iss":"issuer","aud":["x","zoo"],"exp":1700000000,"nbf":1700000000})";
    if (const auto at = claims.find(change); !change.empty())
      claims.replace(at, change.size(), by);
    return check(sign(header, claims), wanted);
  };
  CAF_CHECK_EQUAL(with("", ""), "in eve"); // within the leeway
  CAF_CHECK_EQUAL(with(R"("exp":1700000000)", R"("exp":1699999990)"), "expired");
  CAF_CHECK_EQUAL(with(R"("nbf":1700000000)", R"("nbf":1700000011)"), "expired");
  CAF_CHECK_EQUAL(with(R"("exp":1700000000)", R"("exp":1700000000.5)"), "in eve");
  CAF_CHECK_EQUAL(with(R"("exp":1700000000,)", ""), "refused"); // for ever
  for (const auto* date :
       {R"("exp":"1800000000")", R"("exp":-1)", R"("exp":1e300)", R"("exp":null)"})
    CAF_CHECK_EQUAL(with(R"("exp":1700000000)", date), "refused");
  CAF_CHECK_EQUAL(with(R"("nbf":1700000000)", R"("nbf":"x")"), "refused");
  CAF_CHECK_EQUAL(with("issuer", "another"), "refused");
  CAF_CHECK_EQUAL(with(R"(["x","zoo"])", R"("zoo")"), "in eve");
  for (const auto* audience : {R"("x")", "[]", "7", R"(["x"])"})
    CAF_CHECK_EQUAL(with(R"(["x","zoo"])", audience), "refused");
  for (const auto* name : {R"("")", "7", "null", "\"a\\u0000\""})
    CAF_CHECK_EQUAL(with(R"("eve")", name), "refused");
  CAF_CHECK_EQUAL(check(sign(header, "[1]"), wanted), "refused");
  CAF_CHECK_EQUAL(check(sign(header, "{"), wanted), "refused");
}

CAF_TEST(what is no token is refused) {
  for (const auto* text : {"", "a", "ey", "ey..", "ey.a.b", "eyJhbGciOiJIUzI1NiJ9.e30.", "....",
                           "a.b.c", "eyJhbGciOiJIUzI1NiJ9..x"})
    CAF_CHECK_EQUAL(check(text), "refused");
  CAF_CHECK(!looks_like_token("secret.with.dots"));
  CAF_CHECK(!looks_like_token("ey" + std::string(20'000, 'a') + ".b.c"));
}

CAF_TEST(keys of other kinds are passed over and bad ones named) {
  const auto keys = keys_of(R"({"kty":"OKP","crv":"Ed25519","x":"a"},)"
                            R"({"kty":"RSA","use":"enc"},{"kty":"EC","crv":"P-384"},)"
                            R"({"kty":"RSA","alg":"RS512","n":")" +
                            rsa_modulus + R"(","e":"AQAB"},)" + own_key);
  CAF_CHECK_EQUAL(keys.size(), 1u);
  const struct {
    std::string text;
    std::string what;
  } table[] = {
      {"", "no JSON Web Key Set"},
      {"{", "no JSON Web Key Set"},
      {"[]", "no JSON Web Key Set"},
      {R"({"keys":{}})", "no JSON Web Key Set"},
      {R"({"keys":[]})", "no key"},
      {R"({"keys":[{"kty":"OKP"}]})", "no key"},
      {R"({"keys":[7]})", "key 1 is no object"},
      {R"({"keys":[)" + own_key + R"(,{"kty":"oct","k":"c2hvcnQ"}]})", "key 2 has no `k`"},
      {R"({"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]})", "2048"},
      {R"({"keys":[{"kty":"RSA","e":"AQAB"}]})", "modulus"},
      {R"({"keys":[{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}]})", "point"},
      {R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}]})",
       "point"}, // not on the curve
  };
  for (const auto& [text, what] : table) {
    const auto parsed = token_keys::parse(text);
    CAF_REQUIRE(!parsed.has_value());
    CAF_MESSAGE(parsed.error());
    CAF_CHECK_NOT_EQUAL(parsed.error().find(what), std::string::npos);
  }
}
