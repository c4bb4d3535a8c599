// The messages of one publisher to one topic, as one subscriber sees them: what is missing, came
// twice, or came after a later one.
//
// A plain value; 40 bytes while nothing is missing. Bounded: of more than `gaps_max` gaps the
// oldest is given up as lost, and what comes of it later counts as seen before.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mqttzoo::cli {

class sequence {
public:
  enum class verdict : std::uint8_t { in_order, late, duplicate };
  static constexpr std::size_t gaps_max = 1024;

  sequence() = default;
  /// One that is joined in the middle: what came before `first` is not missed.
  explicit sequence(std::uint32_t first) : next_(first) {}

  verdict see(std::uint32_t number) {
    if (number == next_) {
      ++next_;
      return verdict::in_order;
    }
    if (number > next_) {
      open_gap(next_, number);
      next_ = number + 1;
      return verdict::in_order;
    }
    return fill(number) ? verdict::late : verdict::duplicate;
  }

  /// Below the highest number seen.
  std::uint64_t missing() const noexcept {
    auto sum = lost_;
    for (const auto& g : gaps_)
      sum += g.end - g.begin;
    return sum;
  }

private:
  struct gap {
    std::uint32_t begin, end;
  };

  void open_gap(std::uint32_t begin, std::uint32_t end) {
    if (gaps_.size() == gaps_max) {
      lost_ += gaps_.front().end - gaps_.front().begin;
      gaps_.erase(gaps_.begin());
    }
    gaps_.push_back({begin, end});
  }

  bool fill(std::uint32_t number) {
    const auto at = std::ranges::upper_bound(gaps_, number, {}, [](const gap& g) { return g.end; });
    if (at == gaps_.end() || number < at->begin)
      return false;
    const gap whole = *at;
    if (number == whole.begin)
      ++at->begin;
    else
      at->end = number;
    if (at->begin == at->end)
      gaps_.erase(at);
    else if (number != whole.begin && number + 1 < whole.end)
      gaps_.insert(at + 1, {number + 1, whole.end});
    return true;
  }

  std::vector<gap> gaps_;
  std::uint64_t lost_ = 0;
  std::uint32_t next_ = 0;
};

} // namespace mqttzoo::cli
