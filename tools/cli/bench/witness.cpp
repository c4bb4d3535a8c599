#include "tools/cli/bench/witness.hpp"

namespace mqttzoo::cli {

witness::witness(const bench_plan& plan, std::uint32_t run, bench_figures& figures)
    : plan_(plan), run_(run), figures_(figures) {
  const auto members = plan.subscribers.size();
  if (plan.any_streams) {
    any_.resize(members);
  } else if (plan.one_group) {
    seen_.emplace_back(plan.streams.size());
    newest_.assign(members, std::vector<std::uint32_t>(plan.streams.size()));
  } else {
    for (const auto& s : plan.subscribers)
      seen_.emplace_back(s.streams.count);
  }
}

void witness::count(sequence::verdict v) {
  figures_.first_sights += v != sequence::verdict::duplicate ? 1 : 0;
  figures_.duplicates += v == sequence::verdict::duplicate ? 1 : 0;
  figures_.out_of_order += v == sequence::verdict::late ? 1 : 0;
}

bool witness::see(std::size_t who, const stamp& s) {
  if (plan_.any_streams) {
    see_any(who, s);
    return false;
  }
  const auto& [filters, range, returns_credit] = plan_.subscribers[who];
  const auto index = s.stream - range.first;
  if (s.run != run_ || index >= range.count) {
    ++figures_.unchecked;
    return false;
  }
  if (!plan_.one_group) {
    count(seen_[who][index].see(s.number));
    return returns_credit;
  }
  // Members of a group take turns, so only what one of them sees has an order.
  const bool is_new = seen_.front()[index].see(s.number) != sequence::verdict::duplicate;
  auto& newest = newest_[who][index];
  const bool in_order = s.number + 1 > newest;
  count(!is_new    ? sequence::verdict::duplicate
        : in_order ? sequence::verdict::in_order
                   : sequence::verdict::late);
  newest = in_order ? s.number + 1 : newest;
  return returns_credit;
}

void witness::see_any(std::size_t who, const stamp& s) {
  auto& known = any_[who];
  const auto key = std::uint64_t{s.run} << 32 | s.stream;
  auto at = known.find(key);
  if (at == known.end()) {
    if (known.size() >= any_streams_max) {
      ++figures_.unchecked;
      return;
    }
    at = known.emplace(key, sequence{s.number}).first;
  }
  count(at->second.see(s.number));
}

std::uint64_t witness::missing(std::uint64_t sent) const {
  if (!plan_.any_streams) {
    const auto wanted = sent * plan_.copies;
    return wanted > figures_.first_sights ? wanted - figures_.first_sights : 0;
  }
  std::uint64_t sum = 0;
  for (const auto& known : any_)
    for (const auto& [key, seen] : known)
      sum += seen.missing();
  return sum;
}

} // namespace mqttzoo::cli
