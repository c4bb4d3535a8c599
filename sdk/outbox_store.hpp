// Where an outbox keeps its messages through a crash of the application.
//
// Owned by the outbox of one client, on its strand. Changes are collected and become safe together
// with commit(), which the client calls before it writes to the socket.
#pragma once

#include "mqtt/packet.hpp"
#include "sdk/include/mqttzoo/message.hpp"

#include <cstdint>
#include <system_error>
#include <vector>

namespace mqttzoo::sdk {

/// How far a QoS 2 message has come.
enum class sent_as : std::uint8_t { nothing = 0, publish = 1, pubrel = 2 };

struct stored_message {
  std::int64_t row = 0; ///< drawn by the outbox; rises in the order of publishing
  message what;
  mqtt::packet_id id = mqtt::packet_id::none;
  sent_as stage = sent_as::nothing;
};

class outbox_store {
public:
  outbox_store() = default;
  outbox_store(const outbox_store&) = delete;
  outbox_store& operator=(const outbox_store&) = delete;
  virtual ~outbox_store() = default;

  /// What a former life left, in its order.
  virtual std::error_code load(std::vector<stored_message>& out) = 0;
  /// Writes a message in the place of what has its row, if anything. False if that failed.
  virtual bool put(std::int64_t row, const message& m, mqtt::packet_id id, sent_as stage) = 0;
  virtual void mark(std::int64_t row, mqtt::packet_id id, sent_as stage) = 0;
  virtual void remove(std::int64_t row) = 0;
  /// All that was asked for is on the disk; or, with an error, nothing of it is, and it has to be
  /// asked for again.
  virtual std::error_code commit() = 0;
};

} // namespace mqttzoo::sdk
