// Fuzzes access rules: input is three lines, a topic, a client id and a user, and then the file.
//
// Whatever parses must give the same answer from memory as at first, let nobody subscribe to less
// than it may receive, and give nothing by patterns to names with wildcards in them.
#include "auth/acl.hpp"

#include "core/name_hash.hpp"
#include "mqtt/topic_filter.hpp"
#include "mqtt/topic_name.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

using namespace mqttzoo;

namespace {

/// The same input takes the same way each time.
[[maybe_unused]] const bool key_chosen = [] {
  core::choose_name_key({});
  return true;
}();

/// Unlike assert(), also there in a release build.
void require(bool truth) {
  if (!truth)
    std::abort();
}

std::string_view take_line(std::string_view& text) {
  const auto line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

void check(const std::shared_ptr<const auth::acl>& rules, const auth::acl_subject& who,
           std::string_view topic) {
  const auto may = auth::make_permissions(rules, who);
  const bool reads = may->may_receive(topic);
  const bool writes = may->may_publish(topic);
  require(may->may_receive(topic) == reads && may->may_publish(topic) == writes);
  require(!reads || may->may_subscribe(topic));
  require(!reads || topic.starts_with('$') || may->may_subscribe("#"));
  const bool odd = mqtt::has_wildcard(who.client) || (who.user && mqtt::has_wildcard(*who.user));
  const bool own =
      who.section ? rules->rules_of(*who.section) != nullptr : !rules->rules_of_nameless().empty();
  require(!odd || own || (!reads && !writes));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto topic = take_line(text);
  const auto client = take_line(text);
  const std::string user{take_line(text)};
  auto parsed = auth::acl::parse(text);
  if (!parsed) {
    require(parsed.error().line >= 1 && !parsed.error().what.empty());
    return 0;
  }
  if (mqtt::check_topic_name(topic))
    return 0;
  const auto rules = std::make_shared<const auth::acl>(*std::move(parsed));
  check(rules, {std::nullopt, std::nullopt, client}, topic);
  check(rules, {user, user, client}, topic);
  return 0;
}
