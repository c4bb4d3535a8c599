// What one SUBSCRIBE or UNSUBSCRIBE changes in the routes of all topics that it matches.
//
// Made by the index and shared by all those topics, each of which picks out what matches its own
// name: so a topic gets one message for a packet, however many of its filters match. Immutable once
// sent; any thread. Standard: 3.8, 3.10.
#pragma once

#include "actors/session_card.hpp"
#include "mqtt/filter_trie.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mqttzoo::actors {

/// One filter's part of it: of the session itself, or of a group if that has a number.
struct route_step {
  std::string filter; ///< without `$share/<name>/`
  subscriber by;      ///< the session's subscription; null: it has none with this filter any more
  mqtt::group_number number = mqtt::group_number::none;
  group_actor group; ///< null: it is no more
  /// Whether nobody had this filter before.
  enum class filter_is : std::uint8_t { known, fresh } is = filter_is::known;
};

class route_change final : public ref_counted {
public:
  explicit route_change(card_ref by) : session(std::move(by)) {}

  const card_ref session;

  /// Before it is shared.
  void add(route_step s);

  const std::vector<route_step>& steps() const noexcept { return steps_; }

  /// Calls `f(const route_step&)` for those whose filter matches; of two with the same filter in
  /// their order.
  template<class F>
  void for_each_match(std::string_view topic, F&& f) const {
    if (by_filter_)
      return std::as_const(*by_filter_)
          .for_each_match(topic, [&](const std::vector<std::uint32_t>& numbers) {
            for (const auto n : numbers)
              f(steps_[n]);
          });
    for (const auto& s : steps_)
      if (mqtt::matches(s.filter, topic))
        f(s);
  }

private:
  /// As many filters are compared as fast as a trie is walked, and need none to be built.
  static constexpr std::size_t unindexed_max = 8;

  void enter(std::size_t number);

  std::vector<route_step> steps_;
  using numbers_by_filter = mqtt::filter_trie<std::vector<std::uint32_t>>;

  std::unique_ptr<numbers_by_filter> by_filter_; ///< of all steps; null while there are few
};

} // namespace mqttzoo::actors
