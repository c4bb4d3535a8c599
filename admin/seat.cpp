#include "admin/seat.hpp"

#include <utility>

namespace mqttzoo::admin {

bool seat_plan::make_room() {
  if (waiting_.empty())
    return false;
  waiting_.front()->give_way();
  return true;
}

seat::seat(std::shared_ptr<void> of, seat_plan& plan) : of_(std::move(of)), plan_(plan) {
  place_ = plan_.waiting_.insert(plan_.waiting_.end(), this);
  plan_.taken_.add();
}

seat::~seat() {
  if (is_ == state::gave_way)
    return;
  begin_answer(); // not among those that wait any more
  plan_.taken_.sub();
}

bool seat::take(std::function<void()> close) {
  close_ = std::move(close);
  return is_ != state::gave_way;
}

void seat::begin_answer() noexcept {
  if (is_ != state::waits)
    return;
  own_.splice(own_.end(), plan_.waiting_, place_);
  is_ = state::is_answered;
}

void seat::end_answer() noexcept {
  if (is_ != state::is_answered)
    return;
  plan_.waiting_.splice(plan_.waiting_.end(), own_, place_);
  is_ = state::waits;
}

void seat::give_way() {
  begin_answer();
  is_ = state::gave_way;
  plan_.taken_.sub();
  if (close_)
    close_();
}

} // namespace mqttzoo::admin
