#include "core/options.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <thread>

namespace mqttzoo::core {

namespace {

using enum option_change;

template<log_folder Folder>
std::optional<log_level>& level_of(settings& s) {
  return s.log.level_of[static_cast<std::size_t>(Folder)];
}

// To add an option: a member in settings.hpp, a row here, `tools/docs` for docs/configuration.md.
// A preset needs a reason when it is not obvious; it stands above its row.
constexpr auto table = std::to_array<option>({
    // clang-format off
    // Loopback, because anonymous clients are accepted by default: a pod is open to the network only when told to.
    {"net.address", [](settings& s) -> auto& { return s.net.address; },
     "127.0.0.1", "", "", on_restart, "Address to listen on; `0.0.0.0` or `::` for every interface."},
    {"net.port", [](settings& s) -> auto& { return s.net.port; },
     "1883", "0", "65535", on_restart, "TCP port for MQTT; 0 takes a free one."},
    {"net.threads", [](settings& s) -> auto& { return s.net.threads; },
     "0", "0", "256", on_restart, "I/O threads; 0 means one for each core."},
    // The kernel caps it at net.core.somaxconn, 4096 on Debian: a reconnecting fleet fills a short queue.
    {"net.backlog", [](settings& s) -> auto& { return s.net.backlog; },
     "4096", "1", "65535", on_restart, "Connections the kernel may hold for the pod before it accepts them."},
    {"net.connections.max", [](settings& s) -> auto& { return s.net.connections_max; },
     "100000", "1", "10000000", on_reload, "Open connections; further ones are closed at once."},
    {"net.connect.timeout", [](settings& s) -> auto& { return s.net.connect_timeout; },
     "10s", "100ms", "5m", on_reload, "Time a new connection has to complete its CONNECT, and each step of an AUTH exchange."},
    {"net.packet.timeout", [](settings& s) -> auto& { return s.net.packet_timeout; },
     "30s", "100ms", "1h", on_reload, "Time a packet may stay half received before its sender is disconnected."},
    {"net.outbox.bytes.max", [](settings& s) -> auto& { return s.net.outbox_bytes_max; },
     "1MiB", "16KiB", "1GiB", on_reload, "Bytes that may wait for one client's socket; above it QoS 0 messages are dropped and others stay in the session."},
    {"net.outbox.stall.timeout", [](settings& s) -> auto& { return s.net.outbox_stall_timeout; },
     "1m", "1s", "1h", on_reload, "Time a client may leave its socket full without taking a byte before it is disconnected."},
    {"net.transit.bytes.max", [](settings& s) -> auto& { return s.net.transit_bytes_max; },
     "256KiB", "4KiB", "64MiB", on_reload, "Bytes of one publisher that may be on their way to topics before its socket is no longer read."},

    {"mqtt.packet.bytes.max", [](settings& s) -> auto& { return s.mqtt.packet_bytes_max; },
     "1MiB", "1KiB", "256MiB", on_reload, "Largest packet accepted, announced as Maximum Packet Size."},
    // 1000 covers 100 ms of round trip at 10,000 messages a second; the protocol's own default, 65535, lets
    // one publisher pin 64 GiB.
    {"mqtt.receive.maximum", [](settings& s) -> auto& { return s.mqtt.receive_maximum; },
     "1000", "1", "65535", on_reload, "QoS 1 and 2 publishes a client may have unacknowledged, announced as Receive Maximum."},
    {"mqtt.inflight.max", [](settings& s) -> auto& { return s.mqtt.inflight_max; },
     "1000", "1", "65535", on_reload, "QoS 1 and 2 messages sent to a client and not yet acknowledged; a smaller Receive Maximum of the client wins."},
    {"mqtt.topic.alias.maximum", [](settings& s) -> auto& { return s.mqtt.topic_alias_maximum; },
     "64", "0", "65535", on_reload, "Topic aliases a client may define, and at most that many are used towards it; 0 switches them off."},
    {"mqtt.qos.max", [](settings& s) -> auto& { return s.mqtt.qos_max; },
     "2", "0", "2", on_reload, "Highest quality of service, announced as Maximum QoS and granted to subscriptions."},
    {"mqtt.retain.available", [](settings& s) -> auto& { return s.mqtt.retain_available; },
     "true", "", "", on_reload, "Whether messages may be retained."},
    {"mqtt.wildcard.available", [](settings& s) -> auto& { return s.mqtt.wildcard_available; },
     "true", "", "", on_reload, "Whether filters may hold `+` and `#`."},
    {"mqtt.shared.available", [](settings& s) -> auto& { return s.mqtt.shared_available; },
     "true", "", "", on_reload, "Whether `$share/...` subscriptions are accepted."},
    {"mqtt.subscription.identifiers.available", [](settings& s) -> auto& { return s.mqtt.subscription_identifiers_available; },
     "true", "", "", on_reload, "Whether subscriptions may carry an identifier."},
    {"mqtt.keepalive.max", [](settings& s) -> auto& { return s.mqtt.keepalive_max; },
     "0", "0", "65535s", on_reload, "Longest keep alive, announced as Server Keep Alive to those who ask for a longer one or none; 0 means no cap."},
    // A device that comes back after weeks expects its session, and 3.1.1 clients cannot ask for an expiry
    // at all; the number of sessions and what each holds are bounded instead.
    {"mqtt.session.expiry.max", [](settings& s) -> auto& { return s.mqtt.session_expiry_max; },
     "never", "0", "never", on_reload, "Longest time a session outlives its connection, announced as Session Expiry Interval to those who ask for more; it also holds for 3.1.1 sessions."},
    {"mqtt.session.queue.messages.max", [](settings& s) -> auto& { return s.mqtt.session_queue_messages_max; },
     "10000", "1", "100000000", on_reload, "Messages that may wait for one session."},
    {"mqtt.session.queue.bytes.max", [](settings& s) -> auto& { return s.mqtt.session_queue_bytes_max; },
     "16MiB", "1KiB", "1TiB", on_reload, "Bytes that may wait for one session."},
    // Work on a topic grows with its levels; the protocol allows 32768 of them in one name.
    {"mqtt.topic.levels.max", [](settings& s) -> auto& { return s.mqtt.topic_levels_max; },
     "128", "1", "32768", on_reload, "Levels a topic name or filter may have."},
    {"mqtt.subscriptions.max", [](settings& s) -> auto& { return s.mqtt.subscriptions_max; },
     "10000", "1", "10000000", on_reload, "Subscriptions of one session; more are refused with 0x97."},
    {"mqtt.client.id.bytes.max", [](settings& s) -> auto& { return s.mqtt.client_id_bytes_max; },
     "256B", "23B", "65535B", on_reload, "Bytes a client identifier may have."},
    {"mqtt.anonymous", [](settings& s) -> auto& { return s.mqtt.anonymous; },
     "true", "", "", on_reload, "Whether clients are accepted that do not authenticate."},
    {"mqtt.subscribe.deny", [](settings& s) -> auto& { return s.mqtt.subscribe_deny; },
     "", "", "", on_reload, "Topic filters nobody may subscribe to; such a subscription is refused with 0x87."},

    // About 2 KiB each: 10000 idle topics hold 20 MiB; waking one costs some microseconds.
    {"topics.idle.max", [](settings& s) -> auto& { return s.topics.idle_max; },
     "10000", "0", "100000000", on_reload, "Live topics without a subscriber that are kept, because their publisher will be back."},
    {"topics.idle.timeout", [](settings& s) -> auto& { return s.topics.idle_timeout; },
     "1m", "100ms", "1d", on_reload, "Time a topic stays live after its last message."},

    {"safety.grace.min", [](settings& s) -> auto& { return s.safety.grace_min; },
     "50ms", "0", "1m", on_reload, "Shortest time a persistent session has to acknowledge a message before it is stored."},
    {"safety.grace.max", [](settings& s) -> auto& { return s.safety.grace_max; },
     "1s", "0", "1m", on_reload, "Longest time a persistent session has to acknowledge a message before it is stored; between the two it is twice the session's usual time."},

    {"sessions.max", [](settings& s) -> auto& { return s.sessions.max; },
     "1000000", "1", "100000000", on_reload, "Sessions of the pod, connected or away; a new one is refused with 0x97."},

    {"retained.messages.max", [](settings& s) -> auto& { return s.retained.messages_max; },
     "1000000", "0", "100000000", on_reload, "Retained messages; a new topic's is refused with 0x97."},
    {"retained.bytes.max", [](settings& s) -> auto& { return s.retained.bytes_max; },
     "1GiB", "0", "1TiB", on_reload, "Bytes of retained messages with their topics."},

    {"store.path", [](settings& s) -> auto& { return s.store.path; },
     "mqttzoo-data", "", "", on_restart, "Directory of the embedded store, created if missing; `:memory:` keeps nothing."},
    {"store.bytes.max", [](settings& s) -> auto& { return s.store.bytes_max; },
     "8GiB", "1MiB", "16TiB", on_restart, "Size the store's file may reach; then new promises are refused."},

    {"zk.servers", [](settings& s) -> auto& { return s.zk.servers; },
     "", "", "", on_restart, "ZooKeeper servers as `host:port`, of which one must be reachable; none means that the pod is alone, with its embedded store."},
    {"zk.chroot", [](settings& s) -> auto& { return s.zk.chroot; },
     "", "", "", on_restart, "Node below which a cluster keeps everything, created if missing; clusters that share an ensemble need one each, which names them too. Empty: the servers' root, where the tree is `/mqttzoo`."},
    // Three ticks of a server with the usual tick of two seconds: one lost heartbeat is no death.
    {"zk.session.timeout", [](settings& s) -> auto& { return s.zk.session_timeout; },
     "6s", "400ms", "10m", on_restart, "Time without a word after which the servers take a pod for dead; they allow 2 to 20 of their ticks."},
    // A file, because command lines and environments can be read by others.
    {"zk.auth", [](settings& s) -> auto& { return s.zk.auth; },
     "", "", "", on_restart, "File with `user:password`, the same for all pods: what they store is closed to everyone else; empty means open to all."},

    {"sys.interval", [](settings& s) -> auto& { return s.sys.interval; },
     "10s", "0", "1h", on_reload, "How often `$SYS/broker/...` is published; 0 means never."},

    // What a cluster holds stands in the memory of each of its ZooKeeper servers: a quarter of a heap of
    // 256 MiB leaves them room to work.
    {"bank.capacity", [](settings& s) -> auto& { return s.bank.capacity_bytes; },
     "64MiB", "64KiB", "1TiB", on_restart, "Bytes that are held for later at most, by all pods of a cluster together: mail for sessions that are away or behind, and retained messages."},
    {"bank.ttl.min", [](settings& s) -> auto& { return s.bank.ttl_min; },
     "30s", "1s", "365d", on_restart, "Shortest time a message is held; each gets its own, drawn between this and `bank.ttl.max`."},
    {"bank.ttl.max", [](settings& s) -> auto& { return s.bank.ttl_max; },
     "2m", "1s", "365d", on_restart, "Longest time a message is held; retained messages are renewed when it is over."},
    {"bank.client.share", [](settings& s) -> auto& { return s.bank.client_share; },
     "0", "0", "100", on_reload, "Percent of the bank that what one client published may hold; 0 means no limit."},
    {"bank.patience", [](settings& s) -> auto& { return s.bank.patience; },
     "30s", "0", "1h", on_reload, "Time a 3.x publisher waits unacknowledged when no promise can be made, before it is disconnected."},
    // Waiting is a courtesy that costs memory, so that is small beside what the bank itself may hold.
    {"bank.waiting.bytes.max", [](settings& s) -> auto& { return s.bank.waiting_bytes_max; },
     "16MiB", "0", "1TiB", on_reload, "Bytes of messages of 3.x publishers that a pod keeps to try their promise again; what is beyond is not tried again, and its publisher disconnected after `bank.patience`."},

    // A pod that was killed is noticed and its sessions are adopted meanwhile; clients give up after some
    // ten seconds.
    {"cluster.claim.timeout", [](settings& s) -> auto& { return s.cluster.claim_timeout; },
     "5s", "100ms", "5m", on_reload, "Time a client waits for the pods to agree on who has its session, before it is refused with 0x88."},

    // Loopback, as net.address: links are open to the network only when told to.
    {"links.address", [](settings& s) -> auto& { return s.links.address; },
     "127.0.0.1", "", "", on_restart, "Address to listen on for other pods; `0.0.0.0` or `::` for every interface."},
    {"links.port", [](settings& s) -> auto& { return s.links.port; },
     "7883", "0", "65535", on_restart, "TCP port for other pods; 0 takes a free one."},
    {"links.announce", [](settings& s) -> auto& { return s.links.announce; },
     "", "", "", on_restart, "Numeric address at which other pods find this one; empty takes `links.address`. On Kubernetes the pod's own address."},
    {"links.plain", [](settings& s) -> auto& { return s.links.plain; },
     "false", "", "", on_restart, "Whether links without TLS may leave the machine; on loopback they always may. With `links.tls.certificate` set every link is TLS."},
    {"links.tls.certificate", [](settings& s) -> auto& { return s.links.tls_certificate; },
     "", "", "", on_restart, "PEM file of this pod's certificate and those between it and the authority; it names the pod as a DNS name, or as its common name if it has no DNS name."},
    {"links.tls.key", [](settings& s) -> auto& { return s.links.tls_key; },
     "", "", "", on_restart, "PEM file of the certificate's key, without a password."},
    {"links.tls.ca", [](settings& s) -> auto& { return s.links.tls_ca; },
     "", "", "", on_restart, "PEM file of the authorities that sign the pods' certificates."},
    {"links.max", [](settings& s) -> auto& { return s.links.max; },
     "256", "1", "65536", on_reload, "Links that other pods may have to this one, those included that have not said who they are; further ones are closed at once."},
    // Above mqtt.packet.bytes.max, whose largest packet has to fit with its route.
    {"links.frame.bytes.max", [](settings& s) -> auto& { return s.links.frame_bytes_max; },
     "2MiB", "64KiB", "1GiB", on_restart, "Largest frame accepted from another pod; announced to it. Must exceed `mqtt.packet.bytes.max` by 65 KiB."},
    {"links.queue.bytes.max", [](settings& s) -> auto& { return s.links.queue_bytes_max; },
     "16MiB", "64KiB", "4GiB", on_restart, "Bytes that may wait for one link; above it topics hold their publishers back."},
    {"links.queue.frames.max", [](settings& s) -> auto& { return s.links.queue_frames_max; },
     "65536", "64", "16777216", on_restart, "Frames that may wait for one link; above it topics hold their publishers back."},
    {"links.heartbeat", [](settings& s) -> auto& { return s.links.heartbeat; },
     "1s", "10ms", "1m", on_restart, "Longest time without a word to another pod; a third of the peer's `links.silence.max` if that is shorter."},
    // Four heartbeats may be late. A pod that was killed is known at once: its kernel resets the link.
    {"links.silence.max", [](settings& s) -> auto& { return s.links.silence_max; },
     "5s", "100ms", "10m", on_restart, "Time another pod may be silent before the link is closed; announced to it."},
    {"links.stall.timeout", [](settings& s) -> auto& { return s.links.stall_timeout; },
     "30s", "100ms", "1h", on_restart, "Time another pod may leave its socket full without taking a byte before the link is closed."},
    {"links.connect.timeout", [](settings& s) -> auto& { return s.links.connect_timeout; },
     "2s", "10ms", "1m", on_restart, "Time to connect to another pod."},
    {"links.greeting.timeout", [](settings& s) -> auto& { return s.links.greeting_timeout; },
     "3s", "10ms", "1m", on_restart, "Time a connected pod has for TLS and to say who it is."},
    {"links.backoff.min", [](settings& s) -> auto& { return s.links.backoff_min; },
     "100ms", "1ms", "1m", on_restart, "Pause before the first attempt to link again; it doubles with each failure, and the half of it is random."},
    // A healed network is noticed after this time at the latest.
    {"links.backoff.max", [](settings& s) -> auto& { return s.links.backoff_max; },
     "2s", "1ms", "10m", on_restart, "Longest pause between two attempts to link."},

    {"log.level", [](settings& s) -> auto& { return s.log.level; },
     "info", "", "", on_reload, "Least serious kind of line that is logged."},
    {"log.level.core", level_of<log_folder::core>, "inherit", "", "", on_reload, "Level of configuration and start-up."},
    {"log.level.mqtt", level_of<log_folder::mqtt>, "inherit", "", "", on_reload, "Level of the protocol."},
    {"log.level.net", level_of<log_folder::net>, "inherit", "", "", on_reload, "Level of connections."},
    {"log.level.zk", level_of<log_folder::zk>, "inherit", "", "", on_reload, "Level of the store."},
    {"log.level.actors", level_of<log_folder::actors>, "inherit", "", "", on_reload, "Level of sessions and topics."},
    {"log.level.tools", level_of<log_folder::tools>, "inherit", "", "", on_reload, "Level of the programs."},
    {"log.format", [](settings& s) -> auto& { return s.log.format; },
     "text", "", "", on_reload, "Form of a line."},

    {"pod.name", [](settings& s) -> auto& { return s.pod.name; },
     "", "", "", on_restart, "Name of this pod; empty means the host's name."},
// clang-format on
});

/// Levenshtein's distance; names are short, so one row of the matrix lives on the stack.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::array<std::size_t, 65> row{};
  b = b.substr(0, row.size() - 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j - 1] + 1, row[j] + 1});
    }
  }
  return row[b.size()];
}

} // namespace

