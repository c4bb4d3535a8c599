// Who publishes what, and who should see it: a pattern and its numbers, worked out.
//
// A plain value, made once a run. Clients are numbered: subscribers first, then publishers. Stream
// number s is published by publisher s modulo their number.
#pragma once

#include "tools/cli/bench/bench_options.hpp"
#include "tools/cli/bench/load_client.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace mqttzoo::cli {

struct bench_plan {
  /// Streams that somebody sees, from `first`.
  struct range {
    std::uint32_t first = 0, count = 0;
  };
  struct subscriber {
    std::vector<std::string> filters;
    range streams;
    bool returns_credit = true; ///< what it sees lets the publisher go on (QoS 0, closed loop)
  };

  std::size_t clients = 0;
  std::size_t publishers = 0;
  std::vector<subscriber> subscribers;
  std::vector<load_stream> streams;
  std::size_t copies = 0;   ///< subscribers that should see each message
  bool one_group = false;   ///< subscribers see each message once all together
  bool any_streams = false; ///< subscribers see streams of other runs
  bool once_each = false;   ///< one message for each stream
};

/// `run` is drawn, and part of topics.
bench_plan make_plan(const bench_options& o, std::uint32_t run);

} // namespace mqttzoo::cli
