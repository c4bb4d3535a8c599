#include "auth/token.hpp"

#include "auth/base64.hpp"
#include "core/json_text.hpp"
#include "mqtt/utf8.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

namespace mqttzoo::auth {

namespace {

using json = nlohmann::json;

constexpr std::size_t token_bytes_max = 16 * 1024;
/// Dates beyond are a mistake, and would overflow what is computed with them: the year 9999.
constexpr double date_max = 253'402'300'799;

/// An object in base64url; null if it is none.
json object_of(std::string_view part) {
  const auto text = decode_base64(part, base64_form::url);
  auto made = text ? core::parse_json<json>(*text) : json{};
  return made.is_object() ? made : json{};
}

std::optional<std::string> text_of(const json& in, const std::string& name) {
  const auto found = in.find(name);
  if (found == in.end() || !found->is_string())
    return std::nullopt;
  return found->get<std::string>();
}

/// A date as the standard has it, seconds since 1970, perhaps with a fraction.
std::optional<std::int64_t> date_of(const json& in, const char* name) {
  const auto found = in.find(name);
  if (found == in.end() || !found->is_number())
    return std::nullopt;
  const auto seconds = found->get<double>();
  if (!(seconds >= 0 && seconds <= date_max))
    return std::nullopt;
  return static_cast<std::int64_t>(std::floor(seconds));
}

/// `aud` is a text or a list of them.
bool is_for(const json& claims, const std::string& audience) {
  const auto found = claims.find("aud");
  if (found == claims.end())
    return false;
  if (!found->is_array())
    return found->is_string() && *found == audience;
  return std::any_of(found->begin(), found->end(),
                     [&](const json& one) { return one.is_string() && one == audience; });
}

std::uint64_t signer_of(std::string_view token, const token_keys& keys) {
  const auto first = token.find('.');
  const auto last = token.rfind('.');
  const auto header = object_of(token.substr(0, first));
  const auto algorithm = header.is_object() ? text_of(header, "alg") : std::nullopt;
  if (!algorithm || header.contains("crit")) // what must be understood, and is not
    return 0;
  const auto signature = decode_base64(token.substr(last + 1), base64_form::url);
  const auto key_id = text_of(header, "kid").value_or("");
  return signature ? keys.find_signer({*algorithm, key_id, token.substr(0, last), *signature}) : 0;
}

} // namespace

bool looks_like_token(std::string_view password) noexcept {
  return password.starts_with("ey") && password.size() <= token_bytes_max && // `{"` in base64
         std::count(password.begin(), password.end(), '.') == 2;
}

expected<token_claims, token_fault> check_token(std::string_view token, const token_keys& keys,
                                                const token_demands& wanted,
                                                std::int64_t now_unix_s) {
  const auto refused = unexpected{token_fault::refused};
  if (!looks_like_token(token))
    return refused;
  token_claims found;
  found.signer = signer_of(token, keys);
  if (found.signer == 0)
    return refused;
  const auto first = token.find('.');
  const auto claims = object_of(token.substr(first + 1, token.rfind('.') - first - 1));
  if (!claims.is_object())
    return refused;
  const auto user = text_of(claims, wanted.user_claim);
  const auto expires = date_of(claims, "exp"); // one that is valid for ever cannot be taken back
  const bool has_start = claims.contains("nbf");
  const auto start = date_of(claims, "nbf");
  if (!user || user->empty() || !mqtt::is_utf8_string(*user) || !expires || (has_start && !start) ||
      (!wanted.issuer.empty() && text_of(claims, "iss") != wanted.issuer) ||
      (!wanted.audience.empty() && !is_for(claims, wanted.audience)))
    return refused;
  const auto leeway_s = wanted.leeway.count();
  if (*expires + leeway_s <= now_unix_s || (start && *start - leeway_s > now_unix_s))
    return unexpected{token_fault::expired};
  found.user = *user;
  found.expires_at_unix_s = *expires + leeway_s;
  return found;
}

} // namespace mqttzoo::auth
