// Every option of a pod as a typed value: `settings.net.port` is what `--net.port=` sets.
//
// A plain value: loaded once at start (config.hpp), copied to whoever needs it, replaced as a whole
// on reload. Names, units, defaults, bounds and meanings are declared in the table of options.cpp
// and only there; a default-constructed `settings` holds the table's defaults. A member's type is
// its option's kind: std::size_t counts bytes, other integers count things, chrono types are
// durations.
#pragma once

#include "core/identity_rules.hpp"
#include "core/listener_settings.hpp"
#include "core/log_level.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mqttzoo::core {

/// Listeners, I/O threads and the bounds of one connection (net.*).
struct net_settings {
  std::string address;
  std::optional<std::uint16_t> port; ///< absent: nobody listens
  std::vector<listener_settings> listeners;
  std::string announce;    ///< "host" or "host:port" for clients; empty: `address`
  std::uint16_t threads{}; ///< 0: one a core; see `io_threads`
  std::uint32_t backlog{};
  std::uint32_t connections_max{};
  std::chrono::milliseconds connect_timeout{};
  std::chrono::milliseconds packet_timeout{};
  std::size_t outbox_bytes_max{};
  std::chrono::milliseconds outbox_stall_timeout{};
  std::size_t transit_bytes_max{};
};

/// MQTT over TLS, beside the plain listener (net.tls.*).
struct net_tls_settings {
  std::string address;
  std::optional<std::uint16_t> port; ///< absent: nobody listens
  std::string certificate;           ///< paths of PEM files
  std::string key;
  std::string ca;
  bool certificates_required{};
};

/// MQTT over WebSocket, and over WebSocket over TLS with the certificate of net.tls
/// (net.websocket.*).
struct net_websocket_settings {
  std::string address;
  std::optional<std::uint16_t> port;     ///< absent: nobody listens
  std::optional<std::uint16_t> tls_port; ///< absent: nobody listens
  std::string path;
  std::vector<std::string> origins; ///< empty: every one
};

/// What the pod grants, announces and refuses in the protocol (mqtt.*).
struct mqtt_settings {
  /// What packet_bytes_max may be at most, a listener's too.
  static constexpr std::uint64_t packet_bytes_bound = std::uint64_t{256} << 20;

  std::size_t packet_bytes_max{};
  std::uint16_t receive_maximum{};
  std::uint16_t inflight_max{};
  std::uint16_t topic_alias_maximum{};
  std::uint8_t qos_max{};
  bool retain_available{};
  bool wildcard_available{};
  bool shared_available{};
  bool subscription_identifiers_available{};
  std::chrono::seconds keepalive_max{};      ///< 0: no cap
  std::chrono::seconds session_expiry_max{}; ///< 4294967295: sessions may stay for ever
  std::uint32_t session_queue_messages_max{};
  std::size_t session_queue_bytes_max{};
  std::uint16_t topic_levels_max{};
  std::uint32_t subscriptions_max{};
  std::size_t subscriptions_bytes_max{};
  std::size_t client_id_bytes_max{};
  std::vector<std::string> subscribe_deny;
};

/// What counts while the hook does not answer (auth.hook.outage).
enum class hook_outage : std::uint8_t {
  deny,
  cache, ///< what it said of the same client before, however long ago
};

/// Who may come in, and what they may do (auth.*).
struct auth_settings {
  anonymous_rule anonymous{};
  std::string passwords; ///< paths of files; empty: none
  std::string acl;
  std::uint16_t workers{};
  std::uint32_t waiting_max{};
  std::string jwt_keys; ///< path of a file; empty: tokens are not accepted
  std::string jwt_user_claim;
  std::string jwt_issuer;   ///< empty: any
  std::string jwt_audience; ///< empty: any
  std::chrono::seconds jwt_leeway{};
  std::string hook_url;   ///< empty: none is asked
  std::string hook_token; ///< path of a file; empty: none is sent
  std::string hook_ca;    ///< path of a PEM file; empty: the system's
  std::chrono::milliseconds hook_timeout{};
  std::uint16_t hook_connections_max{};
  std::chrono::milliseconds hook_cache_ttl{};
  std::uint32_t hook_cache_max{};
  hook_outage hook_when_down{};
};

/// What one client, address, account or listener may have of the pod (limits.*). 0: no limit.
struct limits_settings {
  std::uint32_t address_connections_max{};
  std::uint32_t address_connections_rate{}; ///< a second, as all rates
  std::vector<std::string> address_exempt;  ///< networks: "10.0.0.0/8", "::1"
  std::uint32_t listener_connections_rate{};
  std::uint32_t client_messages_rate{};
  std::size_t client_bytes_rate{};
  std::uint32_t account_sessions_max{};
  std::chrono::milliseconds burst{};
};

/// Live topics nobody subscribes to (topics.*).
struct topics_settings {
  std::uint32_t idle_max{};
  std::chrono::milliseconds idle_timeout{};
};

