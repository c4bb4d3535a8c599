#include "auth/policy.hpp"

#include "core/text_file.hpp"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

namespace mqttzoo::auth {

using mqtt::login_outcome;

namespace {

/// No clock reaches further than a few centuries, and the claim in a token may say the year 9999.
constexpr std::chrono::seconds token_time_max = 100 * 366 * std::chrono::hours{24};

/// A million accounts; more is a mistake.
constexpr std::size_t file_bytes_max = std::size_t{256} << 20;

expected<std::string, std::string> read_file(std::string_view option, const std::string& path) {
  auto text = core::read_text_file(path, file_bytes_max);
  if (text)
    return *std::move(text);
  const bool large = text.error() == std::errc::file_too_large;
  return unexpected{std::string{option} + ": " + path +
                    (large ? " is larger than 256 MiB" : " cannot be read")};
}

/// What `T` makes of the file's text.
template<class T>
expected<T, std::string> read(std::string_view option, const std::string& path) {
  const auto text = read_file(option, path);
  if (!text)
    return unexpected{text.error()};
  auto parsed = T::parse(*text);
  if (!parsed)
    return unexpected{std::string{option} + ": " + path + ':' +
                      std::to_string(parsed.error().line) + ": " + parsed.error().what};
  return *std::move(parsed);
}

} // namespace

expected<std::shared_ptr<const policy>, std::string>
policy::load(const core::auth_settings& settings) {
  std::shared_ptr<policy> made{new policy};
  made->anonymous_ = settings.anonymous;
  made->asks_hook_ = !settings.hook_url.empty();
  if (!settings.passwords.empty()) {
    auto passwords = read<password_file>("auth.passwords", settings.passwords);
    if (!passwords)
      return unexpected{passwords.error()};
    made->passwords_ = *std::move(passwords);
  }
  if (!settings.jwt_keys.empty()) {
    const auto text = read_file("auth.jwt.keys", settings.jwt_keys);
    if (!text)
      return unexpected{text.error()};
    auto keys = token_keys::parse(*text);
    if (!keys)
      return unexpected{"auth.jwt.keys: " + settings.jwt_keys + ": " + keys.error()};
    made->tokens_ = *std::move(keys);
    made->token_demands_ = {settings.jwt_user_claim, settings.jwt_issuer, settings.jwt_audience,
                            settings.jwt_leeway};
  }
  if (!settings.acl.empty()) {
    auto rules = read<acl>("auth.acl", settings.acl);
    if (!rules)
      return unexpected{rules.error()};
    made->acl_ = std::make_shared<const acl>(*std::move(rules));
  }
  return made;
}

std::shared_ptr<const policy> open_house() {
  static const std::shared_ptr<const policy> everybody{new policy};
  return everybody;
}

namespace {

login_outcome judge_anonymous_by(core::anonymous_rule rule, std::string_view peer) noexcept {
  const bool welcome = rule == core::anonymous_rule::allow ||
                       (rule == core::anonymous_rule::loopback && is_loopback(peer));
  return welcome ? login_outcome::anonymous : login_outcome::anonymous_refused;
}

} // namespace

verdict policy::judge_anonymous(const login& l) const {
  verdict v{judge_anonymous_by(l.anonymous.value_or(anonymous_), l.peer), {}};
  if (l.anonymous)
    v.who.by = mqtt::identity::proof::listener;
  return v;
}

std::optional<verdict> policy::judge_at_once(const login& l) const {
  // An empty name is none, as with mosquitto; a token brings a name of its own.
  const bool names_itself = l.user && !l.user->empty();
  if (knows_users() && (names_itself || (l.password && (tokens_ || asks_hook_))))
    return std::nullopt;
  return judge_anonymous(l);
}

std::optional<verdict> policy::judge(const login& l, const instant& at) const {
  if (auto at_once = judge_at_once(l))
    return at_once;
  if (tokens_ && l.password && looks_like_token(*l.password))
    return judge_token(*l.password, at);
  return judge_password(l);
}

std::optional<verdict> policy::judge_password(const login& l) const {
  const auto* hash = passwords_ && l.user ? passwords_->find(*l.user) : nullptr;
  if (!hash && asks_hook_)
    return std::nullopt;
  const std::string_view password = l.password ? std::string_view{*l.password} : "";
  const bool accepted = hash && hash->accepts(password); // as slow without a password
  if (!accepted || !l.password) {
    if (passwords_) // how long it takes tells nobody which names exist
      passwords_->work_like_others(hash, password);
    return verdict{hash ? login_outcome::wrong_password : login_outcome::unknown_user, {}};
  }
  mqtt::identity who;
  who.by = mqtt::identity::proof::password;
  who.user = l.user;
  who.credential = hash->fingerprint();
  return verdict{login_outcome::accepted, std::move(who)};
}

verdict policy::judge_token(std::string_view token, const instant& at) const {
  const auto claims = check_token(token, *tokens_, token_demands_, at.unix_s);
  if (!claims)
    return {claims.error() == token_fault::expired ? login_outcome::token_expired
                                                   : login_outcome::token_refused,
            {}};
  mqtt::identity who;
  who.by = mqtt::identity::proof::token;
  who.user = claims->user;
  who.credential = claims->signer;
  const std::chrono::seconds left{claims->expires_at_unix_s - at.unix_s};
  who.valid_until = at.now + std::min(left, token_time_max);
  return {login_outcome::accepted, std::move(who)};
}

login_outcome policy::judge_again(const mqtt::identity& who, std::string_view peer) const {
  using proof = mqtt::identity::proof;
  if (who.by == proof::none)
    return judge_anonymous_by(anonymous_, peer);
  if (who.by == proof::listener)
    return login_outcome::anonymous; // the listener's rule counts when one comes
  if (who.by == proof::token)
    return tokens_ && tokens_->has(who.credential) ? login_outcome::accepted
                                                   : login_outcome::token_refused;
  if (who.by != proof::password)
    return login_outcome::accepted; // it says itself how long it is valid
  const auto* hash = passwords_ ? passwords_->find(*who.user) : nullptr;
  if (!hash)
    return login_outcome::unknown_user;
  return hash->fingerprint() == who.credential ? login_outcome::accepted
                                               : login_outcome::wrong_password;
}

std::unique_ptr<mqtt::permissions> policy::permissions_of(const mqtt::identity& who,
                                                          std::string_view client) const {
  if (who.rules) { // they were parsed before they were taken, here or at another pod
    auto own = acl::parse(*who.rules);
    return make_permissions(std::make_shared<const acl>(own ? *std::move(own) : acl{}),
                            {std::nullopt, who.user, client});
  }
  if (!acl_)
    return nullptr;
  return make_permissions(acl_, {who.user, who.user, client});
}

} // namespace mqttzoo::auth
