// How a client connects and behaves. Plain values, copied when the client is made.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mqttzoo/message.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mqttzoo {

/// Whose word a TLS server's certificate needs.
enum class peer_check : std::uint8_t {
  name,      ///< signed by a trusted authority and made out to the host's name
  authority, ///< signed by a trusted authority
  none,      ///< anything: the connection is secret, but with whom is not known
};

/// TLS, for addresses that ask for it. Paths of PEM files.
struct tls_options {
  std::string authorities_file{}; ///< trusted authorities; both empty: those of the system
  std::string authorities_path{}; ///< the same as a directory
  std::string certificate_file{}; ///< ours, for servers that want one; empty: none
  std::string key_file{};         ///< its key, without a password
  std::string ciphers{};          ///< OpenSSL's list for TLS 1.2; empty: its default
  std::string alpn{};             ///< the protocol to ask for; empty: none
  std::string psk_key{};          ///< bytes of a key that the server shares; empty: certificates
  std::string psk_identity{};     ///< which key it is
  peer_check check = peer_check::name;
};

/// What the server publishes when the connection ends without a DISCONNECT.
struct will_options {
  message what{};
  std::uint32_t delay_s = 0; ///< 5.0: how long the server waits for us to return
};

/// When the client tries again by itself.
enum class reconnecting : std::uint8_t {
  always, ///< also when the first connection fails
  later,  ///< once it has been connected
  never,
};

