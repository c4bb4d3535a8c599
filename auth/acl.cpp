#include "auth/acl.hpp"

#include "auth/text_lines.hpp"
#include "mqtt/topic_filter.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::auth {

namespace {

/// A filter is as deep as the protocol allows; mqtt.topic.levels.max holds for clients.
constexpr std::size_t levels_max = 65'536;

/// Absent if it is no kind of access.
std::optional<std::uint8_t> grants_of(std::string_view word) noexcept {
  if (word == "read")
    return acl_rule::read;
  if (word == "write")
    return acl_rule::write;
  if (word == "readwrite")
    return acl_rule::read | acl_rule::write;
  return word == "deny" ? std::optional<std::uint8_t>{acl_rule::deny} : std::nullopt;
}

/// What stands behind `topic` and `pattern`. A filter with blanks needs the kind of access before
/// it, or its first word would be taken for one.
expected<acl_rule, std::string> parse_rule(std::string_view text) {
  acl_rule rule;
  rule.grants = acl_rule::read | acl_rule::write;
  auto filter = text;
  if (const auto word = take_word(filter); filter.empty()) {
    filter = text;
  } else if (const auto grants = grants_of(word)) {
    rule.grants = *grants;
  } else {
    return unexpected{"access is read, write, readwrite or deny, and not " + std::string{word}};
  }
  const auto parsed = mqtt::parse_topic_filter(filter, levels_max);
  if (!parsed)
    return unexpected{std::string{parsed.error().what}};
  if (parsed->is_shared())
    return unexpected<std::string>{"rules are about topics: write what stands behind $share/NAME/"};
  rule.filter = filter;
  return rule;
}

/// Behind those that deny, if it grants; before all, if not.
void add(acl_rules& to, acl_rule rule) {
  const auto at = rule.grants == acl_rule::deny ? to.begin() : to.end();
  to.insert(at, std::move(rule));
}

} // namespace

expected<acl, file_problem> acl::parse(std::string_view text) {
  acl made;
  acl_rules* topics = &made.nameless_;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto line = take_line(text);
    auto rest = trimmed(line);
    if (rest.empty() || line.starts_with('#'))
      continue;
    const auto problem = [&](std::string what) {
      return unexpected{file_problem{number, std::move(what)}};
    };
    const auto keyword = take_word(rest);
    if (keyword == "user") {
      if (rest.empty())
        return problem("user needs a name");
      topics = &made.users_[std::string{rest}];
    } else if (keyword == "topic" || keyword == "pattern") {
      auto rule = parse_rule(rest);
      if (!rule)
        return problem(std::move(rule.error()));
      add(keyword == "topic" ? *topics : made.patterns_, *std::move(rule));
    } else {
      return problem("a line begins with topic, pattern, user or #, and not with " +
                     std::string{keyword});
    }
  }
  return made;
}

const acl_rules* acl::rules_of(const std::string& user) const {
  const auto found = users_.find(user);
  return found == users_.end() ? nullptr : &found->second;
}

} // namespace mqttzoo::auth
