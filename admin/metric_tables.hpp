// The names, meanings and sources of the pod's figures, a row each; docs/metrics.md is these tables
// for people.
//
// Constants. For metrics.cpp only.
#pragma once

#include "actors/unit_services.hpp"
#include "mqtt/counters.hpp"
#include "net/io_counters.hpp"
#include "zk/store_figures.hpp"

#include <cstdint>

namespace mqttzoo::admin {

using unit_counter = mqtt::counter mqtt::counters::*;
using bank_counter = mqtt::counter actors::bank_figures::*;
using directory_counter = mqtt::counter actors::directory_counters::*;
using loop_counter = net::io_counter net::io_counters::*;
using link_counter = net::io_counter net::link_counters::*;
using store_figure = std::uint64_t zk::store_figures::*;

template<class Source>
struct metric_row {
  const char* name;
  const char* help;
  Source from;
};

inline constexpr metric_row<unit_counter> unit_totals[] = {
    {"mqttzoo_packets_received_total", "MQTT packets from clients.",
     &mqtt::counters::packets_received},
    {"mqttzoo_packets_sent_total", "MQTT packets to clients.", &mqtt::counters::packets_sent},
    {"mqttzoo_publishes_received_total", "PUBLISH packets from clients.",
     &mqtt::counters::publishes_received},
    {"mqttzoo_publishes_sent_total", "PUBLISH packets to clients.",
     &mqtt::counters::publishes_sent},
    {"mqttzoo_publish_received_bytes_total", "Payloads from clients.",
     &mqtt::counters::publish_bytes_received},
    {"mqttzoo_publish_sent_bytes_total", "Payloads to clients.",
     &mqtt::counters::publish_bytes_sent},
    {"mqttzoo_publishes_dropped_total", "QoS 0 to slow readers, or beyond a full queue.",
     &mqtt::counters::publishes_dropped},
    {"mqttzoo_publishes_refused_total", "Publishes for which no promise could be made.",
     &mqtt::counters::publishes_refused},
    {"mqttzoo_publishes_away_total", "QoS 0 for sessions without a client.",
     &mqtt::counters::publishes_away},
    {"mqttzoo_publishes_delayed_total", "Publishes of 3.x clients that had to wait for room.",
     &mqtt::counters::publishes_delayed},
    {"mqttzoo_publishes_expired_total", "Messages whose expiry interval ran out before delivery.",
     &mqtt::counters::publishes_expired},
    {"mqttzoo_mail_expired_total", "Stored messages whose time was over before delivery.",
     &mqtt::counters::mail_expired},
    {"mqttzoo_publishers_given_up_total", "3.x clients disconnected after bank.patience.",
     &mqtt::counters::publishers_given_up},
    {"mqttzoo_messages_stored_total", "Deposits asked of the store.",
     &mqtt::counters::messages_stored},
    {"mqttzoo_memory_refusals_total", "Messages that found no credit for memory.",
     &mqtt::counters::memory_refusals},
    {"mqttzoo_connects_refused_total", "CONNECTs answered with a failure.",
     &mqtt::counters::connects_refused},
    {"mqttzoo_publishes_denied_total", "Publishes, and wills, that their client may not publish.",
     &mqtt::counters::publishes_denied},
    {"mqttzoo_subscriptions_denied_total", "Subscriptions of which the client may read nothing.",
     &mqtt::counters::subscriptions_denied},
    {"mqttzoo_deliveries_denied_total", "Messages left out because their client may not read them.",
     &mqtt::counters::deliveries_denied},
    {"mqttzoo_clients_expelled_total",
     "Clients sent away because accounts changed, or their proof was over.",
     &mqtt::counters::clients_judged_out},
    {"mqttzoo_hook_cache_hits_total", "Verdicts of the hook that were remembered.",
     &mqtt::counters::hook_cache_hits},
    {"mqttzoo_connect_timeouts_total", "Connections without a CONNECT in time.",
     &mqtt::counters::connect_timeouts},
    {"mqttzoo_packet_timeouts_total", "Connections with half a packet for too long.",
     &mqtt::counters::packet_timeouts},
    {"mqttzoo_keep_alive_timeouts_total", "Clients that were silent for too long.",
     &mqtt::counters::keep_alive_timeouts},
    {"mqttzoo_protocol_errors_total", "Connections closed for what their client sent.",
     &mqtt::counters::protocol_errors},
    {"mqttzoo_reads_paused_total", "Times that a publisher was not read for a while.",
     &mqtt::counters::reads_paused},
    {"mqttzoo_reads_throttled_total", "Times that limits.client had a client wait.",
     &mqtt::counters::reads_throttled},
    {"mqttzoo_account_sessions_refused_total", "Sessions beyond limits.account.sessions.max.",
     &mqtt::counters::account_sessions_refused},
    {"mqttzoo_subscriptions_refused_total",
     "Subscriptions beyond mqtt.subscriptions.max or mqtt.subscriptions.bytes.max.",
     &mqtt::counters::subscriptions_refused},
    {"mqttzoo_link_publishes_sent_total", "Messages to other pods, once for each pod.",
     &mqtt::counters::far_publishes_sent},
    {"mqttzoo_link_publishes_received_total", "Messages from other pods.",
     &mqtt::counters::far_publishes_received},
    {"mqttzoo_links_lost_total", "Links to other pods that broke.", &mqtt::counters::links_lost},
    {"mqttzoo_claims_timed_out_total", "Clients refused after cluster.claim.timeout.",
     &mqtt::counters::claims_timed_out},
    {"mqttzoo_trace_messages_skipped_total",
     "Messages not followed because of trace.messages.rate.",
     &mqtt::counters::trace_messages_skipped},
    {"mqttzoo_trace_steps_lost_total", "Steps of messages that were too many at once to be noted.",
     &mqtt::counters::trace_steps_lost},
    {"mqttzoo_publishes_too_large_total", "Messages beyond their client's maximum packet size.",
     &mqtt::counters::publishes_too_large},
    {"mqttzoo_publishes_kept_total",
     "Messages whose topic could not tell yet which pods want them.",
     &mqtt::counters::publishes_kept},
    {"mqttzoo_routes_late_total", "Wishes of other pods that came after their topic had sent.",
     &mqtt::counters::routes_late},
    {"mqttzoo_sessions_taken_over_total",
     "Connections closed because their client id connected again.",
     &mqtt::counters::sessions_taken_over},
    {"mqttzoo_sessions_expired_total", "Sessions that ended by their expiry interval.",
     &mqtt::counters::clients_expired},
    {"mqttzoo_connections_carried_total", "Clients here whose session was at another pod.",
     &mqtt::counters::connections_carried_ever},
    {"mqttzoo_claims_overflowed_total", "Claims beyond sessions.max while a view was not settled.",
     &mqtt::counters::claims_overflowed},
    {"mqttzoo_links_overflowed_total",
     "Links beyond the bound of those of pods that are no members yet.",
     &mqtt::counters::links_overflowed},
};

inline constexpr metric_row<unit_counter> unit_gauges[] = {
    {"mqttzoo_clients_connected", "Clients that are connected.",
     &mqtt::counters::clients_connected},
    {"mqttzoo_sessions", "Sessions, connected or away.", &mqtt::counters::sessions},
    {"mqttzoo_subscriptions", "Subscriptions in force.", &mqtt::counters::subscriptions},
    {"mqttzoo_messages_queued", "Messages that wait for a window or a client.",
     &mqtt::counters::messages_queued},
    {"mqttzoo_publishes_waiting", "Publishes of 3.x clients that wait for room.",
     &mqtt::counters::publishes_waiting},
    {"mqttzoo_memory_bytes", "Memory for clients that are behind, paid for.",
     &mqtt::counters::memory_bytes},
    {"mqttzoo_connections_carried", "Clients here whose session is at another pod.",
     &mqtt::counters::connections_carried},
    {"mqttzoo_logins_waiting", "Clients that wait for the verdict on their password or token.",
     &mqtt::counters::logins_waiting},
    {"mqttzoo_claims_waiting", "Clients that wait to hear which pod has their session.",
     &mqtt::counters::claims_waiting},
    {"mqttzoo_traces", "Traces that run, here or for another pod.", &mqtt::counters::traces},
    {"mqttzoo_claims_put_off", "Claims of all pods' clients that wait here for a settled view.",
     &mqtt::counters::claims_put_off},
};

inline constexpr metric_row<bank_counter> bank_totals[] = {
    {"mqttzoo_bank_deposits_total", "Messages accepted for holding.",
     &actors::bank_figures::deposits},
    {"mqttzoo_bank_returns_total", "Messages that brought their credits back.",
     &actors::bank_figures::returns},
    {"mqttzoo_bank_expired_total", "Of these, because their time was over.",
     &actors::bank_figures::expired},
    {"mqttzoo_bank_refusals_total", "Messages refused for want of credit.",
     &actors::bank_figures::refusals},
    {"mqttzoo_bank_transactions_total", "Transactions of the store.",
     &actors::bank_figures::transactions},
    {"mqttzoo_bank_answers_lost_total", "Transactions whose outcome had to be looked up.",
     &actors::bank_figures::lost_answers},
    {"mqttzoo_bank_reaped_total", "Mail of departed pods that this one removed.",
     &actors::bank_figures::reaped},
};

inline constexpr metric_row<bank_counter> bank_gauges[] = {
    {"mqttzoo_bank_credits", "Credits there are.", &actors::bank_figures::total},
    {"mqttzoo_bank_free_credits", "Credits nobody held when this pod looked last.",
     &actors::bank_figures::free},
    {"mqttzoo_bank_leased_credits", "Credits drawn by this pod and not spent.",
     &actors::bank_figures::leased},
    {"mqttzoo_bank_lent_credits", "Of these, lent to units.", &actors::bank_figures::lent},
    {"mqttzoo_bank_held_credits", "Credits for what this pod holds.",
     &actors::bank_figures::held_credits},
    {"mqttzoo_bank_held_bytes", "Bytes that this pod holds.", &actors::bank_figures::held_bytes},
    {"mqttzoo_bank_held_messages", "Messages that this pod holds.",
     &actors::bank_figures::held_messages},
    {"mqttzoo_bank_transactions_waiting", "Transactions that wait.", &actors::bank_figures::queued},
};

inline constexpr metric_row<loop_counter> loop_totals[] = {
    {"mqttzoo_network_received_bytes_total", "Bytes from clients.", &net::io_counters::bytes_in},
    {"mqttzoo_network_sent_bytes_total", "Bytes to clients.", &net::io_counters::bytes_out},
    {"mqttzoo_connections_opened_total", "Connections accepted.",
     &net::io_counters::connections_opened},
    {"mqttzoo_connections_refused_total",
     "Connections beyond net.connections.max, or the bound of their listener.",
     &net::io_counters::connections_refused},
    {"mqttzoo_accepts_paced_total",
     "Times that those who wait to be accepted had to, for limits.listener.",
     &net::io_counters::accepts_paced},
    {"mqttzoo_addresses_forgotten_total", "Addresses beyond what is remembered of them.",
     &net::io_counters::addresses_forgotten},
    {"mqttzoo_handshakes_total", "Handshakes of TLS and WebSocket, of clients and links.",
     &net::io_counters::handshakes},
    {"mqttzoo_handshake_failures_total", "Handshakes, records and frames that failed.",
     &net::io_counters::handshake_failures},
    {"mqttzoo_websocket_pongs_held_total",
     "Times that the answer to a PING of WebSocket had to wait, as its client did not take what it "
     "got.",
     &net::io_counters::answers_held},
    {"mqttzoo_slow_readers_closed_total", "Clients that took nothing for too long.",
     &net::io_counters::stalls},
    {"mqttzoo_connections_closed_total", "Connections that ended.",
     &net::io_counters::connections_closed},
    {"mqttzoo_accept_failures_total",
     "Times that no connection could be accepted, for want of descriptors or kernel memory.",
     &net::io_counters::accept_failures},
    {"mqttzoo_network_dropped_bytes_total",
     "Bytes that were still to be sent when their connection ended.",
     &net::io_counters::bytes_dropped},
    {"mqttzoo_network_reads_total", "Reads of sockets.", &net::io_counters::read_calls},
    {"mqttzoo_network_writes_total", "Writes to sockets.", &net::io_counters::write_calls},
};

/// Of links to other pods.
inline constexpr metric_row<link_counter> link_totals[] = {
    {"mqttzoo_links_opened_total", "Links to other pods that were opened, by either side.",
     &net::link_counters::opened},
    {"mqttzoo_links_closed_total", "Of these, those that ended.", &net::link_counters::closed},
    {"mqttzoo_link_dials_total", "Attempts to connect to another pod.", &net::link_counters::dials},
    {"mqttzoo_link_failures_total", "Links that ended before they were open.",
     &net::link_counters::failed},
    {"mqttzoo_links_refused_total", "Of these, because the other's greeting did not suit.",
     &net::link_counters::refused},
    {"mqttzoo_links_untrusted_total", "Of these, for want of TLS or of a certificate that does.",
     &net::link_counters::untrusted},
    {"mqttzoo_links_silent_total", "Links closed because nothing was heard for links.silence.max.",
     &net::link_counters::silent},
    {"mqttzoo_links_stalled_total", "Links closed because the other pod took nothing.",
     &net::link_counters::stalled},
    {"mqttzoo_link_bad_frames_total", "Links closed for what the other pod sent.",
     &net::link_counters::bad_frames},
    {"mqttzoo_link_frames_received_total", "Frames from other pods.",
     &net::link_counters::frames_in},
    {"mqttzoo_link_frames_sent_total", "Frames to other pods.", &net::link_counters::frames_out},
    {"mqttzoo_link_heartbeats_sent_total", "Frames that only say that this pod lives.",
     &net::link_counters::heartbeats_out},
    {"mqttzoo_link_received_bytes_total", "What frames from other pods held.",
     &net::link_counters::body_bytes_in},
    {"mqttzoo_link_sent_bytes_total", "What frames to other pods held.",
     &net::link_counters::body_bytes_out},
    {"mqttzoo_link_queue_full_total", "Frames not queued for another pod because of links.queue.*.",
     &net::link_counters::queue_full},
};

/// Of what topics in all pods agree on; zero in a pod alone.
inline constexpr metric_row<directory_counter> directory_totals[] = {
    {"mqttzoo_directory_writes_total", "Writes of wants and retained messages that succeeded.",
     &actors::directory_counters::writes},
    {"mqttzoo_directory_writes_repeated_total",
     "Of these, done again: another pod was first, or the answer was lost.",
     &actors::directory_counters::writes_repeated},
    {"mqttzoo_directory_reads_total", "Reads of wants and retained messages.",
     &actors::directory_counters::reads},
    {"mqttzoo_directory_stale_events_total", "Watch events of a store session that was over.",
     &actors::directory_counters::events_stale},
    {"mqttzoo_directory_records_refused_total", "Nodes of the store whose data was no record.",
     &actors::directory_counters::records_refused},
    {"mqttzoo_directory_reroutes_total", "Routes that topics were told.",
     &actors::directory_counters::reroutes},
};

inline constexpr metric_row<directory_counter> directory_gauges[] = {
    {"mqttzoo_directory_topics_watched", "Topics and filters that this pod watches in the store.",
     &actors::directory_counters::topics_watched},
    {"mqttzoo_directory_requests_queued", "Requests that wait until fewer are under way.",
     &actors::directory_counters::requests_queued},
    {"mqttzoo_directory_wants_waiting", "Subscriptions that wait for the store.",
     &actors::directory_counters::wants_waiting},
};

inline constexpr metric_row<store_figure> store_totals[] = {
    {"mqttzoo_store_requests_total", "Reads and writes of the store.",
     &zk::store_figures::requests},
    {"mqttzoo_store_operations_total", "Creates, sets, removes and checks of its transactions.",
     &zk::store_figures::operations},
    {"mqttzoo_store_request_bytes_total", "Paths and data of the requests.",
     &zk::store_figures::bytes},
    {"mqttzoo_store_refusals_total", "Requests that found the queue or the table of watches full.",
     &zk::store_figures::refused},
    {"mqttzoo_store_disk_errors_total", "Requests that the disk of the embedded store failed.",
     &zk::store_figures::storage_errors},
    {"mqttzoo_store_sessions_total", "Sessions with ZooKeeper that began.",
     &zk::store_figures::sessions},
    {"mqttzoo_store_outages_total", "Times that ZooKeeper could not be reached any more.",
     &zk::store_figures::outages},
    {"mqttzoo_store_answers_lost_total", "Requests to ZooKeeper whose outcome is unknown.",
     &zk::store_figures::lost},
    {"mqttzoo_store_watch_events_total", "Watch events from ZooKeeper.",
     &zk::store_figures::watch_events},
};

inline constexpr metric_row<store_figure> store_gauges[] = {
    {"mqttzoo_store_queue_requests", "Requests that wait for the store.",
     &zk::store_figures::queue_requests},
    {"mqttzoo_store_queue_bytes", "Their bytes.", &zk::store_figures::queue_bytes},
    {"mqttzoo_store_watch_bytes",
     "Paths of watches in ZooKeeper, which a reconnect sends in one request.",
     &zk::store_figures::watch_bytes},
};

} // namespace mqttzoo::admin