settings::settings() {
  for (const auto& o : table) {
    [[maybe_unused]] const auto stored = assign(o, std::string{o.preset}, *this);
    assert(stored && "a preset in the table does not satisfy its own row");
  }
}

unsigned io_threads(const net_settings& net) noexcept {
  return net.threads != 0 ? net.threads : std::max(1u, std::thread::hardware_concurrency());
}

std::span<const option> options() noexcept {
  return table;
}

const option* find_option(std::string_view name) noexcept {
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const option& o) { return o.name == name; });
  return found == table.end() ? nullptr : &*found;
}

std::string_view nearest_option(std::string_view name) {
  // "port" for net.port: the end of a name says more than its letters do, and of several the
  // shortest is the one that people know.
  std::string_view shortest;
  for (const auto& o : table)
    if (o.name.ends_with(name) && o.name.size() > name.size() + 1 &&
        o.name[o.name.size() - name.size() - 1] == '.' &&
        (shortest.empty() || o.name.size() < shortest.size()))
      shortest = o.name;
  if (!shortest.empty())
    return shortest;

  std::string_view nearest;
  auto distance = std::max<std::size_t>(2, name.size() / 3) + 1; // further away is a guess
  for (const auto& o : table)
    if (const auto d = edit_distance(name, o.name); d < distance) {
      distance = d;
      nearest = o.name;
    }
  return nearest;
}

std::string environment_name(std::string_view option_name) {
  std::string name = "MQTTZOO_";
  for (const char c : option_name)
    name += c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return name;
}

} // namespace mqttzoo::core
