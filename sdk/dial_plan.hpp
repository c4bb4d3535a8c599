// Which server comes next, and how long to wait before it.
//
// Part of a `client_core`, on its strand. Servers are tried in turn, each with all addresses of its
// name; when all have failed there is a wait, drawn from the upper half of one that doubles. A
// Server Reference goes first, without a wait, a few times in a row: two servers that name each
// other do not keep a client busy.
#pragma once

#include "core/random.hpp"
#include "sdk/address.hpp"
#include "sdk/include/mqttzoo/options.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

namespace mqttzoo::sdk {

class dial_plan {
public:
  static constexpr int references_in_a_row_max = 5;
  enum class reference : std::uint8_t { for_now, for_good };

  /// `servers` is not empty. Begins with one that `seed` draws.
  dial_plan(std::vector<address> servers, const backoff_options& backoff, std::uint64_t seed);

  /// The server to try now.
  const address& current() const noexcept;
  /// With which address of a name to begin: a number that is drawn, and the next one after each
  /// round that failed.
  std::size_t turn() const noexcept { return first_turn_ + round_; }
  /// It accepted us.
  void succeeded() noexcept;
  /// It did not, or was lost: the next one, after the time returned.
  std::chrono::milliseconds failed();
  /// True if every server has failed since the last success.
  bool exhausted() const noexcept { return round_ > 0; }
  /// It named others. False if that happened too often, or there are none.
  bool redirected(std::vector<address> to, reference how);

private:
  core::random_source random() { return core::random_source{seed_++}; }

  std::vector<address> servers_;
  std::uint64_t seed_;          ///< of the next random source, which is too large to be kept
  std::vector<address> detour_; ///< from a Server Reference; the last one is current
  backoff_options backoff_;
  std::size_t next_ = 0;
  std::size_t first_turn_ = 0;
  std::size_t failures_ = 0;
  std::size_t round_ = 0;
  int references_ = 0;
};

} // namespace mqttzoo::sdk
