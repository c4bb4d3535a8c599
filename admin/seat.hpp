// A connection of the endpoint among those that are counted, and who makes room when all seats are
// taken: whoever has brought no request for longest. So a stranger who holds connections and asks
// nothing keeps no probe out.
//
// On the endpoint's thread only. A seat is its connection's, and dies with it.
#pragma once

#include "mqtt/counters.hpp"

#include <cstdint>
#include <functional>
#include <list>
#include <memory>

namespace mqttzoo::admin {

class seat;

/// All seats of a server.
class seat_plan {
public:
  explicit seat_plan(mqtt::counter& taken) : taken_(taken) {}

  /// Closes the connection that waits for the longest. False: each is just being answered.
  bool make_room();

private:
  friend seat;
  mqtt::counter& taken_;
  std::list<seat*> waiting_; ///< for a request of theirs, the longest first
};

class seat {
public:
  /// `of` has the plan.
  seat(std::shared_ptr<void> of, seat_plan& plan);
  seat(const seat&) = delete;
  seat& operator=(const seat&) = delete;
  ~seat();

  /// How its connection is closed, so that what it waits for fails. False: it has no seat any more.
  [[nodiscard]] bool take(std::function<void()> close);
  /// A request is complete, and its answer is made and written.
  void begin_answer() noexcept;
  /// The answer is written: the next request is up to the client.
  void end_answer() noexcept;

private:
  friend seat_plan;
  enum class state : std::uint8_t { waits, is_answered, gave_way };

  void give_way();

  const std::shared_ptr<void> of_;
  seat_plan& plan_;
  std::function<void()> close_; ///< empty: the connection is not begun
  std::list<seat*> own_; ///< its place in waiting_ while it is not there, so that moves cannot fail
  std::list<seat*>::iterator place_;
  state is_ = state::waits;
};

} // namespace mqttzoo::admin
