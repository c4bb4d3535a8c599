#include "admin/watchdog.hpp"

#include "core/log.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace mqttzoo::admin {

namespace {

using namespace std::chrono;

constexpr core::logger log{core::log_folder::admin};
core::log_throttle lines{20, seconds{10}};
constexpr int looks_a_period = 4;
constexpr milliseconds pause_max{5'000};
constexpr milliseconds pause_min{100};

} // namespace

watchdog::watchdog(boost::asio::io_context& on, const actors::inspector& in,
                   const core::clock& clock, milliseconds stuck_after)
    : io_(on), in_(in), clock_(clock), stuck_after_(stuck_after), timer_(on) {}

void watchdog::start() {
  plan();
}

void watchdog::stop() {
  timer_.cancel();
}

milliseconds watchdog::silence() const noexcept {
  return waits_ ? duration_cast<milliseconds>(clock_.now() - asked_) : milliseconds{0};
}

void watchdog::plan() {
  timer_.expires_after(std::clamp(stuck_after_ / looks_a_period, pause_min, pause_max));
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& stopped) {
    if (!stopped)
      self->look();
  });
}

/// One look at a time: a unit that does not answer is not asked again.
void watchdog::look() {
  if (waits_)
    return plan();
  waits_ = true;
  asked_ = clock_.now();
  actors::actor_query q;
  q.suspect_after = stuck_after_;
  q.by = actors::actor_query::order::by_wait;
  q.limit = suspects_max;
  in_.list(std::move(q), [self = shared_from_this()](actors::actor_page page) {
    boost::asio::post(self->io_, [self, page = std::move(page)] {
      self->waits_ = false;
      self->take(page);
    });
  });
  plan();
}

void watchdog::take(const actors::actor_page& page) {
  const auto now = clock_.now();
  suspects next;
  stuck_.clear();
  count_ = 0;
  for (const auto& a : page.actors) {
    const auto before = suspects_.find(a.id);
    suspect s{now, a.messages, false};
    const bool waits_long = a.waits_for && *a.waits_for >= stuck_after_;
    if (before != suspects_.end() && (waits_long || before->second.messages == a.messages)) {
      s.since = before->second.since;
      s.reported = before->second.reported;
    }
    const auto unread = a.mailbox > 0 ? duration_cast<milliseconds>(now - s.since) : milliseconds{};
    stuck_actor found{a, waits_long ? *a.waits_for : unread, !waits_long};
    if (found.for_at_least >= stuck_after_) {
      ++count_;
      if (stuck_.size() < told_max)
        stuck_.push_back(found);
      if (!std::exchange(s.reported, true)) {
        ++episodes_;
        tell(found);
      }
    }
    next.emplace(a.id, s);
  }
  for (const auto& [id, s] : suspects_)
    if (s.reported && (!next.contains(id) || !next.at(id).reported))
      log.log(lines, core::log_level::info, "an actor goes on, or is over",
              {{"actor", static_cast<std::uint64_t>(id)}});
  suspects_ = std::move(next);
}

void watchdog::tell(const stuck_actor& a) {
  const auto& s = a.actor;
  log.log(lines, core::log_level::warn,
          a.has_mail ? "an actor does not read its mail" : "an actor has waited for long",
          {{"actor", static_cast<std::uint64_t>(s.id)},
           {"kind", s.kind},
           {"subject", s.subject},
           {"for_ms", a.for_at_least.count()},
           {"waits_on", actors::to_string(s.waits_on)},
           {"waits_what", s.waits_what},
           {"mailbox", s.mailbox}});
}

} // namespace mqttzoo::admin
