// What is asked of the hook, a service outside, and what it answers: JSON over HTTP.
//
//   {"client": "c1", "user": "alice", "password": "...", "peer": "10.0.0.7:51234"}
//   {"result": "allow", "acl": ["topic read a/#", "pattern write dev/%c/#"], "valid_for_s": 3600}
//
// `user` and `password` are absent if the client brought none; a password that is not UTF-8 stands
// in `password_base64`. `result` is "allow" or "deny"; the others may be absent: without `acl` the
// ACL file holds, without `valid_for_s` the client may stay as long as it likes. Pure.
#pragma once

#include "auth/login.hpp"
#include "core/expected.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace mqttzoo::auth {

struct hook_answer {
  bool allowed = false;
  std::optional<std::string> rules; ///< in the syntax of the ACL file
  std::optional<std::chrono::seconds> valid_for;
};

std::string make_hook_request(const login& l);

/// The error is a sentence about what is wrong with the answer.
expected<hook_answer, std::string> parse_hook_answer(unsigned status, std::string_view body);

/// What it means for who asked to come in, if it was given at `at`.
verdict verdict_of(const hook_answer& answer, const login& l,
                   std::chrono::steady_clock::time_point at);

} // namespace mqttzoo::auth
