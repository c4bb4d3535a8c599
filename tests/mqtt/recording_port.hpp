// A session's world that only writes down what the session asks of it.
//
// One per test, on its thread. Nothing is answered by itself: tests play the index and the store.
#pragma once

#include "mqtt/session_port.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mqttzoo::mqtt::testing {

class recording_port final : public session_port {
public:
  struct publication {
    message_ref message;
    packet_id id = packet_id::none;
  };
  struct subscribe_call {
    std::vector<subscription> accepted;
    packet_id id = packet_id::none;
  };
  struct unsubscribe_call {
    std::vector<std::string> filters;
    packet_id id = packet_id::none;
  };
  struct deposit_call {
    delivery what;
    stored_pointer pointer;
  };

  std::string& out() override { return wire; }
  void send_payload(message_ref m) override {
    wire.append(m->payload());
    ++payloads_by_reference;
  }
  void flush() override { flushed = true; }
  bool congested() override { return is_congested; }
  void close(close_mode mode) override { closed = mode; }
  void pause_input() override { paused = true; }
  void resume_input() override { paused = false; }

  bool reserve(std::size_t bytes) override {
    if (reserved + bytes > grants)
      return false;
    reserved += bytes;
    return true;
  }
  void release(std::size_t bytes) override { reserved -= bytes; }

  topic_ref intern(std::string_view topic) override {
    auto& known = topics[std::string{topic}];
    if (!known)
      known = make_ref<const shared_topic>(std::string{topic});
    return known;
  }
  void publish(message_ref m, packet_id id) override { published.push_back({std::move(m), id}); }
  void subscribe(std::vector<subscription> accepted, packet_id id) override {
    subscribed.push_back({std::move(accepted), id});
  }
  void unsubscribe(std::vector<std::string> filters, packet_id id) override {
    unsubscribed.push_back({std::move(filters), id});
  }
  void return_to_group(delivery d) override { returned.push_back(std::move(d)); }

  void session_changed() override { ++changes; }
  void end() override { ended = true; }

  void deposit(const delivery& d, stored_pointer p) override { deposits.push_back({d, p}); }
  void record(stored_pointer p) override { records.push_back(p); }
  void forget(stored_number n) override { forgotten.push_back(n); }
  void forget_received(packet_id id) override { forgotten_received.push_back(id); }

  // the connection
  std::string wire; ///< encoded and not taken yet
  std::optional<close_mode> closed;
  int payloads_by_reference = 0;
  bool flushed = false;
  bool is_congested = false;
  bool paused = false;

  // memory
  std::size_t grants = std::size_t{1} << 40;
  std::size_t reserved = 0;

  // everything else, oldest first
  std::unordered_map<std::string, topic_ref> topics;
  std::vector<publication> published;
  std::vector<subscribe_call> subscribed;
  std::vector<unsubscribe_call> unsubscribed;
  std::vector<delivery> returned;
  std::vector<deposit_call> deposits;
  std::vector<stored_pointer> records;
  std::vector<stored_number> forgotten;
  std::vector<packet_id> forgotten_received;
  int changes = 0;
  bool ended = false;
};

} // namespace mqttzoo::mqtt::testing
