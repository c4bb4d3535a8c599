// How large payloads are: one size, ranges, or ranges with weights.
//
// A plain value, made once from the command line.
#pragma once

#include "core/random.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mqttzoo::cli {

class payload_sizes {
public:
  /// What the bench itself writes into each payload.
  static constexpr std::size_t least_bytes = 24;

  payload_sizes() : payload_sizes({{64, 64, 1}}) {}

  /// `64`, `64-1024`, or a list with weights, `64:80,1024-4096:15,65536:5`; nothing if it is none,
  /// or a size is too small or beyond what MQTT can carry.
  static std::optional<payload_sizes> parse(const std::string& text);

  std::size_t draw(core::random_source& random) const;
  std::size_t largest() const noexcept;

private:
  struct range {
    std::uint64_t least, most, weight;
  };
  explicit payload_sizes(std::vector<range> ranges);
  static std::optional<range> parse_range(const std::string& text);

  std::vector<range> ranges_;
  std::uint64_t weight_ = 0; ///< of all
};

} // namespace mqttzoo::cli
