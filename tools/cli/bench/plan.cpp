#include "tools/cli/bench/plan.hpp"

#include <algorithm>

namespace mqttzoo::cli {
namespace {

/// `%i` becomes the number.
std::string numbered(const std::string& text, std::size_t number) {
  std::string out = text;
  for (auto at = out.find("%i"); at != std::string::npos; at = out.find("%i", at))
    out.replace(at, 2, std::to_string(number));
  return out;
}

std::size_t or_else(std::size_t said, std::size_t usual) {
  return said == 0 ? usual : said;
}

class planner {
public:
  planner(const bench_options& o, std::uint32_t run)
      : o_(o), base_("bench/" + std::to_string(run) + '/') {}

  bench_plan make() {
    switch (o_.kind) {
    case bench_kind::conn:
      p_.clients = o_.clients;
      return p_;
    case bench_kind::pub:
      publishers(o_.clients, o_.clients, [&](auto i) { return numbered(o_.topic, i); });
      break;
    case bench_kind::sub:
      subscribers(o_.clients, [&](auto i) { return numbered(o_.topic, i); });
      p_.any_streams = true;
      break;
    case bench_kind::flow:
      flow();
      break;
    }
    p_.clients = p_.publishers + p_.subscribers.size();
    return p_;
  }

private:
  void flow() {
    const auto n = o_.clients;
    const auto own_topic = [&](auto i) { return base_ + std::to_string(i); };
    const auto one_topic = [&](auto) { return base_ + "all"; };
    switch (o_.shape) {
    case pattern::pairs:
    case pattern::offline:
      publishers(n, n, own_topic);
      subscribers(n, own_topic);
      return each_sees_its_own();
    case pattern::fan_out:
    case pattern::fan_in: {
      const bool out = o_.shape == pattern::fan_out;
      const auto senders = or_else(o_.publishers, out ? 1 : n);
      publishers(senders, senders, one_topic);
      subscribers(or_else(o_.subscribers, out ? n : 1), one_topic);
      return each_sees_all();
    }
    case pattern::wildcard: {
      const auto senders = or_else(o_.publishers, n);
      publishers(senders, std::max(o_.topics, senders),
                 [&](auto i) { return own_topic(i) + "/x"; });
      subscribers(or_else(o_.subscribers, n), [&](auto) { return base_ + "+/x"; });
      return each_sees_all();
    }
    case pattern::shared: {
      const auto senders = or_else(o_.publishers, n);
      publishers(senders, senders, own_topic);
      subscribers(or_else(o_.subscribers, n), [&](auto) { return "$share/bench/" + base_ + '+'; });
      each_sees_all();
      p_.one_group = true;
      p_.copies = 1;
      for (auto& s : p_.subscribers)
        s.returns_credit = true;
      return;
    }
    case pattern::retained:
      publishers(or_else(o_.publishers, 1), o_.topics, own_topic);
      subscribers(or_else(o_.subscribers, n), [&](auto) { return base_ + '#'; });
      p_.once_each = true;
      return each_sees_all();
    }
  }

  template<class Topic>
  void publishers(std::size_t count, std::size_t streams, Topic topic) {
    p_.publishers = count;
    for (std::size_t i = 0; i < streams; ++i)
      p_.streams.push_back({topic(i), static_cast<std::uint32_t>(i), 0, {}, 0});
  }

  template<class Filter>
  void subscribers(std::size_t count, Filter filter) {
    for (std::size_t i = 0; i < count; ++i)
      p_.subscribers.push_back({{filter(i)}, {}, true});
  }

  void each_sees_its_own() {
    for (std::size_t i = 0; i < p_.subscribers.size(); ++i)
      p_.subscribers[i].streams = {static_cast<std::uint32_t>(i), 1};
    p_.copies = 1;
  }

  void each_sees_all() {
    for (auto& s : p_.subscribers) {
      s.streams = {0, static_cast<std::uint32_t>(p_.streams.size())};
      s.returns_credit = &s == &p_.subscribers.front();
    }
    p_.copies = p_.subscribers.size();
  }

  const bench_options& o_;
  std::string base_;
  bench_plan p_;
};

} // namespace

bench_plan make_plan(const bench_options& o, std::uint32_t run) {
  return planner{o, run}.make();
}

} // namespace mqttzoo::cli
