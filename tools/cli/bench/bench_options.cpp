#include "tools/cli/bench/bench_options.hpp"

#include "tools/cli/option_groups.hpp"
#include "tools/cli/option_table.hpp"

#include <map>

namespace mqttzoo::cli {
namespace {

const std::map<std::string, bench_kind> kinds = {{"conn", bench_kind::conn},
                                                 {"pub", bench_kind::pub},
                                                 {"sub", bench_kind::sub},
                                                 {"flow", bench_kind::flow}};
const std::map<std::string, pattern> patterns = {
    {"pairs", pattern::pairs},       {"fan-out", pattern::fan_out}, {"fan-in", pattern::fan_in},
    {"wildcard", pattern::wildcard}, {"shared", pattern::shared},   {"retained", pattern::retained},
    {"offline", pattern::offline}};

constexpr std::size_t clients_max = 1'000'000, topics_max = 10'000'000, rate_max = 100'000'000;

/// Addresses separated by commas.
void split(const std::string& text, std::vector<std::string>& into) {
  for (std::size_t at = 0; at <= text.size();) {
    const auto comma = std::min(text.find(',', at), text.size());
    into.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
}

void add_load_options(option_table& table, bench_options& o) {
  const auto seconds = [&](const char* name, std::chrono::seconds& into) {
    table.value({name}, [&into, name](const std::string& text) {
      const auto parsed = core::read_number<std::int32_t>(text, 1);
      into = std::chrono::seconds{parsed.value_or(1)};
      return parsed ? sentence{} : option_table::invalid(name, text);
    });
  };
  table.number<std::size_t>({"-c", "--clients"}, o.clients, 1, clients_max, "--clients");
  table.number<std::size_t>({"--publishers"}, o.publishers, 1, clients_max, "--publishers");
  table.number<std::size_t>({"--subscribers"}, o.subscribers, 1, clients_max, "--subscribers");
  table.number<std::size_t>({"--topics"}, o.topics, 1, topics_max, "--topics");
  table.number<std::size_t>({"--connect-rate"}, o.connect_rate, 1, rate_max, "--connect-rate");
  table.number<std::size_t>({"-r", "--rate"}, o.rate, 0, rate_max, "--rate");
  table.number<std::size_t>({"--inflight"}, o.inflight, 1, 65'000, "--inflight");
  table.text({"-t", "--topic"}, o.topic);
  table.flag({"--quiet"}, o.quiet);
  seconds("--seconds", o.duration);
  seconds("--drain", o.drain);
  table.value({"-q", "--qos"}, [&o](const std::string& text) {
    const auto level = core::read_number(text, 0, 2);
    o.qos = static_cast<qos>(level.value_or(0));
    return level ? sentence{} : option_table::invalid("QoS", text);
  });
  table.value({"-s", "--size"}, [&o](const std::string& text) {
    const auto sizes = payload_sizes::parse(text);
    o.sizes = sizes.value_or(o.sizes);
    return sizes ? sentence{} : option_table::invalid("--size", text);
  });
  table.value({"--pattern"}, [&o](const std::string& text) {
    const auto found = patterns.find(text);
    o.shape = found == patterns.end() ? o.shape : found->second;
    return found != patterns.end() ? sentence{} : option_table::invalid("--pattern", text);
  });
}

sentence fits_together(const bench_options& o) {
  if (o.kind == bench_kind::flow && o.shape == pattern::offline && o.qos == qos::at_most_once)
    return "Nobody keeps QoS 0 for those who are away: --pattern offline needs -q 1 or 2.";
  if (o.shape == pattern::retained && o.publishers > o.topics)
    return "More publishers than topics.";
  return {};
}

} // namespace

parsed_bench parse_bench(const std::vector<std::string>& arguments) {
  parsed_bench result;
  auto& o = result.options;
  if (arguments.empty() || (!kinds.contains(arguments[0]) && arguments[0] != "--help")) {
    result.error = "Say what to measure: conn, pub, sub or flow.";
    return result;
  }
  result.wants_help = arguments[0] == "--help";
  if (result.wants_help)
    return result;
  o.kind = kinds.at(arguments[0]);
  options shared; // whose TLS options are ours, too
  option_table table;
  std::vector<std::string> urls;
  add_security_options(table, shared);
  add_identity_options(table, shared.client);
  add_load_options(table, o);
  table.texts({"-L", "--url"}, urls);
  table.text({"--proxy"}, shared.client.proxy);
  table.value({"-A", "--bind"}, [&o](const std::string& text) {
    split(text, o.sources);
    return sentence{};
  });
  std::string stopped_at;
  result.error = table.run({arguments.begin() + 1, arguments.end()}, {"--help"}, stopped_at);
  result.wants_help = !stopped_at.empty();
  o.client = std::move(shared.client);
  o.client.servers = urls.empty() ? std::vector<std::string>{"mqtt://localhost"} : urls;
  if (result.error.empty())
    result.error = fits_together(o);
  return result;
}

const char* bench_help() {
  return R"(Loads an MQTT server and checks its promises. Ends with one JSON object; status 1 if a promise was broken.

usage: mqttzoo bench conn [options]     connect, and stay connected
       mqttzoo bench pub [options]      publish
       mqttzoo bench sub [options]      receive; what `bench` published is checked
       mqttzoo bench flow [options]     publish, receive and check

  -c, --clients N       connections; flow: pairs, or the many side of a fan (100)
  --connect-rate N      connections begun in a second (500)
  --seconds N           how long to hold, to publish or to receive (10)
  --drain N             seconds without a message until the rest is given up (5)
  -q, --qos QOS         0 (default), 1 or 2
  -s, --size SIZES      of payloads in bytes: 64 (default), 64-1024, or weighted 64:80,1024-4096:20
  -r, --rate N          messages a second of all publishers (1000); 0: as fast as promises come
  --inflight N          with rate 0: messages of one publisher under way (10)
  -t, --topic TOPIC     pub, sub: where to, or a filter; %i becomes the client's number (bench/%i)
  --pattern P           flow:
      pairs             each publisher has a topic and a subscriber (default)
      fan-out           one publisher, one topic, all subscribers
      fan-in            all publishers, one topic, one subscriber
      wildcard          publishers share --topics (1000), each subscriber has them all
      shared            subscribers are one group that shares the messages
      retained          --topics (1000) retained messages, then the subscribers subscribe
      offline           pairs whose subscribers are away while messages are published
  --publishers N, --subscribers N
                        instead of what --clients says, but for pairs and offline

  -L, --url URL         mqtt(s)://host[:port], ws(s)://... or unix:///path (mqtt://localhost); may be
                        repeated: clients take them in turn
  --bind ADDRESS,...    local addresses; clients take them in turn
  -V, -u, -P, -k        version (mqttv5), user, password and keep alive as in `mqttzoo pub`; so is
                        --password-file FILE
  --cafile, --capath, --cert, --key, --ciphers, --insecure, --psk, --psk-identity, --proxy
                        as there
  --quiet               no progress on the terminal

Latency is from the time at which a message was due, not from when it could be sent. At a fixed rate messages
are due in bursts every half millisecond.
)";
}

} // namespace mqttzoo::cli
