// A connection that begins with a CONNECT of the test's own.
#pragma once

#include "mqtt/encoder.hpp"
#include "tests/actors/pod_fixture.hpp"

#include <memory>
#include <string>

namespace mqttzoo::test {

/// At the first unit's doorman; up to where that waits for somebody, or lets it in.
inline std::shared_ptr<fake_connection> knock(pod_fixture& at, const mqtt::connect_packet& with) {
  auto wire = at.adoptable = std::make_shared<fake_connection>();
  at.doorman_of(at.services).admit({});
  std::string bytes;
  encode(with, bytes);
  wire->events()->on_input(bytes);
  at.settle();
  return wire;
}

} // namespace mqttzoo::test
