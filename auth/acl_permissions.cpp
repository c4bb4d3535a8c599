// What the rules of an acl mean for one client: a mqtt::permissions.
#include "auth/acl.hpp"
#include "core/name_hash.hpp"
#include "mqtt/filter_relation.hpp"
#include "mqtt/topic_filter.hpp"

#include <array>
#include <utility>

namespace mqttzoo::auth {

namespace {

enum class verdict : std::uint8_t { silent, granted, denied };

verdict judge_topic(const acl_rules& rules, std::string_view topic, std::uint8_t wanted) noexcept {
  for (const auto& r : rules) {
    const bool denies = r.grants == acl_rule::deny;
    if ((denies || (r.grants & wanted) != 0) && mqtt::matches(r.filter, topic))
      return denies ? verdict::denied : verdict::granted;
  }
  return verdict::silent;
}

/// Denied if all of it is, granted if there may be something to read.
verdict judge_filter(const acl_rules& rules, std::string_view filter) noexcept {
  for (const auto& r : rules) {
    if (r.grants == acl_rule::deny && mqtt::covers(r.filter, filter))
      return verdict::denied;
    if ((r.grants & acl_rule::read) != 0 && mqtt::overlap(r.filter, filter))
      return verdict::granted;
  }
  return verdict::silent;
}

/// In one pass: what stands in a name is never taken for a pattern.
std::string fill_in(std::string_view pattern, const acl_subject& who) {
  std::string filter;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const auto two = pattern.substr(i, 2);
    if (two == "%c") {
      filter += who.client;
      ++i;
    } else if (two == "%u" && who.user) {
      filter += *who.user;
      ++i;
    } else {
      filter += pattern[i];
    }
  }
  return filter;
}

/// Topics of the server are granted by patterns that begin so, and never by the name of a client.
acl_rules fill_in(const acl_rules& patterns, const acl_subject& who) {
  if (mqtt::has_wildcard(who.client) || (who.user && mqtt::has_wildcard(*who.user)))
    return {};
  const bool client_steps_out = who.client.find('/') != std::string_view::npos;
  acl_rules filled;
  for (const auto& p : patterns) {
    const bool by_client = p.filter.find("%c") != std::string::npos;
    const bool by_user = p.filter.find("%u") != std::string::npos;
    if (by_client && client_steps_out)
      return {}; // not even what other patterns grant: this one might deny it
    if (by_user && !who.user)
      continue;
    auto filter = fill_in(p.filter, who);
    const bool steps_up = filter.starts_with('$') && !p.filter.starts_with('$');
    if (p.grants == acl_rule::deny || !steps_up)
      filled.push_back({p.grants, std::move(filter)});
  }
  return filled;
}

/// The topics asked about last, so that a long list of rules is not read for every message.
class memory {
public:
  enum class answer : std::uint8_t { unknown, no, yes };

  answer recall(std::string_view topic, std::uint8_t wanted) const noexcept {
    if (!slots_)
      return answer::unknown;
    const auto& s = (*slots_)[place_of(topic)];
    if (s.topic != topic || (s.asked & wanted) == 0)
      return answer::unknown;
    return (s.granted & wanted) != 0 ? answer::yes : answer::no;
  }

  void keep(std::string_view topic, std::uint8_t wanted, bool granted) {
    if (topic.size() > topic_bytes_max)
      return;
    if (!slots_)
      slots_ = std::make_unique<slots>();
    auto& s = (*slots_)[place_of(topic)];
    if (s.topic != topic) {
      s.topic = topic;
      s.asked = s.granted = 0;
    }
    s.asked |= wanted;
    if (granted)
      s.granted |= wanted;
  }

private:
  struct slot {
    std::string topic; ///< none is empty, so neither is a slot that was used
    std::uint8_t asked = 0;
    std::uint8_t granted = 0;
  };
  using slots = std::array<slot, 16>;                 ///< a session has it as soon as it asks
  static constexpr std::size_t topic_bytes_max = 256; ///< longer ones are judged each time

  static std::size_t place_of(std::string_view topic) noexcept {
    return core::hash_name(topic, core::name_key()) % std::tuple_size_v<slots>;
  }

  std::unique_ptr<slots> slots_;
};

class acl_permissions final : public mqtt::permissions {
public:
  acl_permissions(std::shared_ptr<const acl> from, const acl_subject& who)
      : from_(std::move(from)),
        topics_(who.section ? from_->rules_of(*who.section) : &from_->rules_of_nameless()),
        patterns_(fill_in(from_->patterns(), who)) {}

  bool may_publish(std::string_view topic) override { return may(topic, acl_rule::write); }
  bool may_receive(std::string_view topic) override { return may(topic, acl_rule::read); }

  bool may_subscribe(std::string_view filter) const override {
    const auto own = topics_ ? judge_filter(*topics_, filter) : verdict::silent;
    return own == verdict::granted ||
           (own == verdict::silent && judge_filter(patterns_, filter) == verdict::granted);
  }

private:
  bool may(std::string_view topic, std::uint8_t wanted) {
    if (const auto known = memory_.recall(topic, wanted); known != memory::answer::unknown)
      return known == memory::answer::yes;
    const bool granted = judge(topic, wanted);
    memory_.keep(topic, wanted, granted);
    return granted;
  }

  bool judge(std::string_view topic, std::uint8_t wanted) const noexcept {
    const auto own = topics_ ? judge_topic(*topics_, topic, wanted) : verdict::silent;
    return own == verdict::granted ||
           (own == verdict::silent && judge_topic(patterns_, topic, wanted) == verdict::granted);
  }

  std::shared_ptr<const acl> from_;
  const acl_rules* topics_; ///< in from_; null: the file does not speak of this user
  acl_rules patterns_;
  memory memory_;
};

} // namespace

std::unique_ptr<mqtt::permissions> make_permissions(std::shared_ptr<const acl> from,
                                                    const acl_subject& who) {
  return std::make_unique<acl_permissions>(std::move(from), who);
}

} // namespace mqttzoo::auth
