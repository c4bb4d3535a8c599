// What one client may publish, receive and subscribe to, as its session asks.
//
// Made when the client is let in, and anew when the rules were reloaded; belongs to the session, on
// its thread. A session without one may do everything: that costs it nothing. Implemented in auth/.
#pragma once

#include <string_view>

namespace mqttzoo::mqtt {

class permissions {
public:
  permissions() = default;
  permissions(const permissions&) = delete;
  permissions& operator=(const permissions&) = delete;
  virtual ~permissions() = default;

  virtual bool may_publish(std::string_view topic) = 0;
  virtual bool may_receive(std::string_view topic) = 0;
  /// Whether there may be anything to receive for `filter`, given without `$share/<name>/`; what
  /// comes is still looked at with may_receive().
  virtual bool may_subscribe(std::string_view filter) const = 0;
};

} // namespace mqttzoo::mqtt
