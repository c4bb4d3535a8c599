// The options of `mqttzoo bench`. Plain values, made once from the command line.
#pragma once

#include "tools/cli/options.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace mqttzoo::cli {

enum class bench_kind : std::uint8_t { conn, flow };
enum class pattern : std::uint8_t { pairs, fan_out, fan_in };

struct bench_options {
  bench_kind kind = bench_kind::flow;
  pattern shape = pattern::pairs;
  client_options client;
  mqttzoo::qos qos = qos::at_most_once;
  std::size_t clients = 100;      ///< conn: connections; flow: pairs, or the many side of a fan
  std::size_t connect_rate = 500; ///< connections begun in a second
  std::size_t size = 64;          ///< of a payload, in bytes; at least 24
  std::size_t rate = 1000;   ///< messages a second of all publishers; 0: as fast as promises come
  std::size_t inflight = 10; ///< with rate 0: messages of one publisher under way
  std::chrono::seconds duration{10};
  std::vector<std::string> sources; ///< local addresses, taken in turn
};

/// A sentence if the command line is wrong; empty if it was read.
std::string parse_bench(const std::vector<std::string>& arguments, bench_options& into);

const char* bench_help();

} // namespace mqttzoo::cli
