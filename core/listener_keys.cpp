// The keys of an entry of `net.listeners`, for people. What a key accepts is written here only;
// that it is held to that, in listener_options.cpp.
#include "core/listener_options.hpp"

#include <array>

namespace mqttzoo::core {

namespace {

constexpr auto keys = std::to_array<listener_key>({
    // clang-format off
    {"address", "`127.0.0.1`", "text", "Address to listen on; `0.0.0.0` or `::` for every interface."},
    {"port", "", "an integer from 0 to 65535", "TCP port; 0 takes a free one. An entry has this or `unix`."},
    {"unix", "", "text", "Path of a socket's file to listen on, for clients of this machine. One that is left behind is removed if nobody answers there; another's stays, and the start fails."},
    {"unix.mode", "`0660`", "three or four octal digits", "Permissions that file gets at the start: who may write to it may connect."},
    {"name", "where it listens", "text of 1 to 64 bytes", "What logs and metrics call it."},
    {"tls", "`false`", "true, false or an object", "Whether clients come by TLS (1.2 and 1.3); an object says with what, and what it leaves out counts as `net.tls` says."},
    {"tls.certificate", "`net.tls.certificate`", "text", "PEM file of the certificate and those between it and the authority; goes with `tls.key`."},
    {"tls.key", "`net.tls.key`", "text", "PEM file of the certificate's key, without a password."},
    {"tls.ca", "`net.tls.ca`", "text", "PEM file of authorities; with it clients are asked for a certificate. Empty: they are not."},
    {"tls.certificates.required", "`net.tls.certificates.required`", "true or false", "With `tls.ca`: whether a client without a certificate is refused."},
    {"tls.names", "", "a list of objects", "Certificates for clients that ask for a certain server (SNI), each with the three keys below; others get `tls.certificate`."},
    {"tls.names.names", "", "a list of text", "Names of servers: `mqtt.example.org`, or `*.example.org` for each name one level below."},
    {"tls.names.certificate", "", "text", "PEM file, as `tls.certificate`."},
    {"tls.names.key", "", "text", "PEM file, as `tls.key`."},
    {"websocket", "`false`", "true, false or an object", "Whether clients come by WebSocket, over TLS where there is `tls`."},
    {"websocket.path", "`net.websocket.path`", "text", "Path that clients ask for; every other is answered with 404."},
    {"websocket.origins", "`net.websocket.origins`", "a list of text", "Origins whose pages may connect; empty allows every one."},
    {"proxy", "`false`", "true, false or an object", "Whether each connection begins with a header of the PROXY protocol (version 1 or 2), which says where the client is. Without a good one it is closed."},
    {"proxy.trusted", "", "a list of text", "Networks of the proxies that may say so, `10.1.0.0/16` or `fd00::/8`; others are closed at once. Needed with `port`; at a `unix` socket its permissions decide."},
    {"proxy.timeout", "`3s`", "a duration from 100ms to 1m", "Time for the header to come."},
    {"identity", "`none`", "one of none, cn, subject", "What of its certificate is a client's user name: the common name, or the whole subject as RFC 2253 writes it. No password is asked for then. Needs `tls.ca`, and certificates that are required."},
    {"anonymous", "`auth.anonymous`", "one of refuse, loopback, allow", "As `auth.anonymous`, for clients that come in here."},
    {"connections.max", "", "an integer from 1 to 10000000", "Open connections of this listener, within `net.connections.max`; further ones are closed at once."},
    {"packet.bytes.max", "`mqtt.packet.bytes.max`", "a size from 1KiB to 256MiB", "Largest packet accepted of those who come in here, announced as Maximum Packet Size; not more than `mqtt.packet.bytes.max`."},
    // clang-format on
});

} // namespace

std::span<const listener_key> listener_keys() noexcept {
  return keys;
}

} // namespace mqttzoo::core
