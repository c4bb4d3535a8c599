// A client's connection whose session is at another pod; internal to porter*.cpp.
//
// Owned by its porter. At first the other pod is asked whether it has the session: until it
// answers, nothing is read and the attachment is kept, which goes back to the home if it has not,
// and is refused when its time is over. From then on it is bytes.
#pragma once

#include "actors/porter.hpp"

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

namespace mqttzoo::actors {

class porter::carrier final : public net::connection_events, public net::timer_client {
public:
  carrier(porter& by, std::shared_ptr<attachment> a, member_ref to, std::uint64_t number);
  ~carrier() override;

  const member_ref& pod() const noexcept { return pod_; }
  std::uint64_t number() const noexcept { return number_; }
  bool is_open() const noexcept { return asked_ == nullptr; }

  /// The session at `unit` of the other pod has its connection.
  void open(unit_index unit);
  /// Bytes of the session's.
  void take(std::string_view bytes);
  /// The session's side welcomes so many more; false if that is more than there can be.
  bool welcome(std::uint32_t bytes);
  /// The last word of the session's side; the carrier is of no use any more.
  void close(stream_close how);
  /// The pod does not have the session (any more): back to the home, at once or, if that has
  /// happened again and again, a little later.
  void not_here();
  /// It is due for nothing and carries nothing any more: who left is kept until its event is over.
  void rest();
  /// The connection for another use; null if the carrier is open.
  std::shared_ptr<attachment> let_go();
  /// The last word of this side, if the other one knows the stream.
  void tell_closed();

private:
  // net::connection_events
  std::size_t on_input(std::string_view input) override;
  void on_drained() override { report_taken(); }
  void on_closed(net::close_cause) override;
  // net::timer_client: the other pod has not answered, or it is time to ask anew
  void on_due(net::time_point) override;

  stream_address there() const noexcept { return {stream_side::session, unit_, number_}; }
  void report_taken();

  porter& porter_;
  std::shared_ptr<attachment> asked_; ///< until it is open
  net::connection_ptr connection_;
  const member_ref pod_;
  const std::uint64_t number_;
  unit_index unit_{};        ///< of the session, once it is open
  bool goes_back_ = false;   ///< when the timer is due
  bool counted_ = false;     ///< among those that are carried now
  std::uint32_t credit_ = 0; ///< bytes that may be sent
  std::uint32_t unsaid_ = 0; ///< bytes the session's side does not know yet to be taken
};

} // namespace mqttzoo::actors
