// A pod of one unit whose actors are recorders, its courier excepted.
//
// Lives for one test, on its thread. Who derives from it brings the membership.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/unit_services.hpp"
#include "core/clock.hpp"
#include "tests/actors/fakes.hpp"

#include <caf/test/dsl.hpp>

#include <memory>

namespace mqttzoo::test {

struct fake_pod : test_coordinator_fixture<> {
  fake_pod();
  ~fake_pod() override;

  /// What the courier is told to be the topic that it asked for first.
  actors::topic_actor find_topic(const std::shared_ptr<topic_log>& log);

  core::manual_clock clock;
  net::timer_queue timers;
  actors::pod_services pod;
  actors::unit_services services;
  std::shared_ptr<index_log> index = std::make_shared<index_log>();
  std::shared_ptr<post_office_log> office = std::make_shared<post_office_log>();
  std::shared_ptr<registrar_log> registrar = std::make_shared<registrar_log>();
  std::shared_ptr<directory_log> directory = std::make_shared<directory_log>();
  std::shared_ptr<adopter_log> adopter = std::make_shared<adopter_log>();
  std::shared_ptr<reaper_log> reaper = std::make_shared<reaper_log>();
  std::shared_ptr<porter_log> porter = std::make_shared<porter_log>();
};

} // namespace mqttzoo::test
