#include "actors/inspector.hpp"

#include <algorithm>
#include <limits>
#include <mutex>
#include <utility>

namespace mqttzoo::actors {

namespace {

using namespace std::chrono;

using order = actor_query::order;

/// What a page is sorted by, highest first.
std::uint64_t rank_of(const actor_query& q, const actor_reader::held& h, const wait_state& w,
                      net::time_point now) {
  switch (q.by) {
  case order::by_id:
    return std::numeric_limits<std::uint64_t>::max() - h.actor->id();
  case order::by_messages:
    return h.record->messages();
  case order::by_runs:
    return h.record->runs();
  case order::by_busy:
    return h.record->busy_ticks();
  case order::by_mailbox:
    return h.record->mailbox();
  case order::by_wait:
    return w.on == wait_kind::nothing || w.since > now
               ? 0
               : static_cast<std::uint64_t>((now - w.since).count()) + 1;
  }
  return 0;
}

bool matches(const actor_query& q, const actor_reader::held& h, const wait_state& w,
             net::time_point now) {
  if (q.waiting && w.on == wait_kind::nothing)
    return false;
  if (q.suspect_after) {
    const bool long_ago =
        w.on != wait_kind::nothing && w.since <= now && now - w.since >= *q.suspect_after;
    if (!long_ago && h.record->mailbox() == 0)
      return false;
  }
  return q.subject_contains.empty() ||
         h.record->subject().find(q.subject_contains) != std::string::npos;
}

struct ranked {
  std::uint64_t rank = 0;
  actor_summary actor;
};

/// The best of what was offered; a few times as many are kept meanwhile.
class best {
public:
  explicit best(std::size_t n) : n_(n) {}

  /// Of those that rank equally the first ones are as good.
  bool wants(std::uint64_t rank) const noexcept { return !full_ || rank > worst_; }
  void add(ranked r) {
    found_.push_back(std::move(r));
    if (found_.size() >= 2 * n_ + 64)
      cut();
  }
  void merge(best&& other) {
    for (auto& r : other.found_)
      add(std::move(r));
  }
  std::vector<actor_summary> take() {
    cut();
    std::vector<actor_summary> actors;
    for (auto& r : found_)
      actors.push_back(std::move(r.actor));
    return actors;
  }

private:
  void cut() {
    std::sort(found_.begin(), found_.end(),
              [](const ranked& a, const ranked& b) { return a.rank > b.rank; });
    if (found_.size() <= n_)
      return;
    found_.resize(n_);
    full_ = true;
    worst_ = n_ == 0 ? 0 : found_.back().rank;
  }

  std::size_t n_;
  bool full_ = false;
  std::uint64_t worst_ = 0;
  std::vector<ranked> found_;
};

} // namespace

inspector::inspector(std::vector<unit_access> units) : units_(std::move(units)) {}

std::size_t inspector::actor_count() const noexcept {
  std::size_t n = 0;
  for (const auto& u : units_)
    n += u.services->actors.size();
  return n;
}

actor_summary inspector::summarize(const actor_reader::held& h, unit_services& on,
                                   wait_state w) const {
  const auto now = on.now();
  actor_summary s;
  s.id = actor_number{h.actor->id()};
  s.kind = h.record->kind();
  s.subject = h.record->subject();
  s.unit = on.index;
  s.messages = h.record->messages();
  s.runs = h.record->runs();
  s.busy = scale_.time_of(h.record->busy_ticks());
  s.mailbox = h.record->mailbox();
  s.mailbox_max = h.record->mailbox_max();
  s.age = duration_cast<milliseconds>(now - h.born);
  s.waits_on = w.on;
  s.waits_what = w.what;
  if (w.on != wait_kind::nothing && w.since <= now)
    s.waits_for = duration_cast<milliseconds>(now - w.since);
  h.record->glance(s.glance);
  return s;
}

// --- lists ---

/// A list while units work on it; each has a part of its own until all are done.
struct inspector::listing : std::enable_shared_from_this<listing> {
  const inspector& by;
  actor_query query;
  std::function<void(actor_page)> then;
  std::mutex mutex;
  std::size_t units_left;
  best all;
  actor_page page;

  struct part {
    explicit part(const listing& l, unit_services& on) : reader(on.actors), found(l.query.limit) {}
    actor_reader reader;
    best found;
    std::size_t matching = 0;
    std::size_t seen = 0;
    std::size_t beyond = 0; ///< of those that match: not before the page
  };

  listing(const inspector& i, actor_query q, std::function<void(actor_page)> t, std::size_t units)
      : by(i), query(std::move(q)), then(std::move(t)), units_left(units), all(query.limit) {}

  void go_on(const unit_access& u, std::shared_ptr<part> p) {
    const auto turn = p->reader.next(actors_a_turn);
    for (const auto& h : turn)
      look_at(h, *u.services, *p);
    if (turn.size() == actors_a_turn)
      return u.post([self = shared_from_this(), &u, p] { self->go_on(u, p); });
    finish(*p);
  }

  void look_at(const actor_reader::held& h, unit_services& on, part& p) const {
    ++p.seen;
    if (!query.kind.empty() && query.kind != h.record->kind())
      return;
    const auto w = h.record->waits();
    if (!matches(query, h, w, on.now()))
      return;
    ++p.matching;
    if (query.by == order::by_id && h.actor->id() <= static_cast<std::uint64_t>(query.after))
      return;
    ++p.beyond;
    if (const auto rank = rank_of(query, h, w, on.now()); p.found.wants(rank))
      p.found.add({rank, by.summarize(h, on, w)});
  }

  void finish(part& p) {
    std::unique_lock lock{mutex};
    all.merge(std::move(p.found));
    page.matching += p.matching;
    page.seen += p.seen;
    beyond += p.beyond;
    if (--units_left > 0)
      return;
    lock.unlock();
    page.actors = all.take();
    if (query.by == order::by_id && beyond > page.actors.size() && !page.actors.empty())
      page.next = page.actors.back().id;
    then(std::move(page));
  }

  std::size_t beyond = 0;
};

void inspector::list(actor_query q, std::function<void(actor_page)> then) const {
  std::vector<const unit_access*> asked;
  for (const auto& u : units_)
    if (!q.unit || *q.unit == u.services->index)
      asked.push_back(&u);
  if (asked.empty())
    return then({});
  auto l = std::make_shared<listing>(*this, std::move(q), std::move(then), asked.size());
  for (const auto* u : asked)
    u->post([l, u] { l->go_on(*u, std::make_shared<listing::part>(*l, *u->services)); });
}

void inspector::each_unit(std::function<void(unit_services&)> then) const {
  for (const auto& u : units_)
    u.post([&u, then] { then(*u.services); });
}

} // namespace mqttzoo::actors