/// How long a publish waits for acknowledgements before it is stored (safety.*).
struct safety_settings {
  std::chrono::milliseconds grace_min{};
  std::chrono::milliseconds grace_max{};
};

/// Sessions of the whole pod, connected or away (sessions.*).
struct sessions_settings {
  std::uint32_t max{};
};

/// Retained messages of the whole pod (retained.*).
struct retained_settings {
  std::uint32_t messages_max{};
  std::size_t bytes_max{};
};

/// The embedded store (store.*).
struct store_settings {
  std::string path; ///< a directory, or ":memory:"
  std::size_t bytes_max{};
};

/// The ZooKeeper ensemble that the pods of a cluster share (zk.*).
struct zk_settings {
  std::vector<std::string> servers; ///< "host:port"; empty: the embedded store
  std::string chroot;               ///< empty: the whole tree
  std::chrono::milliseconds session_timeout{};
  std::string auth; ///< a file that holds "user:password"; empty: no user
};

/// The pod's own topics under $SYS (sys.*).
struct sys_settings {
  std::chrono::milliseconds interval{}; ///< 0: nothing is published
};

/// What the broker holds for later, how long, and what happens when it can hold no more (bank.*).
struct bank_settings {
  std::size_t capacity_bytes{};
  std::chrono::seconds ttl_min{};
  std::chrono::seconds ttl_max{}; ///< not less than ttl_min
  std::uint8_t client_share{};    ///< percent of the capacity; 0: no limit
  std::chrono::milliseconds patience{};
  std::size_t waiting_bytes_max{};
};

/// What pods agree on while they serve (cluster.*).
struct cluster_settings {
  std::chrono::milliseconds claim_timeout{};
};

/// How a pod's sessions leave it (drain.*).
struct drain_settings {
  std::chrono::milliseconds deadline{};
  std::uint32_t rate{}; ///< sessions a second
};

/// Links to other pods (links.*).
struct links_settings {
  std::string address;
  std::uint16_t port{};
  std::string announce; ///< numeric; empty: `address`
  bool plain{};
  std::string tls_certificate; ///< paths of PEM files
  std::string tls_key;
  std::string tls_ca;
  std::uint32_t max{};
  std::size_t frame_bytes_max{};
  std::size_t queue_bytes_max{};
  std::uint32_t queue_frames_max{};
  std::chrono::milliseconds heartbeat{};
  std::chrono::milliseconds silence_max{};
  std::chrono::milliseconds stall_timeout{};
  std::chrono::milliseconds connect_timeout{};
  std::chrono::milliseconds greeting_timeout{};
  std::chrono::milliseconds backoff_min{};
  std::chrono::milliseconds backoff_max{};
};

/// The HTTP endpoint for operators (admin.*).
struct admin_settings {
  std::string address;
  std::optional<std::uint16_t> port; ///< absent: nobody listens
  std::string announce;              ///< "host" or "host:port" for people; empty: `address`
  std::string token;                 ///< a file that holds it; empty: none
  std::string tls_certificate;       ///< paths of PEM files
  std::string tls_key;
  std::string tls_ca;
  std::uint32_t connections_max{};
  std::size_t request_bytes_max{};
  std::chrono::milliseconds timeout{};
  bool actions_allowed{};
};

/// What the pod says of its actors (inspect.*).
struct inspect_settings {
  std::chrono::milliseconds stuck_after{};
};

/// Following messages on their way (trace.*).
struct trace_settings {
  std::uint16_t max{}; ///< 0: none can be started
  std::chrono::milliseconds duration_max{};
  std::uint32_t messages_rate{};
  std::uint32_t steps_max{};
};

/// The log on stderr (log.*).
struct log_settings {
  log_level level{};
  /// By folder (index with the enumerator's value); absent: as `level`.
  std::array<std::optional<log_level>, log_folder_count> level_of{};
  log_format format{};
};

/// Who this pod is (pod.*).
struct pod_settings {
  std::string name; ///< never empty once loaded: the host's name unless set
};

struct settings {
  /// The defaults of the table. Does not look at the environment.
  settings();

  net_settings net;
  net_tls_settings net_tls;
  net_websocket_settings net_websocket;
  mqtt_settings mqtt;
  auth_settings auth;
  limits_settings limits;
  topics_settings topics;
  safety_settings safety;
  sessions_settings sessions;
  retained_settings retained;
  store_settings store;
  zk_settings zk;
  sys_settings sys;
  bank_settings bank;
  cluster_settings cluster;
  drain_settings drain;
  links_settings links;
  admin_settings admin;
  inspect_settings inspect;
  trace_settings trace;
  log_settings log;
  pod_settings pod;
};

/// How many I/O threads `net.threads` asks for on this machine; at least 1.
unsigned io_threads(const net_settings& net) noexcept;

} // namespace mqttzoo::core
