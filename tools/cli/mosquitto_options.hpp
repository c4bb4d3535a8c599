// The options of a mosquitto.conf that have one counterpart here, or need none. Constants.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace mqttzoo::cli {

enum class value_kind : std::uint8_t { text, number, boolean, seconds, bytes, duration };

/// What mosquitto takes 0 for.
enum class zero_means : std::uint8_t { zero, no_bound };

/// An option that both have, and mean alike.
struct same_option {
  std::string_view theirs;
  std::string_view ours;
  value_kind kind;
  zero_means zero = zero_means::zero;
};

inline constexpr auto same = std::to_array<same_option>({
    {"max_inflight_messages", "mqtt.inflight.max", value_kind::number, zero_means::no_bound},
    {"max_queued_messages", "mqtt.session.queue.messages.max", value_kind::number,
     zero_means::no_bound},
    {"max_queued_bytes", "mqtt.session.queue.bytes.max", value_kind::bytes, zero_means::no_bound},
    {"max_keepalive", "mqtt.keepalive.max", value_kind::seconds},
    {"retain_available", "mqtt.retain.available", value_kind::boolean},
    {"persistent_client_expiration", "mqtt.session.expiry.max", value_kind::duration},
    {"persistence_location", "store.path", value_kind::text},
    {"sys_interval", "sys.interval", value_kind::seconds},
    {"password_file", "auth.passwords", value_kind::text},
    {"acl_file", "auth.acl", value_kind::text},
});

/// An option that needs none here, and why.
struct needless_option {
  std::string_view theirs;
  std::string_view why;
};

inline constexpr auto needless = std::to_array<needless_option>({
    {"autosave_interval", "what is acknowledged is stored already"},
    {"autosave_on_changes", "what is acknowledged is stored already"},
    {"persistence_file", "the store has files of its own"},
    {"set_tcp_nodelay", "always on"},
    {"pid_file", "systemd knows the process"},
    {"user", "the unit says whose process it is"},
    {"log_dest", "the log goes to standard error, which systemd keeps"},
    {"log_timestamp", "every line of the log has its time"},
    {"log_timestamp_format", "every line of the log has its time"},
    {"connection_messages", "connections are logged at level info"},
    {"memory_limit", "`bank.capacity` bounds what is held"},
    {"queue_qos0_messages", "QoS 0 is never held for a session that is away; it is counted"},
    {"allow_zero_length_clientid", "clients of 3.1.1 and 5.0 get a name"},
    {"check_retain_source", "rules are looked at when a message is published"},
});

/// Those that describe a bridge, wherever they stand after its `connection`; all others mean there
/// what they mean elsewhere.
inline constexpr auto of_bridges = std::to_array<std::string_view>({
    "address",
    "addresses",
    "cleansession",
    "clientid",
    "idle_timeout",
    "keepalive_interval",
    "local_cleansession",
    "local_clientid",
    "local_password",
    "local_username",
    "notification_topic",
    "notifications",
    "notifications_local_only",
    "password",
    "remote_clientid",
    "remote_password",
    "remote_username",
    "restart_timeout",
    "round_robin",
    "start_type",
    "threshold",
    "topic",
    "try_private",
    "username",
});

constexpr bool is_of_bridge(std::string_view theirs) {
  return theirs.starts_with("bridge_") || std::ranges::find(of_bridges, theirs) != of_bridges.end();
}

} // namespace mqttzoo::cli
