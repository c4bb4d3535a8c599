#include "auth/hook_answer.hpp"

#include "auth/acl.hpp"
#include "core/json_text.hpp"
#include "mqtt/utf8.hpp"

#include <nlohmann/json.hpp>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstdint>
#include <utility>

namespace mqttzoo::auth {

namespace {

using json = nlohmann::json;

/// They go with the client to another pod, in a field that holds no more than 64 KiB.
constexpr std::size_t rules_bytes_max = 16 * 1024;
constexpr std::int64_t valid_for_s_max = 366LL * 24 * 3600;

std::string base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0'); // it ends with a zero
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

expected<std::string, std::string> rules_of(const json& list) {
  std::string text;
  if (!list.is_array())
    return unexpected<std::string>{"`acl` is no list"};
  for (const auto& line : list) {
    if (!line.is_string() || line.get_ref<const std::string&>().find('\n') != std::string::npos)
      return unexpected<std::string>{"`acl` holds what is no line of text"};
    text += line.get_ref<const std::string&>() + '\n';
  }
  if (text.size() > rules_bytes_max)
    return unexpected<std::string>{"`acl` is longer than 16 KiB"};
  const auto parsed = acl::parse(text);
  if (!parsed)
    return unexpected{"`acl`, line " + std::to_string(parsed.error().line) + ": " +
                      parsed.error().what};
  if (parsed->names_users())
    return unexpected<std::string>{"`acl` names users: it is about one client"};
  return text;
}

} // namespace

std::string make_hook_request(const login& l) {
  json asked{{"client", l.client}, {"peer", l.peer}};
  if (l.user)
    asked["user"] = *l.user;
  if (!l.password)
    return asked.dump();
  const bool is_text = mqtt::is_utf8(*l.password);
  auto& secret = asked[is_text ? "password" : "password_base64"];
  secret = is_text ? *l.password : base64(*l.password);
  auto text = asked.dump();
  auto& said = secret.get_ref<std::string&>();
  OPENSSL_cleanse(said.data(), said.size());
  return text;
}

expected<hook_answer, std::string> parse_hook_answer(unsigned status, std::string_view body) {
  if (status != 200)
    return unexpected{"its status is " + std::to_string(status)};
  const auto said = core::parse_json<json>(body);
  const auto result = said.is_object() ? said.value("result", json{}) : json{};
  if (result != "allow" && result != "deny")
    return unexpected<std::string>{"it is no object with a `result` of allow or deny"};
  hook_answer answer;
  answer.allowed = result == "allow";
  if (const auto rules = said.find("acl"); rules != said.end()) {
    auto text = rules_of(*rules);
    if (!text)
      return unexpected{std::move(text.error())};
    answer.rules = *std::move(text);
  }
  if (const auto valid = said.find("valid_for_s"); valid != said.end()) {
    if (!valid->is_number_unsigned() || valid->get<std::uint64_t>() > valid_for_s_max)
      return unexpected<std::string>{"`valid_for_s` is not from 0 to 31622400"};
    answer.valid_for = std::chrono::seconds{valid->get<std::int64_t>()};
  }
  return answer;
}

verdict verdict_of(const hook_answer& answer, const login& l,
                   std::chrono::steady_clock::time_point at) {
  if (!answer.allowed)
    return {mqtt::login_outcome::hook_refused, {}};
  mqtt::identity who;
  who.by = mqtt::identity::proof::hook;
  if (l.user && !l.user->empty())
    who.user = l.user;
  who.rules = answer.rules;
  if (answer.valid_for)
    who.valid_until = at + *answer.valid_for;
  return {mqtt::login_outcome::accepted, std::move(who)};
}

} // namespace mqttzoo::auth
