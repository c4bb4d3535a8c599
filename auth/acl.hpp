// Rules of access in mosquitto's syntax, and what they mean for one client.
//
//   topic [read|write|readwrite|deny] <filter>     before any `user`: for clients without a name
//   user <name>                                    what follows is this user's
//   pattern [read|write|readwrite|deny] <filter>   for all; %c is the client id, %u the user's name
//
// As with mosquitto, a client's own topics are looked at before the patterns; of each, what denies
// before what grants; what nothing grants is refused; and with patterns a client whose name or id
// holds '+' or '#' gets nothing from them. Beyond mosquitto, an id with '/' gets nothing from
// patterns with %c: clients choose their ids, and could step into another's part of the tree. For
// the same reason no name and no id makes a pattern grant topics that begin with '$'.
//
// Immutable once parsed and shared by all sessions; any thread.
#pragma once

#include "auth/file_problem.hpp"
#include "core/expected.hpp"
#include "mqtt/permissions.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mqttzoo::auth {

/// One line.
struct acl_rule {
  enum grant : std::uint8_t { deny = 0, read = 1, write = 2 };

  std::uint8_t grants = deny; ///< `read`, `write`, both, or `deny`
  std::string filter;         ///< of a pattern: with %c and %u in it
};

/// What denies stands first.
using acl_rules = std::vector<acl_rule>;

class acl {
public:
  static expected<acl, file_problem> parse(std::string_view text);

  /// Null if the file does not speak of them.
  const acl_rules* rules_of(const std::string& user) const;
  const acl_rules& rules_of_nameless() const noexcept { return nameless_; }
  bool names_users() const noexcept { return !users_.empty(); }
  const acl_rules& patterns() const noexcept { return patterns_; }

private:
  acl_rules nameless_;
  std::unordered_map<std::string, acl_rules> users_;
  acl_rules patterns_;
};

/// Whose permissions are asked for.
struct acl_subject {
  /// Whose topics count. Absent: those before any `user`.
  std::optional<std::string> section;
  std::optional<std::string> user; ///< what %u stands for
  std::string_view client;         ///< what %c stands for
};

std::unique_ptr<mqtt::permissions> make_permissions(std::shared_ptr<const acl> from,
                                                    const acl_subject& who);

} // namespace mqttzoo::auth
