#include "tools/cli/options.hpp"

namespace mqttzoo::cli {
namespace {

constexpr const char* shared = R"(
connection:
  -h, --host HOST           server (localhost)
  -p, --port PORT           its port (1883; with TLS 8883, which asks for TLS)
  -L, --url URL             mqtt(s)://[user[:password]@]host[:port]/topic, ws(s):// likewise
  -V, --protocol-version V  mqttv31, mqttv311 (default) or mqttv5
  -i, --id ID               client id (drawn)
  -I, --id-prefix PREFIX    client id from a prefix and the process id
  -c                        keep the session, which needs -i; -x SECONDS: how long (5.0; -1: for ever)
  -k, --keepalive SECONDS   (60)
  -u USER, -P PASSWORD      who we are
  --password-file FILE      whose first line is the password, so that no list of processes shows it
  -A ADDRESS                local address
  --ws                      over WebSocket
  --unix FILE               over a socket of this machine
  --proxy URL               through a SOCKS5 proxy: socks5h://[user:password@]host[:port]
  --cafile FILE, --capath DIR, --cert FILE, --key FILE, --ciphers LIST, --tls-alpn NAME
                            TLS; --insecure: do not check the host's name
  --tls-use-os-certs        TLS, and the authorities of the system are trusted
  --psk KEY, --psk-identity NAME
                            TLS with a key in common instead of certificates, in hexadecimal
  --will-topic TOPIC, --will-payload TEXT, --will-qos QOS, --will-retain
                            published when the connection breaks
  -D COMMAND NAME VALUE     a property of 5.0, which is spoken then; COMMAND is connect, publish, subscribe,
                            unsubscribe, disconnect, will or auth (of which nothing is sent)
  -d, --debug; --quiet      more, less on the terminal
)";

constexpr const char* pub_help = R"(Publishes to an MQTT server. Options are those of mosquitto_pub.

usage: mqttzoo pub [-h HOST] [-p PORT] -t TOPIC (-m TEXT | -f FILE | -l | -s | -n) [options]

  -t, --topic TOPIC         where to
  -m, --message TEXT        one message
  -f, --file FILE           a file's content as one message
  -l, --stdin-line          each line of the input as a message
  -s, --stdin-file          the whole input as one message
  -n, --null-message        an empty message
  -q, --qos QOS             0 (default), 1 or 2
  -r, --retain              to be kept by the server
  --repeat N                the message N times; --repeat-delay SECONDS: with a pause
  -M, --max-inflight N      messages under way (1000)
)";

constexpr const char* sub_help =
    R"(Prints what is published to an MQTT server. Options are those of mosquitto_sub.

usage: mqttzoo sub [-h HOST] [-p PORT] -t FILTER... [options]

  -t, --topic FILTER        what to print; may be repeated
  -T, --filter-out FILTER   what not to print; may be repeated
  -U, --unsubscribe FILTER  unsubscribe first; may be repeated
  -q, --qos QOS             the most to ask for (0)
  -C COUNT                  end after so many messages
  -W SECONDS                end that time after it has connected, with status 27
  -E                        end when the server has granted the subscriptions
  -R                        no retained messages; --retained-only: these only
  --remove-retained         clear retained messages that come, but for those of -T
  --retain-as-published     tell whether the publisher said -r (5.0)
  -v, --verbose             topic and payload
  -N                        no newline after a message
  -F FORMAT                 %p payload, %t topic, %q QoS, %r retained, %l length, %m packet id, %x %X payload
                            in hexadecimal, %j JSON, %J JSON with the payload as JSON, %I %U time, @X
                            strftime's %X, %A %C %D %E %F %P %R %S properties of 5.0
  --pretty                  JSON in several lines
  --random-filter PERCENT   print a part of the messages
)";

} // namespace

std::string help(program which) {
  return std::string{which == program::pub ? pub_help : sub_help} + shared;
}

} // namespace mqttzoo::cli
