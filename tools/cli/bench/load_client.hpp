// One connection of `mqttzoo bench`: no more of MQTT than load takes, so that thousands cost
// little.
//
// Owned by a bench_run, whom it tells what happens; on its thread. It lives until it is closed and
// its last operation has ended. Publishes at most `window` messages of QoS 1 and 2 at a time;
// acknowledges what comes at once. It does not return by itself when it is lost.
#pragma once

#include "mqtt/decoder.hpp"
#include "mqtt/packet.hpp"
#include "sdk/transport.hpp"
#include "tools/cli/bench/stamp.hpp"

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mqttzoo/options.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace mqttzoo::cli {

class load_client;

/// What a client tells its owner. `now_ns` is the time of the steady clock.
class load_events {
public:
  load_events(const load_events&) = delete;
  load_events& operator=(const load_events&) = delete;

  virtual void on_ready(load_client& c, std::int64_t now_ns) = 0; ///< CONNACK
  virtual void on_subscribed(load_client& c, std::int64_t now_ns) = 0;
  /// Not connected, not subscribed, or lost; last event of a connection.
  virtual void on_ended(load_client& c, std::error_code why) = 0;
  virtual void on_message(load_client& c, const mqtt::publish_packet& p, std::int64_t now_ns) = 0;
  /// The answer to a QoS 1 or 2 publish; an error if the server refused it.
  virtual void on_promise(load_client& c, std::int64_t due_ns, std::error_code how,
                          std::int64_t now_ns) = 0;
  /// So many QoS 0 messages are written, and there may be room for more.
  virtual void on_written(load_client& c, std::size_t messages) = 0;

protected:
  load_events() = default;
  ~load_events() = default;
};

/// A publisher's messages to one topic.
struct load_stream {
  std::string topic;
  std::uint32_t id = 0;
  std::uint32_t next = 0; ///< number of the next message, and so how many were sent
  std::string header;     ///< of the packet, for payloads of `header_for` bytes
  std::size_t header_for = 0;
};

/// What all clients of a run share. Memory that is used again, and what to write at the turn's end.
struct load_context {
  load_context(boost::asio::io_context& io, load_events& to) : loop(io), events(to) {}

  boost::asio::io_context& loop;
  load_events& events;
  client_options options;
  std::optional<sdk::proxy_address> proxy;
  std::shared_ptr<boost::asio::ssl::context> tls; ///< once somebody needs it
  mqttzoo::qos qos = qos::at_most_once;
  std::uint16_t window = 0; ///< QoS 1 and 2 messages of one client under way
  std::uint32_t run = 0;    ///< stamp::run
  std::string filler;       ///< as long as the largest payload
  mqtt::publish_packet publish;
  mqtt::ack_packet ack;
  std::string scratch;
  std::vector<std::shared_ptr<load_client>> to_flush;
  bool flush_posted = false;
};

class load_client final : public sdk::transport_port,
                          public std::enable_shared_from_this<load_client> {
public:
  enum class session : std::uint8_t { clean, kept };
  enum class retain : std::uint8_t { no, yes };
  enum class payload : std::uint8_t { stamped, empty };

  load_client(load_context& context, std::uint32_t index, std::string id)
      : context_(context), index_(index), id_(std::move(id)) {}

  std::uint32_t index() const noexcept { return index_; }
  /// When it last connected or subscribed.
  std::int64_t since_ns() const noexcept { return since_ns_; }
  bool is_up() const noexcept { return phase_ == phase::up; }

  void open(const sdk::address& server, const std::string& from, session how);
  void subscribe(const std::vector<std::string>& filters);
  /// Whether the window and the output have room for another one.
  bool has_room() const noexcept;
  void publish(load_stream& s, std::size_t payload_bytes, std::int64_t due_ns, retain kept,
               payload content = payload::stamped);
  /// Sends DISCONNECT; ends with on_ended() without an error. `kept`: the session stays.
  void close(session how);
  /// Sends PINGREQ if it is time; gives up an attempt that takes too long.
  void look_at(std::int64_t now_ns);
  void flush();

private:
  enum class phase : std::uint8_t { closed, dialling, greeting, up, closing };
  struct flight {
    std::int64_t due_ns;
    bool busy, released;
  };

  void on_opened(std::error_code error) override;
  void on_bytes(std::string_view bytes) override;
  void on_written(std::error_code error) override;
  void on_lost(std::error_code error) override;

  void end(std::error_code why);
  void flush_later();
  void greet();
  void make_header(load_stream& s, std::size_t payload_bytes, retain kept);
  std::uint16_t take_slot(std::int64_t due_ns);
  std::error_code take(const mqtt::frame& in, std::int64_t now_ns);
  std::error_code take_publish(const mqtt::frame& in, std::int64_t now_ns);
  std::error_code take_ack(const mqtt::frame& in, std::int64_t now_ns);
  std::error_code take_rare(const mqtt::frame& in, std::int64_t now_ns);
  mqtt::protocol_version version() const noexcept {
    return static_cast<mqtt::protocol_version>(context_.options.version);
  }

  load_context& context_;
  std::shared_ptr<sdk::transport> transport_;
  std::int64_t since_ns_ = 0, last_written_ns_ = 0;
  std::string in_, out_, writing_;
  std::vector<flight> flights_;     ///< by packet identifier, less one; as many as were needed
  std::vector<std::uint16_t> free_; ///< identifiers that may be used
  std::vector<bool> known_;         ///< QoS 2 identifiers of the server that wait for PUBREL
  std::uint32_t index_;
  std::uint32_t unwritten_ = 0, being_written_ = 0; ///< QoS 0 messages in out_, in writing_
  std::uint16_t granted_ = 0; ///< messages under way that the server and the context allow
  phase phase_ = phase::closed;
  session session_ = session::clean;
  bool flush_asked_ = false;
  std::string id_;
};

} // namespace mqttzoo::cli
