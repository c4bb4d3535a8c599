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
    // Loopback: a pod is open to the network only when told to.
    {"net.address", [](settings& s) -> auto& { return s.net.address; },
     "127.0.0.1", "", "", on_restart, "Address to listen on; `0.0.0.0` or `::` for every interface."},
    {"net.port", [](settings& s) -> auto& { return s.net.port; },
     "1883", "0", "65535", on_restart, "TCP port for MQTT, without TLS; 0 takes a free one."},
    {"net.listeners", [](settings& s) -> auto& { return s.net.listeners; },
     "", "", "", on_reload, "Listeners beside that one and those of `net.tls` and `net.websocket`, each an object with [keys of its own](#listeners). Those that come or go wait for a restart."},
    {"net.announce", [](settings& s) -> auto& { return s.net.announce; },
     "", "", "", on_restart, "Address, with a port or without, that clients of other pods are sent to when they are to connect to this one; empty takes `net.address`, and nothing where that is every interface."},
    {"net.tls.address", [](settings& s) -> auto& { return s.net_tls.address; },
     "127.0.0.1", "", "", on_restart, "Address to listen on for MQTT over TLS (1.2 and 1.3)."},
    {"net.tls.port", [](settings& s) -> auto& { return s.net_tls.port; },
     "off", "0", "65535", on_restart, "TCP port for MQTT over TLS, usually 8883; 0 takes a free one."},
    {"net.tls.certificate", [](settings& s) -> auto& { return s.net_tls.certificate; },
     "", "", "", on_reload, "PEM file of the certificate for clients and those between it and the authority. Read again on SIGHUP; connections that stand keep the old one."},
    {"net.tls.key", [](settings& s) -> auto& { return s.net_tls.key; },
     "", "", "", on_reload, "PEM file of the certificate's key, without a password."},
    {"net.tls.ca", [](settings& s) -> auto& { return s.net_tls.ca; },
     "", "", "", on_reload, "PEM file of authorities; with it clients are asked for a certificate, and one that none of them signed is refused."},
    {"net.tls.certificates.required", [](settings& s) -> auto& { return s.net_tls.certificates_required; },
     "true", "", "", on_reload, "With `net.tls.ca`: whether a client without a certificate is refused."},
    {"net.websocket.address", [](settings& s) -> auto& { return s.net_websocket.address; },
     "127.0.0.1", "", "", on_restart, "Address to listen on for MQTT over WebSocket, with and without TLS."},
    {"net.websocket.port", [](settings& s) -> auto& { return s.net_websocket.port; },
     "off", "0", "65535", on_restart, "TCP port for MQTT over WebSocket, often 8080 or 9001; 0 takes a free one."},
    {"net.websocket.tls.port", [](settings& s) -> auto& { return s.net_websocket.tls_port; },
     "off", "0", "65535", on_restart, "TCP port for MQTT over WebSocket over TLS, with the certificate of `net.tls`; 0 takes a free one."},
    {"net.websocket.path", [](settings& s) -> auto& { return s.net_websocket.path; },
     "/mqtt", "", "", on_reload, "Path that clients ask for; every other is answered with 404."},
    // A browser sends along with its request whose page it is. Nothing else does, so this protects users of browsers only.
    {"net.websocket.origins", [](settings& s) -> auto& { return s.net_websocket.origins; },
     "", "", "", on_reload, "Origins whose pages may connect, such as `https://shop.example`; empty allows every one."},
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
     "1MiB", "1KiB", "256MiB", on_reload, "Largest packet accepted, announced as Maximum Packet Size. A CONNECT, its will included, may have 1 MiB at most."},
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
    // About half of what a node of the store holds: the record of a session has its will, too.
    {"mqtt.subscriptions.bytes.max", [](settings& s) -> auto& { return s.mqtt.subscriptions_bytes_max; },
     "512KiB", "1KiB", "1GiB", on_reload, "Bytes of the filters of one session's subscriptions; more are refused with 0x97. Beyond about 800 KiB a session that outlives its connection does not fit into a node of the store and cannot be kept."},
    {"mqtt.client.id.bytes.max", [](settings& s) -> auto& { return s.mqtt.client_id_bytes_max; },
     "256B", "23B", "65535B", on_reload, "Bytes a client identifier may have."},
    {"mqtt.subscribe.deny", [](settings& s) -> auto& { return s.mqtt.subscribe_deny; },
     "", "", "", on_reload, "Topic filters nobody may subscribe to; such a subscription is refused with 0x87."},

    // A laptop works without accounts, and no network is let in by an oversight.
    {"auth.anonymous", [](settings& s) -> auto& { return s.auth.anonymous; },
     "loopback", "", "", on_reload, "Which clients are accepted that do not show who they are: none (`refuse`), those on this machine (`loopback`), or all (`allow`)."},
    {"auth.passwords", [](settings& s) -> auto& { return s.auth.passwords; },
     "", "", "", on_reload, "File of users and their hashed passwords, as `mosquitto_passwd` writes it; read again with SIGHUP."},
    {"auth.acl", [](settings& s) -> auto& { return s.auth.acl; },
     "", "", "", on_reload, "File of access rules in mosquitto's syntax; read again with SIGHUP. Without one everything is permitted to whoever is in."},
    // A verdict takes a core for as long as a hash is meant to take; sessions need the other cores.
    {"auth.workers", [](settings& s) -> auto& { return s.auth.workers; },
     "1", "1", "64", on_restart, "Threads that check passwords and tokens, apart from the I/O threads."},
    // At 10 ms a hash the last of them waits for 10 s, as long as a CONNECT may take.
    {"auth.waiting.max", [](settings& s) -> auto& { return s.auth.waiting_max; },
     "1000", "1", "1000000", on_reload, "Clients that may wait for the verdict on their password or token; further ones are refused with 0x89, Server busy."},
    {"auth.jwt.keys", [](settings& s) -> auto& { return s.auth.jwt_keys; },
     "", "", "", on_reload, "File of keys (a JSON Web Key Set, RFC 7517) that sign tokens which clients bring as passwords; read again with SIGHUP."},
    {"auth.jwt.user.claim", [](settings& s) -> auto& { return s.auth.jwt_user_claim; },
     "sub", "", "", on_reload, "Claim of a token that is the user's name."},
    {"auth.jwt.issuer", [](settings& s) -> auto& { return s.auth.jwt_issuer; },
     "", "", "", on_reload, "What the claim `iss` of a token must be; empty takes any."},
    {"auth.jwt.audience", [](settings& s) -> auto& { return s.auth.jwt_audience; },
     "", "", "", on_reload, "What the claim `aud` of a token must be or hold; empty takes any."},
    {"auth.jwt.leeway", [](settings& s) -> auto& { return s.auth.jwt_leeway; },
     "30s", "0", "1h", on_reload, "How far the clock of whoever makes tokens may be off."},
    {"auth.hook.url", [](settings& s) -> auto& { return s.auth.hook_url; },
     "", "", "", on_restart, "Address (`http://` or `https://`) of a service that is asked, with a POST of JSON, about users that the password file does not have."},
    {"auth.hook.token", [](settings& s) -> auto& { return s.auth.hook_token; },
     "", "", "", on_restart, "File with a word that is sent to the service as `Authorization: Bearer WORD`."},
    {"auth.hook.ca", [](settings& s) -> auto& { return s.auth.hook_ca; },
     "", "", "", on_restart, "PEM file of authorities for the service's certificate; empty takes the system's."},
    {"auth.hook.timeout", [](settings& s) -> auto& { return s.auth.hook_timeout; },
     "2s", "10ms", "1m", on_restart, "Time for the service to answer, connecting to it included."},
    {"auth.hook.connections.max", [](settings& s) -> auto& { return s.auth.hook_connections_max; },
     "8", "1", "1024", on_restart, "Requests to the service at a time; further ones wait, as `auth.waiting.max` allows."},
    {"auth.hook.cache.ttl", [](settings& s) -> auto& { return s.auth.hook_cache_ttl; },
     "1m", "0", "1d", on_reload, "Time an answer of the service counts for the same client, user and password."},
    // About 400 bytes each, and the rules that came with it.
    {"auth.hook.cache.max", [](settings& s) -> auto& { return s.auth.hook_cache_max; },
     "10000", "0", "10000000", on_reload, "Answers of the service that are kept; the longest unused goes."},
    {"auth.hook.outage", [](settings& s) -> auto& { return s.auth.hook_when_down; },
     "deny", "", "", on_reload, "What counts while the service does not answer: nobody is let in (`deny`), or what it last said of the same client, user and password (`cache`)."},

    // Off, all of these: behind a proxy or a router that translates addresses many clients have one, and only the operator knows
    // what a client is meant to send.
    {"limits.address.connections.max", [](settings& s) -> auto& { return s.limits.address_connections_max; },
     "0", "0", "10000000", on_reload, "Open connections of one address, of IPv6 one /64 network; further ones are closed before a byte is read. Those count that came since it was set. 0 means no limit."},
    {"limits.address.connections.rate", [](settings& s) -> auto& { return s.limits.address_connections_rate; },
     "0", "0", "1000000", on_reload, "Connections a second that one address, of IPv6 one /64 network, may open; further ones are closed before a byte is read. 0 means no limit."},
    // A proxy on the same machine is one address with many clients.
    {"limits.address.exempt", [](settings& s) -> auto& { return s.limits.address_exempt; },
     "127.0.0.0/8,::1", "", "", on_reload, "Networks, such as `10.0.0.0/8`, whose addresses the two above do not hold for: those of proxies and load balancers."},
    {"limits.listener.connections.rate", [](settings& s) -> auto& { return s.limits.listener_connections_rate; },
     "0", "0", "1000000", on_reload, "Connections a second that each listener takes in; further ones wait in the kernel's queue (`net.backlog`) until it is their turn. 0 means no limit."},
    {"limits.client.messages.rate", [](settings& s) -> auto& { return s.limits.client_messages_rate; },
     "0", "0", "10000000", on_reload, "Packets a second that one client may send, acknowledgements not counted; it is not read beyond them until more are due. 0 means no limit."},
    {"limits.client.bytes.rate", [](settings& s) -> auto& { return s.limits.client_bytes_rate; },
     "0", "0", "10GiB", on_reload, "Bytes of packets a second that one client may send; it is not read beyond them until more are due. 0 means no limit."},
    {"limits.account.sessions.max", [](settings& s) -> auto& { return s.limits.account_sessions_max; },
     "0", "0", "100000000", on_reload, "Sessions at this pod that clients of one user's name may have, connected or away; a new one is refused with 0x97. 0 means no limit."},
    {"limits.burst", [](settings& s) -> auto& { return s.limits.burst; },
     "1s", "100ms", "1h", on_reload, "How much time's worth of each of these rates may come at once, after as long a time without."},

    // About 1.4 KB each: 10000 idle topics hold 14 MB; waking one costs some microseconds.
    {"topics.idle.max", [](settings& s) -> auto& { return s.topics.idle_max; },
     "10000", "0", "100000000", on_reload, "Live topics that are kept while nothing is published to them: so many without a subscriber, and as many with one. Every 64 filters that match one count as another topic."},
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

    // With what is written afterwards it has to fit into what an orchestrator grants, often a minute.
    {"drain.deadline", [](settings& s) -> auto& { return s.drain.deadline; },
     "30s", "0", "1h", on_reload, "Time a pod that is to stop has to send its clients elsewhere and hand its sessions over; then it stops with those that are left, which other pods adopt. 0 stops at once."},
    // A reconnecting client costs a pod some 100 us, and a thousand at once are not noticed.
    {"drain.rate", [](settings& s) -> auto& { return s.drain.rate; },
     "1000", "1", "1000000", on_reload, "Sessions a second that leave a pod that is to stop; more if they would not be gone in two thirds of `drain.deadline`."},

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
     "256", "1", "65536", on_restart, "Links that other pods may have to this one, those included that have not said who they are; further ones are closed at once."},
    // Above mqtt.packet.bytes.max, whose largest packet has to fit with its route.
    {"links.frame.bytes.max", [](settings& s) -> auto& { return s.links.frame_bytes_max; },
     "2MiB", "64KiB", "1GiB", on_restart, "Largest frame accepted from another pod; announced to it. Must exceed `mqtt.packet.bytes.max` by 65 KiB."},
    {"links.queue.bytes.max", [](settings& s) -> auto& { return s.links.queue_bytes_max; },
     "16MiB", "64KiB", "4GiB", on_restart, "Bytes that may wait for one link; above it topics hold their publishers back."},
    {"links.queue.frames.max", [](settings& s) -> auto& { return s.links.queue_frames_max; },
     "65536", "64", "16777216", on_restart, "Frames in one link's own queue; further ones wait before it, and `links.queue.bytes.max` bounds those."},
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

    {"admin.address", [](settings& s) -> auto& { return s.admin.address; },
     "127.0.0.1", "", "", on_restart, "Address of the HTTP endpoint for operators; anything but loopback needs `admin.token` or `admin.tls.ca`."},
    // Off, so that a second pod on a machine starts without being told of another port.
    {"admin.port", [](settings& s) -> auto& { return s.admin.port; },
     "off", "0", "65535", on_restart, "TCP port of that endpoint: `/api/v1`, `/metrics`, `/healthz`, `/readyz`; 0 takes a free one."},
    {"admin.announce", [](settings& s) -> auto& { return s.admin.announce; },
     "", "", "", on_restart, "Address, with a port or without, at which `mqttzoo inspect` finds this pod's endpoint when it asks another pod; empty takes `admin.address`. On Kubernetes the pod's own address."},
    // A file, because command lines and environments can be read by others.
    {"admin.token", [](settings& s) -> auto& { return s.admin.token; },
     "", "", "", on_restart, "File with a word of at least 16 bytes that requests must bring, as `Authorization: Bearer WORD`; empty means that none is asked for."},
    {"admin.tls.certificate", [](settings& s) -> auto& { return s.admin.tls_certificate; },
     "", "", "", on_restart, "PEM file of the endpoint's certificate and those between it and the authority; with it the endpoint speaks HTTPS only."},
    {"admin.tls.key", [](settings& s) -> auto& { return s.admin.tls_key; },
     "", "", "", on_restart, "PEM file of the certificate's key, without a password."},
    {"admin.tls.ca", [](settings& s) -> auto& { return s.admin.tls_ca; },
     "", "", "", on_restart, "PEM file of authorities; with it a client must show a certificate that one of them signed, beside the word of `admin.token` if there is one."},
    {"admin.connections.max", [](settings& s) -> auto& { return s.admin.connections_max; },
     "32", "1", "4096", on_restart, "Open connections to the endpoint; beyond them the one that has brought no request for longest is closed."},
    {"admin.request.bytes.max", [](settings& s) -> auto& { return s.admin.request_bytes_max; },
     "16KiB", "1KiB", "1MiB", on_restart, "Bytes of a request's head, and as many of its body."},
    {"admin.timeout", [](settings& s) -> auto& { return s.admin.timeout; },
     "10s", "100ms", "5m", on_restart, "Time to receive a request, to answer it, and to keep an idle connection."},
    {"admin.actions.allowed", [](settings& s) -> auto& { return s.admin.actions_allowed; },
     "false", "", "", on_reload, "Whether the endpoint also changes things: disconnects clients, drops sessions, deletes retained messages, drains the pod, moves sessions to their homes."},

    // Longer than a client that is asked again after a second takes, shorter than a person's patience.
    {"inspect.stuck.after", [](settings& s) -> auto& { return s.inspect.stuck_after; },
     "30s", "100ms", "1d", on_reload, "Time after which an actor that waits, or has mail that it does not read, is named in the log and by `/readyz`."},

    // A step with names of usual length is some 200 bytes: 2 MiB a trace. With the longest it would be 12.
    {"trace.max", [](settings& s) -> auto& { return s.trace.max; },
     "4", "0", "16", on_reload, "Traces of messages that a pod keeps, running or ended; those of other pods that it takes part in count by themselves, up to as many. 0 means that none can be started."},
    {"trace.duration.max", [](settings& s) -> auto& { return s.trace.duration_max; },
     "10m", "1s", "1d", on_reload, "Longest time a trace runs before it stops by itself."},
    {"trace.messages.rate", [](settings& s) -> auto& { return s.trace.messages_rate; },
     "100", "1", "100000", on_reload, "Messages a second that a pod's traces begin to follow; further ones are counted and not followed."},
    {"trace.steps.max", [](settings& s) -> auto& { return s.trace.steps_max; },
     "10000", "100", "1000000", on_reload, "Steps of messages after which a trace stops by itself."},

    {"log.level", [](settings& s) -> auto& { return s.log.level; },
     "info", "", "", on_reload, "Least serious kind of line that is logged."},
    {"log.level.mqtt", level_of<log_folder::mqtt>, "inherit", "", "", on_reload, "Level of the protocol: what of it clients break, and who is given up."},
    {"log.level.net", level_of<log_folder::net>, "inherit", "", "", on_reload, "Level of sockets, TLS, WebSocket and links; who comes and goes is told by `log.level.actors`."},
    {"log.level.zk", level_of<log_folder::zk>, "inherit", "", "", on_reload, "Level of the store."},
    {"log.level.actors", level_of<log_folder::actors>, "inherit", "", "", on_reload, "Level of sessions and topics; `debug` tells which client comes and goes, and why."},
    {"log.level.admin", level_of<log_folder::admin>, "inherit", "", "", on_reload, "Level of the endpoint for operators and of the watchdog."},
    {"log.level.tools", level_of<log_folder::tools>, "inherit", "", "", on_reload, "Level of the programs: configuration, start and stop."},
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
