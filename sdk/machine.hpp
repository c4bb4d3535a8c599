// The protocol of a client, without I/O: bytes in, bytes out, and calls that say what happened.
//
// Owned by the `client_core` of one client, on its strand; lives as long as the client, through all
// its connections. Time comes as a parameter. A connection is begin(), received() any number of
// times, and end(); what is to be written stands in output(). Callbacks are called inside of these
// and may call publish(), subscribe() and the like, not begin() or end().
#pragma once

#include "mqtt/decoder.hpp"
#include "mqtt/topic_alias.hpp"
#include "sdk/filters.hpp"
#include "sdk/inbox.hpp"
#include "sdk/include/mqttzoo/options.hpp"
#include "sdk/outbox.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

namespace mqttzoo::sdk {

/// What a machine tells its owner.
class machine_port {
public:
  machine_port(const machine_port&) = delete;
  machine_port& operator=(const machine_port&) = delete;

  /// CONNACK with success.
  virtual void on_connected(const mqtt::connack_packet& p) = 0;
  /// A message. `p.topic` is complete. `number` is none for QoS 0; else it has to be held by those
  /// who want it, or released.
  virtual void on_message(const mqtt::publish_packet& p, receipt_number number) = 0;

protected:
  machine_port() = default;
  ~machine_port() = default;
};

class machine {
public:
  enum class phase : std::uint8_t {
    down,
    greeting,
    up,
    leaving, ///< DISCONNECT is written: nothing follows it, and nothing that comes is taken
  };

  /// `options` stay with the caller. `store` keeps the outbox through crashes; null: memory.
  machine(const client_options& options, machine_port& port, std::unique_ptr<outbox_store> store);

  /// Takes over what a former life left in the store, unless that is done.
  std::error_code load(time_point now) { return outbox_.load(now); }

  // ---- connections
  /// The transport stands: writes CONNECT.
  void begin(time_point now);
  /// Bytes came. With an error the connection has to be closed once output() is written.
  std::error_code received(std::string_view bytes, time_point now);
  /// The transport is gone.
  void end();
  /// Writes DISCONNECT; the transport is to be closed once output() is written.
  void disconnect(mqtt::reason_code why);
  /// The same, as an application wants it.
  void disconnect(const disconnect_options& how);
  phase now_is() const noexcept { return phase_; }
  /// CONNACK came on this connection, which may have had its DISCONNECT since.
  bool has_session() const noexcept { return phase_ == phase::up || phase_ == phase::leaving; }
  /// What the server said when it refused or ended this connection: names another server, or
  /// nothing.
  const std::string& server_reference() const noexcept { return server_reference_; }
  const std::string& client_id() const noexcept { return connect_.client_id; }

  // ---- output
  /// Puts what may be sent into output(), up to about 64 KiB.
  void pump(time_point now);
  const std::string& output() const noexcept { return output_; }
  /// Moves the output into `to`, which is empty, to be written.
  void take_output(std::string& to) {
    output_.swap(to);
    outbox_.taken();
  }
  /// What was taken last has been written.
  void written(time_point now);
  /// To be called before output is written.
  std::error_code commit() { return outbox_.commit(); }

  // ---- time
  /// With an error the connection is dead.
  std::error_code tick(time_point now);
  time_point wakeup() const;

  // ---- what the application does
  sdk::outbox& outbox() noexcept { return outbox_; }
  const sdk::outbox& outbox() const noexcept { return outbox_; }
  sdk::filters& filters() noexcept { return filters_; }
  void hold(receipt_number number) { inbox_.hold(number); }
  void release(receipt_number number);
  const server_grants& grants() const noexcept { return grants_; }

private:
  std::error_code take(const mqtt::frame& in, time_point now);
  std::error_code take_publish(const mqtt::frame& in);
  std::error_code take_ack(const mqtt::frame& in, time_point now);
  std::error_code take(const mqtt::connack_packet& p, time_point now);
  std::error_code take(const mqtt::suback_packet& p);
  std::error_code take(const mqtt::unsuback_packet& p);
  std::error_code take(const mqtt::disconnect_packet& p);
  std::error_code take(const mqtt::auth_packet& p);
  std::error_code fail(mqtt::reason_code why, std::error_code error);
  void leave(const mqtt::disconnect_packet& p);
  bool resolve_topic(mqtt::publish_packet& p);

  const client_options& options_;
  machine_port& port_;
  mqtt::connect_packet connect_;
  server_grants grants_;
  mqtt::packet_id_pool ids_;
  sdk::outbox outbox_;
  sdk::filters filters_;
  inbox inbox_;
  mqtt::topic_alias_receiver aliases_{0};
  phase phase_ = phase::down;
  std::string output_, input_, scratch_, server_reference_;
  mqtt::publish_packet publish_; ///< used again, for its memory
  mqtt::ack_packet ack_;         ///< likewise
  std::chrono::seconds keep_alive_{0};
  time_point last_written_ = time_point::min();
  time_point last_heard_ = time_point::min();
  time_point ping_due_ = time_point::max();   ///< the next PINGREQ
  time_point answer_due_ = time_point::max(); ///< its PINGRESP
};

} // namespace mqttzoo::sdk
