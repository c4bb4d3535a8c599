#include "admin/pod_state.hpp"

#include <utility>

namespace mqttzoo::admin {

pod_state::pod_state(start with, core::settings now)
    : is(std::move(with)), settings(std::move(now)), started_(is.clock->now()),
      started_unix_ms_(is.clock->unix_ms()), store_since_(started_) {}

void pod_state::on_session(const zk::session_event& e) {
  if (e.state != store_)
    store_since_ = is.clock->now();
  store_ = e.state;
}

} // namespace mqttzoo::admin
