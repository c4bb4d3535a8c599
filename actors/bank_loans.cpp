// The bank's loans to the units, for what waits in memory: credits that stay drawn and are neither
// spent nor given back meanwhile. So no crash can lose them: they are part of the pod's lease.
#include "actors/bank.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace mqttzoo::actors {

/// A unit asks once at a time.
void bank::lend(const loan_request& r) {
  if (work_ == work::over || closing_)
    return lend_to(r, 0);
  loans_.push_back({r, false});
  go_on();
}

void bank::repay(const loan& l) {
  if (!closing_) // when it began to close, all was taken back
    lent_ -= l.credits;
  go_on();
}

/// Beside what waits to be stored: promises come first.
std::int64_t bank::lendable() const noexcept {
  return std::max<std::int64_t>(available() - queue_cost_, 0);
}

/// What must be drawn for those who ask, if the bank has as much as is of use to them.
std::int64_t bank::wanted_by_units(std::int64_t free) const noexcept {
  std::int64_t least = 0, wanted = 0;
  for (const auto& [request, drawn_for] : loans_) {
    least += request.least;
    wanted += request.wanted;
  }
  const auto have = available() - queue_cost_;
  if (least - have > free)
    return 0;
  return std::min(wanted - have, free);
}

/// Answers who asks; false if it has to draw first.
bool bank::serve_units() {
  while (!loans_.empty()) {
    auto& [request, drawn_for] = loans_.front();
    if (request.wanted > lendable() && now() >= draw_again_at_ && !drawn_for)
      return false;
    const auto credits = std::min(request.wanted, lendable());
    lend_to(request, credits < request.least ? 0 : credits);
    loans_.pop_front();
  }
  return true;
}

void bank::lend_to(const loan_request& r, std::int64_t credits) {
  lent_ += credits;
  if (credits < r.wanted)
    pod().bank_counts.loans_cut.add();
  send(pod().at(r.unit).courier_handle, lent_atom::value, loan{r.unit, credits});
}

/// Their sessions are gone.
void bank::refuse_units() {
  for (const auto& [request, drawn_for] : std::exchange(loans_, {}))
    lend_to(request, 0);
}

} // namespace mqttzoo::actors
