// What the links of a loop have done, for $SYS and the inspector.
//
// Part of the loop's io_counters: written by the loop's thread only, read by any thread.
#pragma once

#include "net/io_counter.hpp"

namespace mqttzoo::net {

struct link_counters {
  io_counter opened;     ///< greetings that both sides accepted
  io_counter closed;     ///< of those that were open
  io_counter failed;     ///< ended before they were open, by whatever cause
  io_counter refused;    ///< of those that failed: by us, the peer's hello did not suit
  io_counter untrusted;  ///< of those that failed: no TLS, or a certificate that does not do
  io_counter silent;     ///< closed because nothing was heard
  io_counter stalled;    ///< closed because the peer took nothing
  io_counter bad_frames; ///< closed because of what the peer sent
  io_counter dials;      ///< attempts to connect
  io_counter frames_in;  ///< of the users
  io_counter frames_out;
  io_counter body_bytes_in; ///< of the users' frames
  io_counter body_bytes_out;
  io_counter heartbeats_out;
  io_counter queue_full; ///< frames that were not queued because the queue was full
};

} // namespace mqttzoo::net
