#include "auth/token_keys.hpp"

#include "auth/base64.hpp"
#include "core/json_text.hpp"

#include <nlohmann/json.hpp>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

namespace mqttzoo::auth {

namespace {

using json = nlohmann::json;

template<auto Free>
struct freed_by {
  template<class T>
  void operator()(T* p) const noexcept {
    Free(p);
  }
};
using pkey = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using pkey_context = std::unique_ptr<EVP_PKEY_CTX, freed_by<EVP_PKEY_CTX_free>>;
using digest_context = std::unique_ptr<EVP_MD_CTX, freed_by<EVP_MD_CTX_free>>;
using number = std::unique_ptr<BIGNUM, freed_by<BN_free>>;
using params_builder = std::unique_ptr<OSSL_PARAM_BLD, freed_by<OSSL_PARAM_BLD_free>>;
using params = std::unique_ptr<OSSL_PARAM, freed_by<OSSL_PARAM_free>>;
using ecdsa_signature = std::unique_ptr<ECDSA_SIG, freed_by<ECDSA_SIG_free>>;

constexpr std::size_t hmac_key_bytes_min = 32; // RFC 7518, 3.2
constexpr int rsa_bits_min = 2048;             // 3.3
constexpr std::size_t p256_bytes = 32;         // of a coordinate, and of half a signature

const unsigned char* bytes_of(std::string_view s) noexcept {
  return reinterpret_cast<const unsigned char*>(s.data());
}

number number_of(std::string_view bytes) {
  return number{BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr)};
}

pkey make_key(const char* type, OSSL_PARAM_BLD* from) {
  const params built{OSSL_PARAM_BLD_to_param(from)};
  const pkey_context context{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
  EVP_PKEY* made = nullptr;
  if (!built || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, built.get()) != 1)
    return nullptr;
  return pkey{made};
}

pkey make_rsa(std::string_view n, std::string_view e) {
  const params_builder builder{OSSL_PARAM_BLD_new()};
  const auto modulus = number_of(n);
  const auto exponent = number_of(e);
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  return make_key("RSA", builder.get());
}

pkey make_p256(std::string_view x, std::string_view y) {
  const params_builder builder{OSSL_PARAM_BLD_new()};
  const std::string point = "\x04" + std::string{x} + std::string{y}; // uncompressed
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  return make_key("EC", builder.get());
}

/// The bytes of a member in base64url; nothing if there is none.
std::optional<std::string> bytes_member(const json& of, const char* name) {
  const auto found = of.find(name);
  if (found == of.end() || !found->is_string())
    return std::nullopt;
  return decode_base64(found->get_ref<const std::string&>(), base64_form::url);
}

std::string text_member(const json& of, const char* name) {
  const auto found = of.find(name);
  return found != of.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

/// As OpenSSL wants it: JSON Web Signatures hold two numbers side by side.
std::string der_of(std::string_view signature) {
  if (signature.size() != 2 * p256_bytes)
    return {};
  auto r = number_of(signature.substr(0, p256_bytes));
  auto s = number_of(signature.substr(p256_bytes));
  const ecdsa_signature both{ECDSA_SIG_new()};
  ECDSA_SIG_set0(both.get(), r.release(), s.release());
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(both.get(), &der);
  if (size <= 0)
    return {};
  std::string made{reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)};
  OPENSSL_free(der);
  return made;
}

} // namespace

class token_keys::key {
public:
  /// Null if it is of a kind that is passed over; the error if it is of ours, and no good.
  static expected<std::shared_ptr<const key>, std::string> make(const json& from);

  bool signed_it(const signed_text& s) const {
    if (s.algorithm != algorithm_ || (!s.key_id.empty() && !id_.empty() && s.key_id != id_))
      return false;
    if (!secret_.empty())
      return has_mac(s);
    const auto der = algorithm_ == "ES256" ? der_of(s.signature) : std::string{s.signature};
    const digest_context context{EVP_MD_CTX_new()};
    return EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, public_.get()) ==
               1 &&
           EVP_DigestVerify(context.get(), bytes_of(der), der.size(), bytes_of(s.text),
                            s.text.size()) == 1;
  }

  std::uint64_t fingerprint() const noexcept { return fingerprint_; }

  ~key() { OPENSSL_cleanse(secret_.data(), secret_.size()); }

