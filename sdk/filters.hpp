// What a client is subscribed to, and what it still has to tell the server about that.
//
// Part of a `machine`, on its client's strand; outlives connections. A filter is asked for once,
// however many subscriptions of the application share it. After a connection without a session all
// are asked for again. Bounded by the application: it is its own list.
#pragma once

#include "mqtt/packet.hpp"
#include "mqtt/packet_id_pool.hpp"
#include "sdk/include/mqttzoo/detail/callback.hpp"
#include "sdk/outbox.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <system_error>
#include <vector>

namespace mqttzoo::sdk {

class filters {
public:
  /// The error, and the QoS that the server grants.
  using granted = callback<void(std::error_code, mqtt::qos)>;
  using done = callback<void(std::error_code)>;

  /// `ids` is shared with the outbox.
  explicit filters(mqtt::packet_id_pool& ids) : ids_(ids) {}

  /// `filter` is valid. Replaces the options if it is there already. `identifier` is sent with it
  /// if the server can take it.
  void subscribe(const std::string& filter, const mqtt::subscription_options& options,
                 mqtt::user_properties users, std::uint32_t identifier, granted finished);
  void unsubscribe(const std::string& filter, mqtt::user_properties users, done finished);

  void connected(const server_grants& grants, bool session_present);
  void disconnected();
  /// Appends what the server has to hear.
  void pump(std::string& out);
  /// False if nothing was asked under this identifier.
  bool suback(const mqtt::suback_packet& p);
  bool unsuback(const mqtt::unsuback_packet& p);
  /// Completes what waits and forgets everything.
  void abandon(std::error_code why);
  /// True while an answer is due.
  bool busy() const noexcept { return !asked_.empty() || unsent_ > 0 || !leaving_.empty(); }

private:
  struct entry {
    mqtt::subscription_options options;
    mqtt::user_properties users;
    std::uint32_t identifier = 0;
    bool unsent = true;
    std::vector<granted> waiting;
  };
  struct unsubscription {
    std::string filter;
    mqtt::user_properties users;
    mqtt::packet_id id = mqtt::packet_id::none; ///< none: not sent
    done finished;
  };

  std::error_code objection(const std::string& filter) const;
  bool send(const std::string& filter, entry& e, std::string& out);
  void answer(entry& e, std::error_code how, mqtt::qos level);

  mqtt::packet_id_pool& ids_;
  server_grants grants_;
  std::map<std::string, entry> entries_;
  std::map<mqtt::packet_id, std::string> asked_; ///< SUBSCRIBEs without an answer
  std::vector<unsubscription> leaving_;
  std::size_t unsent_ = 0; ///< entries that pump() has to look for
};

} // namespace mqttzoo::sdk
