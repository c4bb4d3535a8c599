// A login on its way from a doorman to the gatekeeper, a worker, and back.
//
// One holder at a time.
#pragma once

#include "auth/login.hpp"
#include "auth/open_house.hpp"
#include "core/ids.hpp"
#include "net/http_caller.hpp"
#include "net/timer_queue.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace mqttzoo::actors {

struct login_request {
  auth::login what;
  std::shared_ptr<const auth::policy> by; ///< as the doorman's unit knew it
  unit_index unit{};                      ///< the doorman's
  std::uint64_t visitor = 0;              ///< the doorman's number of who waits
  net::time_point since{};
  std::optional<auth::verdict> verdict; ///< in the end
  net::time_point asked_at{};           ///< when the hook was
  net::http_reply reply;                ///< of the hook, if it was asked
  std::string hook_key;                 ///< under which that is remembered
  std::uint64_t hook_clears = 0;        ///< of what is remembered, when the hook was asked
};

} // namespace mqttzoo::actors
