#include "tools/cli/bench/payload_sizes.hpp"

#include "core/numbers.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::cli {
namespace {

/// MQTT's largest packet, less what stands before the payload.
constexpr std::uint64_t largest_bytes = 268'000'000;
constexpr std::uint64_t weight_max = 1'000'000;

} // namespace

payload_sizes::payload_sizes(std::vector<range> ranges) : ranges_(std::move(ranges)) {
  for (const auto& r : ranges_)
    weight_ += r.weight;
}

std::optional<payload_sizes> payload_sizes::parse(const std::string& text) {
  std::vector<range> ranges;
  for (std::size_t at = 0; at <= text.size();) {
    const auto comma = std::min(text.find(',', at), text.size());
    const auto one = parse_range(text.substr(at, comma - at));
    if (!one)
      return std::nullopt;
    ranges.push_back(*one);
    at = comma + 1;
  }
  return payload_sizes{std::move(ranges)};
}

std::optional<payload_sizes::range> payload_sizes::parse_range(const std::string& text) {
  const auto colon = std::min(text.find(':'), text.size());
  const auto dash = std::min(text.find('-'), colon);
  const auto size = [](const std::string& number) {
    return core::read_number<std::uint64_t>(number, least_bytes, largest_bytes);
  };
  const auto least = size(text.substr(0, dash));
  const auto most = dash == colon ? least : size(text.substr(dash + 1, colon - dash - 1));
  const auto weight = colon == text.size()
                          ? std::optional<std::uint64_t>{1}
                          : core::read_number<std::uint64_t>(text.substr(colon + 1), 1, weight_max);
  if (!least || !most || !weight || *least > *most)
    return std::nullopt;
  return range{*least, *most, *weight};
}

std::size_t payload_sizes::draw(core::random_source& random) const {
  auto at = ranges_.begin();
  if (ranges_.size() > 1) {
    auto left = random.below(weight_);
    for (; left >= at->weight; ++at)
      left -= at->weight;
  }
  return at->least == at->most ? at->least : random.between(at->least, at->most);
}

std::size_t payload_sizes::largest() const noexcept {
  return std::ranges::max_element(ranges_, {}, &range::most)->most;
}

} // namespace mqttzoo::cli
