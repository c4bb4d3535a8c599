#include "auth/password_hash.hpp"

#include "auth/base64.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <argon2.h>
#include <charconv>
#include <cstring>
#include <memory>

namespace mqttzoo::auth {

namespace {

// A file may ask for no more than this of a worker: a slip of the pen must not stop all logins.
constexpr std::uint32_t pbkdf2_passes_max = 10'000'000;
constexpr std::uint32_t argon2_passes_max = 64;
constexpr std::uint32_t argon2_memory_kib_max = 1u << 20; // 1 GiB
constexpr std::uint32_t argon2_lanes_max = 16;
constexpr std::size_t salt_bytes_max = 128;
constexpr std::size_t sha512_bytes = 64;

/// Takes what stands before the next `end` off `text`, and the `end`.
std::string_view take(std::string_view& text, char end) noexcept {
  const auto part = text.substr(0, text.find(end));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

/// 0 if it is no number from 1 to `most`.
std::uint32_t read_number(std::string_view text, std::uint32_t most) noexcept {
  std::uint32_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  return error == std::errc{} && end == text.data() + text.size() && n <= most ? n : 0;
}

/// The number behind `name` in "m=65536,t=3,p=4", which it takes off.
std::uint32_t take_cost(std::string_view& text, std::string_view name, std::uint32_t most) {
  const auto item = take(text, ',');
  return item.starts_with(name) ? read_number(item.substr(name.size()), most) : 0;
}

const unsigned char* bytes_of(std::string_view s) noexcept {
  return reinterpret_cast<const unsigned char*>(s.data());
}

std::uint64_t fingerprint_of(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  std::uint64_t fingerprint = 0;
  if (EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr) == 1)
    std::memcpy(&fingerprint, digest, sizeof fingerprint);
  return fingerprint;
}

/// Of both, one behind the other, without a copy of the password that would stay in memory.
bool sha512_of(std::string_view password, std::string_view salt, unsigned char* to) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> state{EVP_MD_CTX_new(),
                                                                      EVP_MD_CTX_free};
  return state && EVP_DigestInit_ex(state.get(), EVP_sha512(), nullptr) == 1 &&
         EVP_DigestUpdate(state.get(), password.data(), password.size()) == 1 &&
         EVP_DigestUpdate(state.get(), salt.data(), salt.size()) == 1 &&
         EVP_DigestFinal_ex(state.get(), to, nullptr) == 1;
}

} // namespace

expected<password_hash, const char*> password_hash::parse(std::string_view text) {
  auto rest = text;
  if (rest.starts_with('$'))
    rest.remove_prefix(1);
  else
    return unexpected<const char*>{
        "no hash of a password, which begins with '$'; mosquitto_passwd -U FILE "
        "hashes what stands there"};
  const auto name = take(rest, '$');
  auto made = name == "6"          ? parse_sha512(scheme::sha512, rest)
              : name == "7"        ? parse_sha512(scheme::pbkdf2, rest)
              : name == "argon2id" ? parse_argon2id(rest)
                                   : expected<password_hash, const char*>{unexpected<const char*>{
                                         "a hash of another kind than $6$, $7$ and $argon2id$"}};
  if (made)
    made->fingerprint_ = fingerprint_of(text);
  return made;
}

expected<password_hash, const char*> password_hash::parse_sha512(scheme how,
                                                                 std::string_view rest) {
  password_hash h;
  h.scheme_ = how;
  if (how == scheme::pbkdf2)
    h.costs_.passes = read_number(take(rest, '$'), pbkdf2_passes_max);
  if (h.costs_.passes == 0)
    return unexpected<const char*>{"the number of iterations is not from 1 to 10000000"};
  const auto salt = decode_base64(take(rest, '$'), base64_form::padded);
  const auto digest = decode_base64(rest, base64_form::padded);
  if (!salt || salt->empty() || salt->size() > salt_bytes_max)
    return unexpected<const char*>{"the salt is not 1 to 128 bytes in base64"};
  if (!digest || digest->size() != sha512_bytes)
    return unexpected<const char*>{"the digest is not 64 bytes in base64"};
  h.salt_ = *salt;
  h.digest_ = *digest;
  return h;
}

expected<password_hash, const char*> password_hash::parse_argon2id(std::string_view rest) {
  password_hash h;
  h.scheme_ = scheme::argon2id;
  if (take(rest, '$') != "v=19")
    return unexpected<const char*>{"argon2id of another version than v=19"};
  auto costs = take(rest, '$');
  h.costs_.memory_kib = take_cost(costs, "m=", argon2_memory_kib_max);
  h.costs_.passes = take_cost(costs, "t=", argon2_passes_max);
  h.costs_.lanes = take_cost(costs, "p=", argon2_lanes_max);
  if (!costs.empty() || h.costs_.passes == 0 || h.costs_.lanes == 0 ||
      h.costs_.memory_kib < 8 * h.costs_.lanes)
    return unexpected<const char*>{
        "the costs are not m=8 or more (at most 1048576, and 8 for each lane), t=1 "
        "to 64, p=1 to 16"};
  const auto salt = decode_base64(take(rest, '$'), base64_form::unpadded);
  const auto digest = decode_base64(rest, base64_form::unpadded);
  if (!salt || salt->size() < ARGON2_MIN_SALT_LENGTH || salt->size() > salt_bytes_max)
    return unexpected<const char*>{"the salt is not 8 to 128 bytes in base64 without padding"};
  if (!digest || digest->size() < 16 || digest->size() > sha512_bytes)
    return unexpected<const char*>{"the digest is not 16 to 64 bytes in base64 without padding"};
  h.salt_ = *salt;
  h.digest_ = *digest;
  return h;
}

bool password_hash::accepts(std::string_view password) const {
  std::string made(digest_.size(), '\0');
  return digest(password, made) && CRYPTO_memcmp(made.data(), digest_.data(), digest_.size()) == 0;
}

/// A pass of argon2id over 1 KiB takes about as long as one of PBKDF2.
std::uint64_t password_hash::work() const noexcept {
  const std::uint64_t per_pass = scheme_ == scheme::argon2id ? costs_.memory_kib : 1;
  return per_pass * costs_.passes;
}

/// Fills `out`; false if the library could not.
bool password_hash::digest(std::string_view password, std::string& out) const {
  auto* to = reinterpret_cast<unsigned char*>(out.data());
  switch (scheme_) {
  case scheme::sha512:
    return sha512_of(password, salt_, to);
  case scheme::pbkdf2:
    return PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes_of(salt_),
                             static_cast<int>(salt_.size()), static_cast<int>(costs_.passes),
                             EVP_sha512(), static_cast<int>(out.size()), to) == 1;
  case scheme::argon2id:
    return argon2id_hash_raw(costs_.passes, costs_.memory_kib, costs_.lanes, password.data(),
                             password.size(), salt_.data(), salt_.size(), to,
                             out.size()) == ARGON2_OK;
  }
  return false;
}

} // namespace mqttzoo::auth
