// One step of a message that a trace follows, as it is noted, sent between pods and told.
//
// A value. Names and sizes only: never a payload, nor any property of a message.
#pragma once

#include "mqtt/trace.hpp"

#include <cstdint>
#include <string>

namespace mqttzoo::actors {

struct trace_step {
  mqtt::trace_mark of{};
  mqtt::trace_note what{};
  std::int64_t at_unix_us = 0; ///< by the clock of the pod that notes it
  bool retain = false;         ///< of what was received
  std::string who;             ///< a client, or another pod's life; may be empty
  std::string name;            ///< the topic of what was received or reached; the filter of a group
  std::uint32_t payload_bytes = 0; ///< of the same
  std::uint32_t sessions = 0;      ///< to how many it is routed
  std::uint32_t groups = 0;
  std::uint32_t pods = 0;
  std::string pod; ///< the life of the pod that noted it; the tracer's to fill in
};

} // namespace mqttzoo::actors