/// Waits between attempts: doubled each time up to the most, and drawn from its upper half.
struct backoff_options {
  std::chrono::milliseconds least{200};
  std::chrono::milliseconds most{30'000};
};

/// Bounds of what was published and not yet promised.
struct outbox_options {
  std::size_t messages_max = 65'536;
  std::size_t bytes_max = 64 * 1024 * 1024; ///< topics, payloads and properties
  std::size_t waiting_max = 1024; ///< callers that wait for room; beyond: errc::outbox_full
  /// A file that keeps QoS 1 and 2 messages through a crash of the application; empty: memory.
  /// Needs a fixed `client_options::client_id` and `clean_start = false`.
  std::string file{};
};

/// Bounds of what was received and not yet taken.
struct inbox_options {
  std::uint16_t receive_maximum =
      1024; ///< unacknowledged QoS 1 and 2 messages that a server may send
  std::size_t stream_messages_max =
      65'536; ///< QoS 0 beyond it in one subscription: dropped, counted
  /// How long a QoS 1 or 2 message that no subscription of this process matches is kept for one
  /// that comes: a resumed session brings messages before the application has subscribed.
  /// Acknowledged and counted in client_figures::unclaimed when it is over.
  std::chrono::milliseconds unclaimed_wait{10'000};
};

/// All about a client.
struct client_options {
  /// Servers, tried in turn: `mqtt://host:1883`, `mqtts://host:8883`, `ws://host:80/mqtt`,
  /// `wss://host:443/mqtt`, `unix:///path/of/a/socket`, or `host:port`. A name with several
  /// addresses stands for all of them: an attempt tries one after the other, beginning with one
  /// that is drawn, and divides its time among them.
  std::vector<std::string> servers{"mqtt://localhost:1883"};
  protocol version = protocol::v5;
  std::string client_id{}; ///< empty: the server (5.0) or we draw one
  bool clean_start = true;
  std::uint32_t session_expiry_s =
      0; ///< 5.0: how long the session outlives a connection; 4294967295: for ever
  std::uint16_t keep_alive_s = 60; ///< 0: off
  std::optional<std::string> user_name{};
  std::optional<std::string> password{};
  std::optional<will_options> will{};
  std::vector<std::pair<std::string, std::string>>
      connect_users{};                    ///< 5.0: user properties of CONNECT
  std::uint16_t topic_alias_maximum = 16; ///< 5.0: topics that a server may send as numbers
  bool request_problem_information = true;
  tls_options tls{};
  std::string local_address{}; ///< to connect from; empty: any
  /// A SOCKS5 proxy, `socks5h://[user:password@]host[:1080]`, which also looks up the servers'
  /// names; empty: none. Not for `unix://`.
  std::string proxy{};
  reconnecting reconnect = reconnecting::always;
  backoff_options backoff{};
  std::chrono::milliseconds attempt_timeout{
      10'000}; ///< name, socket, TLS and CONNACK of one attempt
  std::chrono::milliseconds ping_timeout{
      10'000}; ///< from PINGREQ until the connection counts as dead
  outbox_options outbox{};
  inbox_options inbox{};
  std::size_t packet_bytes_max =
      256 * 1024 * 1024;             ///< larger packets of a server end the connection
  std::size_t requests_max = 65'536; ///< requests that wait for their answers
  bool connected_only = false;       ///< publish fails with errc::not_connected while away
};

/// What publish() does when the outbox is full.
enum class when_full : std::uint8_t { wait, fail };

/// When publish() completes.
enum class publish_until : std::uint8_t {
  promised, ///< QoS 0: written to the socket; 1: PUBACK; 2: PUBCOMP
  stored,   ///< the message stands in the outbox, and in its file if there is one
};

/// How to publish one message.
struct publish_options {
  mqttzoo::when_full when_full = when_full::wait;
  publish_until until = publish_until::promised;
  /// From the call; nullopt: none. It also bounds waiting for `retry-after`. A message that has
  /// left when it passes may still arrive; one that has not is withdrawn.
  std::optional<std::chrono::milliseconds> timeout{};
};

/// Who acknowledges a received message.
enum class acknowledging : std::uint8_t {
  automatic, ///< when the handler returns, or when next() is called again
  manual,    ///< the application, with received::acknowledge()
};

/// Which retained messages a subscription begins with (5.0; 3.x: all).
enum class retained_first : std::uint8_t { all = 0, if_new = 1, none = 2 };

/// How to subscribe to one filter.
struct subscribe_options {
  subscribe_options(mqttzoo::qos level = qos::at_least_once,
                    acknowledging who = acknowledging::automatic)
      : qos(level), acknowledge(who) {}

  mqttzoo::qos qos;
  acknowledging acknowledge;
  bool no_local = false;            ///< 5.0: not what this client publishes
  bool retain_as_published = false; ///< 5.0: received::retain is the publisher's
  retained_first retained = retained_first::all;
  std::vector<std::pair<std::string, std::string>> users{}; ///< 5.0: user properties of SUBSCRIBE
  std::optional<std::chrono::milliseconds> timeout{};       ///< for SUBACK; nullopt: none
};

/// How to unsubscribe.
struct unsubscribe_options {
  std::vector<std::pair<std::string, std::string>> users{}; ///< 5.0: user properties of UNSUBSCRIBE
};

/// How to end a connection. All but `will` is of 5.0.
struct disconnect_options {
  enum class at_end : std::uint8_t { drop_will, keep_will };
  at_end will = at_end::drop_will; ///< keep_will: the server publishes it all the same
  /// How long the session outlives this end; nullopt: as client_options::session_expiry_s says.
  std::optional<std::uint32_t> session_expiry_s{};
  std::string reason{};                                     ///< for people; empty: not sent
  std::vector<std::pair<std::string, std::string>> users{}; ///< user properties of DISCONNECT
};

/// What a client counts, since it was made or now.
struct client_figures {
  std::uint64_t connections = 0; ///< CONNACKs with success
  std::uint64_t published = 0;   ///< promises made to us
  std::uint64_t retried = 0;     ///< messages sent again because the server said `retry-after`
  std::uint64_t received = 0;
  /// Messages that a full subscription could not take: QoS 0, and those of sessions that the
  /// server lost.
  std::uint64_t dropped = 0;
  std::uint64_t unclaimed = 0;     ///< see inbox_options::unclaimed_wait
  std::size_t outbox_messages = 0; ///< now
  std::size_t outbox_bytes = 0;    ///< now
  std::size_t callers_waiting = 0; ///< now: publishes that wait for room
};

} // namespace mqttzoo