private:
  key() = default;

  const char* read(const json& from, const std::string& type);
  const char* read_rsa(const json& from);
  const char* read_p256(const json& from);
  const char* read_secret(const json& from);

  bool has_mac(const signed_text& s) const {
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    unsigned size = 0;
    return HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()), bytes_of(s.text),
                s.text.size(), mac.data(), &size) != nullptr &&
           s.signature.size() == size && CRYPTO_memcmp(mac.data(), s.signature.data(), size) == 0;
  }

  std::string id_;
  std::string algorithm_;
  std::string secret_; ///< HS256
  pkey public_;        ///< RS256, ES256
  std::uint64_t fingerprint_ = 0;
};

expected<std::shared_ptr<const token_keys::key>, std::string>
token_keys::key::make(const json& from) {
  if (!from.is_object())
    return unexpected<std::string>{"is no object"};
  const auto type = text_member(from, "kty");
  const auto use = text_member(from, "use");
  if ((type != "oct" && type != "RSA" && type != "EC") || (!use.empty() && use != "sig") ||
      (type == "EC" && text_member(from, "crv") != "P-256"))
    return nullptr;
  std::shared_ptr<key> made{new key};
  made->id_ = text_member(from, "kid");
  if (const char* problem = made->read(from, type))
    return unexpected<std::string>{problem};
  if (const auto algorithm = text_member(from, "alg");
      !algorithm.empty() && algorithm != made->algorithm_)
    return nullptr; // RS512, or for encryption
  return made;
}

const char* token_keys::key::read(const json& from, const std::string& type) {
  const char* const problem = type == "RSA"  ? read_rsa(from)
                              : type == "EC" ? read_p256(from)
                                             : read_secret(from);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const auto text = from.dump();
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1)
    std::memcpy(&fingerprint_, digest.data(), sizeof fingerprint_);
  return problem;
}

const char* token_keys::key::read_rsa(const json& from) {
  algorithm_ = "RS256";
  const auto n = bytes_member(from, "n");
  const auto e = bytes_member(from, "e");
  if (n && e)
    public_ = make_rsa(*n, *e);
  if (!public_)
    return "has no modulus `n` and exponent `e` in base64url";
  return EVP_PKEY_get_bits(public_.get()) < rsa_bits_min ? "has less than 2048 bits" : nullptr;
}

const char* token_keys::key::read_p256(const json& from) {
  algorithm_ = "ES256";
  const auto x = bytes_member(from, "x");
  const auto y = bytes_member(from, "y");
  if (x && y && x->size() == p256_bytes && y->size() == p256_bytes)
    public_ = make_p256(*x, *y);
  return public_ ? nullptr : "has no point of P-256 in `x` and `y`";
}

const char* token_keys::key::read_secret(const json& from) {
  algorithm_ = "HS256";
  secret_ = bytes_member(from, "k").value_or("");
  return secret_.size() < hmac_key_bytes_min ? "has no `k` of 32 bytes or more in base64url"
                                             : nullptr;
}

expected<token_keys, std::string> token_keys::parse(std::string_view text) {
  const auto set = core::parse_json<json>(text);
  if (!set.is_object() || !set.contains("keys") || !set["keys"].is_array())
    return unexpected<std::string>{"is no JSON Web Key Set: an object with `keys`"};
  token_keys made;
  std::size_t number = 0;
  for (const auto& one : set["keys"]) {
    ++number;
    auto k = key::make(one);
    if (!k)
      return unexpected{"key " + std::to_string(number) + ' ' + k.error()};
    if (*k)
      made.keys_.push_back(*std::move(k));
  }
  if (made.keys_.empty())
    return unexpected<std::string>{"has no key for HS256, RS256 or ES256"};
  return made;
}

std::uint64_t token_keys::find_signer(const signed_text& s) const {
  const auto found =
      std::find_if(keys_.begin(), keys_.end(), [&](const auto& k) { return k->signed_it(s); });
  return found == keys_.end() ? 0 : (*found)->fingerprint();
}

bool token_keys::has(std::uint64_t fingerprint) const noexcept {
  return std::any_of(keys_.begin(), keys_.end(),
                     [&](const auto& k) { return k->fingerprint() == fingerprint; });
}

} // namespace mqttzoo::auth
