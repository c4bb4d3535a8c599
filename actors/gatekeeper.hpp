// The gatekeeper: has passwords and tokens checked, and says who is who.
//
// One per pod, on the first unit, for as long as the pod. Asked by doormen when a verdict takes
// work, which it gives to the pod's workers: a password's hash is slow by design and would hold up
// every session of an I/O thread. Users that stand in no file it asks the hook about, if there is
// one, and remembers for a while what that said. Bounded: auth.waiting.max logins wait; further
// ones are refused as busy, so that a flood of them costs the workers' time and nobody else's.
#pragma once

#include "actors/login_request.hpp"
#include "actors/pinned.hpp"
#include "auth/hook_memory.hpp"

#include <cstddef>
#include <memory>

namespace mqttzoo::actors {

class gatekeeper final : public pinned_base<gatekeeper_actor> {
public:
  gatekeeper(caf::actor_config& config, unit_services& services);

  behavior_type make_behavior() override;
  const char* name() const override { return "gatekeeper"; }
  void describe(facts& to) const override; // descriptions.cpp

private:
  void judge(const std::shared_ptr<login_request>& r);
  void judged(const std::shared_ptr<login_request>& r);
  void ask_hook(const std::shared_ptr<login_request>& r);
  void answered(const std::shared_ptr<login_request>& r);
  void settle(const std::shared_ptr<login_request>& r, auth::verdict verdict);
  void answer(const std::shared_ptr<login_request>& r);

  std::size_t waiting_ = 0; ///< with the workers and the hook
  auth::hook_memory memory_;
};

} // namespace mqttzoo::actors
