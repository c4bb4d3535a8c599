// A client of several pods: what it sends and has received on its latest connection.
//
// Lives for one test, on the test's thread. Most calls settle() the pods; those that say so do not.
#pragma once

#include "mqtt/encoder.hpp"
#include "tests/actors/pods_fixture.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace mqttzoo::test {

class roaming_client {
public:
  roaming_client(pods_fixture& f, std::string id) : f_(f), id_(std::move(id)) {}

  struct how {
    bool clean_start = true;
    std::uint32_t expiry_s = 0;
    std::uint16_t unit = 0;
    mqtt::protocol_version version = mqtt::protocol_version::v5;
  };

  /// A CONNECT was accepted there; nothing else has happened yet.
  std::shared_ptr<actors::attachment> begin_connecting(std::size_t pod, how h);
  auto begin_connecting(std::size_t pod) { return begin_connecting(pod, how{}); }

  /// Connects and returns CONNACK; what follows it is lost.
  mqtt::connack_packet connect(std::size_t pod, how h);
  mqtt::connack_packet connect(std::size_t pod) { return connect(pod, how{}); }

  mqtt::connack_packet connack();

  /// Sends as far as it is read; the rest goes with the next bytes.
  void write(const std::string& bytes);
  std::size_t unread() const { return unread_.size(); }

  void send(const std::string& bytes);

  void lose_connection();

  void subscribe(const std::string& filter, mqtt::qos q = mqtt::qos::at_most_once);

  static std::string publish_bytes(const std::string& topic, const std::string& payload,
                                   mqtt::qos q = mqtt::qos::at_most_once, std::uint16_t id = 0);

  template<class T>
  std::vector<T> received_of() {
    std::vector<T> found;
    for (auto& p : wire->take(version_))
      if (auto* t = std::get_if<T>(&p))
        found.push_back(std::move(*t));
    return found;
  }

  std::vector<std::string> payloads();

  std::shared_ptr<fake_connection> wire;
  std::optional<mqtt::will> will;

private:
  pods_fixture& f_;
  std::string id_;
  mqtt::protocol_version version_ = mqtt::protocol_version::v5;
  std::string unread_;
  std::uint16_t last_id_ = 0;
};

mqtt::will make_will(std::string topic, std::string payload);

/// Was it told that another connection took its session over?
bool was_taken_over(fake_connection& wire);

} // namespace mqttzoo::test
