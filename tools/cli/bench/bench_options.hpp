// The options of `mqttzoo bench`. Plain values, made once from the command line.
#pragma once

#include "tools/cli/bench/payload_sizes.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mqttzoo/options.hpp>
#include <string>
#include <vector>

namespace mqttzoo::cli {

enum class bench_kind : std::uint8_t { conn, pub, sub, flow };
enum class pattern : std::uint8_t { pairs, fan_out, fan_in, wildcard, shared, retained, offline };

struct bench_options {
  bench_kind kind = bench_kind::flow;
  pattern shape = pattern::pairs;
  client_options client; ///< servers, version, credentials, TLS, proxy
  mqttzoo::qos qos = qos::at_most_once;
  std::size_t clients = 100;
  std::size_t publishers = 0, subscribers = 0; ///< 0: as the pattern says
  std::size_t topics = 1000;                   ///< wildcard, retained
  std::size_t connect_rate = 500;              ///< connections begun in a second
  std::string topic = "bench/%i";              ///< pub, sub: %i is the client's number
  payload_sizes sizes;
  std::size_t rate = 1000;   ///< messages a second of all publishers; 0: as fast as promises come
  std::size_t inflight = 10; ///< with rate 0: messages of one publisher under way
  std::chrono::seconds duration{10};
  std::chrono::seconds drain{5};    ///< for what is under way at the end
  std::vector<std::string> sources; ///< local addresses, taken in turn
  bool quiet = false;               ///< no progress
};

struct parsed_bench {
  bool wants_help = false;
  std::string error; ///< a sentence if the command line is wrong
  bench_options options;
};

parsed_bench parse_bench(const std::vector<std::string>& arguments);

const char* bench_help();

} // namespace mqttzoo::cli
