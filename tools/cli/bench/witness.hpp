// What subscribers of `mqttzoo bench` saw: each message once, and those of a stream in their order?
//
// Part of a bench_run, on its thread. Bounded: a sequence for each stream that a subscriber should
// see, and `any_streams_max` for each that takes what comes.
#pragma once

#include "tools/cli/bench/figures.hpp"
#include "tools/cli/bench/plan.hpp"
#include "tools/cli/bench/sequence.hpp"
#include "tools/cli/bench/stamp.hpp"

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace mqttzoo::cli {

class witness {
public:
  static constexpr std::size_t any_streams_max = 65'536;

  witness(const bench_plan& plan, std::uint32_t run, bench_figures& figures);

  /// Subscriber number `who` got a message. True if its publisher may go on.
  bool see(std::size_t who, const stamp& s);
  /// That were published and not seen by whoever should.
  std::uint64_t missing(std::uint64_t sent) const;

private:
  void count(sequence::verdict v);
  void see_any(std::size_t who, const stamp& s);

  const bench_plan& plan_;
  std::uint32_t run_;
  bench_figures& figures_;
  std::vector<std::vector<sequence>> seen_;        ///< by subscriber, by stream; of a group: one
  std::vector<std::vector<std::uint32_t>> newest_; ///< of a group: by member, by stream
  std::vector<std::unordered_map<std::uint64_t, sequence>> any_; ///< by subscriber
};

} // namespace mqttzoo::cli
