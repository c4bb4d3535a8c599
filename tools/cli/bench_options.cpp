#include "tools/cli/bench_options.hpp"

#include <charconv>
#include <limits>

namespace mqttzoo::cli {
namespace {

bool read(const std::string& text, std::size_t least, std::size_t& into) {
  const auto* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, into);
  return parsed.ec == std::errc{} && parsed.ptr == end && into >= least;
}

/// Bytes of a payload that the bench itself needs.
constexpr std::size_t size_least = 24;

/// One option with its value; a sentence if that is wrong.
std::string take(const std::string& name, const std::string& value, bench_options& o) {
  const auto number = [&](std::size_t least, std::size_t& into) {
    return read(value, least, into) ? std::string{} : "Invalid value of " + name + ": " + value;
  };
  if (name == "--url" || name == "-L")
    o.client.servers = {value};
  else if (name == "--clients" || name == "-c")
    return number(1, o.clients);
  else if (name == "--connect-rate")
    return number(1, o.connect_rate);
  else if (name == "--size" || name == "-s")
    return number(size_least, o.size);
  else if (name == "--rate" || name == "-r")
    return number(0, o.rate);
  else if (name == "--inflight")
    return number(1, o.inflight);
  else if (name == "--source")
    o.sources.push_back(value);
  else if (name == "--qos" || name == "-q") {
    std::size_t level = 0;
    if (!read(value, 0, level) || level > 2)
      return "Invalid QoS: " + value;
    o.qos = static_cast<qos>(level);
  } else if (name == "--seconds") {
    std::size_t seconds = 0;
    if (!read(value, 1, seconds) || seconds > std::numeric_limits<std::int32_t>::max())
      return "Invalid value of " + name + ": " + value;
    o.duration = std::chrono::seconds{seconds};
  } else if (name == "--pattern") {
    if (value != "pairs" && value != "fan-out" && value != "fan-in")
      return "Invalid pattern: " + value;
    o.shape = value == "pairs"     ? pattern::pairs
              : value == "fan-out" ? pattern::fan_out
                                   : pattern::fan_in;
  } else {
    return "Unknown option '" + name + "'.";
  }
  return {};
}

} // namespace

std::string parse_bench(const std::vector<std::string>& arguments, bench_options& into) {
  if (arguments.empty() || (arguments[0] != "conn" && arguments[0] != "flow"))
    return "Say what to measure: conn or flow.";
  into.kind = arguments[0] == "conn" ? bench_kind::conn : bench_kind::flow;
  for (std::size_t i = 1; i < arguments.size(); i += 2) {
    if (i + 1 == arguments.size())
      return arguments[i] + " needs a value.";
    if (auto wrong = take(arguments[i], arguments[i + 1], into); !wrong.empty())
      return wrong;
  }
  return {};
}

const char* bench_help() {
  return R"(Loads an MQTT server and checks its promises. Ends with one JSON object; status 1 if a promise was broken.

usage: mqttzoo bench conn [options]     connect, and stay connected
       mqttzoo bench flow [options]     publish and receive

  -L, --url URL         mqtt(s)://host[:port] or ws(s)://... (mqtt://localhost)
  -c, --clients N       connections; flow: pairs, or the many side of a fan (100)
  --connect-rate N      connections begun in a second (500)
  --seconds N           how long to hold or to publish (10)
  --source ADDRESS      local address; may be repeated, they are taken in turn
  --pattern P           pairs, fan-out (one publisher) or fan-in (one subscriber)
  -q, --qos QOS         0 (default), 1 or 2
  -s, --size BYTES      of a payload, at least 24 (64)
  -r, --rate N          messages a second of all publishers (1000); 0: as fast as promises come
  --inflight N          with rate 0: messages of one publisher under way (10)

Latency is from the time at which a message was due, not from when it could be sent.
)";
}

} // namespace mqttzoo::cli
