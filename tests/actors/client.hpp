// A client of a pod_fixture: what it sends and what it has received.
//
// Lives for one test, on the test's thread. Most calls settle() the pod; those that say so do not,
// so that a test can decide what happens meanwhile.
#pragma once

#include "mqtt/encoder.hpp"
#include "tests/actors/pod_fixture.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace mqttzoo::test {

/// A client and its session.
class client {
public:
  client(pod_fixture& f, std::string id) : client(f, std::move(id), f.services) {}
  /// Its connections come to the unit `on`.
  client(pod_fixture& f, std::string id, actors::unit_services& on)
      : f_(f), on_(on), id_(std::move(id)) {}

  /// Connects (again); returns CONNACK.
  mqtt::connack_packet connect(bool clean_start = true, std::uint32_t expiry_s = 0);

  /// A CONNECT was accepted; nothing else has happened yet.
  void begin_connecting(bool clean_start = true, std::uint32_t expiry_s = 0);

  /// CONNACK, once it has come.
  mqtt::connack_packet finish_connecting();

  /// A connection that is not through a doorman's hands any more breaks without anybody having read
  /// since.
  void begin_losing();

  /// The network connection breaks.
  void lose_connection();

  void send(const std::string& bytes);

  /// Its bytes are read; nothing else has happened yet.
  void write(const std::string& bytes);

  void subscribe(const std::string& filter, mqtt::qos q = mqtt::qos::at_most_once);

  std::string subscribe_bytes(const std::string& filter, mqtt::qos q = mqtt::qos::at_most_once);

  std::string subscribe_bytes(const std::vector<std::string>& filters,
                              mqtt::subscription_options options, std::uint32_t identifier = 0);

  void unsubscribe(const std::string& filter) { send(unsubscribe_bytes({filter})); }

  std::string unsubscribe_bytes(std::vector<std::string> filters);

  static std::string publish_bytes(const std::string& topic, const std::string& payload,
                                   mqtt::qos q = mqtt::qos::at_most_once, std::uint16_t id = 0,
                                   bool retain = false,
                                   mqtt::protocol_version as = mqtt::protocol_version::v5);

  void publish(const std::string& topic, const std::string& payload,
               mqtt::qos q = mqtt::qos::at_most_once, std::uint16_t id = 0, bool retain = false);

  void acknowledge(mqtt::packet_type type, mqtt::packet_id id);

  std::vector<mqtt::packet> received() { return wire->take(version); }

  /// The packets of type `T` among those received since the last call of any kind.
  template<class T>
  std::vector<T> received_of() {
    std::vector<T> found;
    for (auto& p : received())
      if (auto* t = std::get_if<T>(&p))
        found.push_back(std::move(*t));
    return found;
  }

  std::vector<std::string> payloads();

  actors::card_ref card;
  std::shared_ptr<fake_connection> wire;
  std::optional<mqtt::will> will;
  std::uint16_t keep_alive_s = 0;  ///< of the next connection
  std::optional<std::string> user; ///< whom it has shown to be; of the next connection
  mqtt::protocol_version version = mqtt::protocol_version::v5; ///< of the next connection
  std::vector<mqtt::packet> early;                             ///< what followed CONNACK at once

private:
  pod_fixture& f_;
  actors::unit_services& on_;
  std::string id_;
  std::shared_ptr<actors::attachment> attachment_; ///< while connecting
  std::uint16_t last_id_ = 0;
};

using strings = std::vector<std::string>;

} // namespace mqttzoo::test
