// All that a pod knows of who may come in and what they may do: one reading of its files.
//
// Immutable. Each unit has a pointer to the same one, which a reload replaces; workers hold the one
// that a login began with. judge() takes as long as a password's hash is meant to take, and belongs
// on a worker; everything else is quick and may be called on any thread.
#pragma once

#include "auth/acl.hpp"
#include "auth/login.hpp"
#include "auth/open_house.hpp"
#include "auth/password_file.hpp"
#include "auth/token.hpp"
#include "core/expected.hpp"
#include "core/settings.hpp"
#include "mqtt/permissions.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mqttzoo::auth {

class policy {
public:
  /// Reads the files that `settings` name. The error says which, where, and what is wrong.
  static expected<std::shared_ptr<const policy>, std::string>
  load(const core::auth_settings& settings);

  /// Whether anybody's name is ever checked. If not, all are anonymous, whatever they call
  /// themselves.
  bool knows_users() const noexcept { return passwords_ || tokens_ || asks_hook_; }
  core::anonymous_rule anonymous() const noexcept { return anonymous_; }

  /// The verdict that takes no work; nothing if judge() must be asked.
  std::optional<verdict> judge_at_once(const login& l) const;
  /// Nothing if the hook must be asked.
  std::optional<verdict> judge(const login& l, const instant& at) const;
  /// Whether who was let in earlier may stay, now that these are the rules.
  mqtt::login_outcome judge_again(const mqtt::identity& who, std::string_view peer) const;

  /// Null: everything is permitted.
  std::unique_ptr<mqtt::permissions> permissions_of(const mqtt::identity& who,
                                                    std::string_view client) const;

private:
  friend std::shared_ptr<const policy> open_house();

  policy() = default;

  verdict judge_anonymous(const login& l) const;
  std::optional<verdict> judge_password(const login& l) const;
  verdict judge_token(std::string_view token, const instant& at) const;

  core::anonymous_rule anonymous_ = core::anonymous_rule::allow;
  std::optional<password_file> passwords_;
  std::optional<token_keys> tokens_;
  token_demands token_demands_;
  bool asks_hook_ = false;         ///< about users that stand in no file
  std::shared_ptr<const acl> acl_; ///< null: everything is permitted
};

} // namespace mqttzoo::auth
