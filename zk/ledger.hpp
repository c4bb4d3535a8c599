// The bank's books as they stand in the tree, and what holding something costs.
//
// A credit is one KiB held for one second. Three records say where all credits are, in decimal
// text, so that an operator with zkCli can read them:
//
//   bank/free              "<credits> <total>"    credits that nobody holds, and all there are
//   bank/pods/<life>/in    "<granted>"            what the pod has drawn so far, less what it gave
//                                                 back
//   bank/pods/<life>/out   "<seq> <spent>"        transactions so far, and what it withdrew less
//                                                 what it returned
//
// At every instant free + sum(granted - spent) + the cost of all that is stored = total. What a
// stored message cost stands with it: mail in its name, a retained message in its record. `spent`
// may be negative: a pod gets the credits back for mail that another pod paid for.
//
// Values and pure functions; any thread. Decoding trusts nothing.
#pragma once

#include "zk/records.hpp"
#include "zk/store.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::zk {

/// What holding a message takes besides its bytes: about 690 B of a server's heap for its node,
/// rounded up.
inline constexpr std::size_t held_overhead_bytes = 700;

/// Beyond any capacity times any TTL that can be configured; sums of two still fit.
inline constexpr std::int64_t credits_max = std::int64_t{1} << 61;

struct free_record {
  std::int64_t credits = 0;
  std::int64_t total = 0;
  friend bool operator==(const free_record&, const free_record&) = default;
};

struct granted_record {
  std::int64_t granted = 0;
  friend bool operator==(const granted_record&, const granted_record&) = default;
};

struct spent_record {
  std::uint64_t seq = 0;
  std::int64_t spent = 0;
  friend bool operator==(const spent_record&, const spent_record&) = default;
};

std::string encode_free(const free_record& record);
decoded<free_record> decode_free(std::string_view data);
std::string encode_granted(const granted_record& record);
decoded<granted_record> decode_granted(std::string_view data);
std::string encode_spent(const spent_record& record);
decoded<spent_record> decode_spent(std::string_view data);

/// How long things are held, at least and at most.
struct ttl_bounds {
  std::chrono::seconds least{30};
  std::chrono::seconds most{120};
};

/// The credits of a bank that never holds more than `bytes`: nothing costs less than its size for
/// the least TTL.
std::int64_t credits_of(std::size_t bytes, const ttl_bounds& ttl) noexcept;

/// What it costs to hold `bytes` (overhead included) for `ttl`; less than the least TTL costs as
/// much as that.
std::int64_t cost_of(std::size_t bytes, std::chrono::seconds held, const ttl_bounds& ttl) noexcept;

/// What the mail in `ops` takes out of the bank: the cost of what they create less that of what
/// they remove, by their names.
std::int64_t mail_cost(const std::vector<op>& ops) noexcept;

} // namespace mqttzoo::zk
