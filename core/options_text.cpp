#include "core/options_text.hpp"

#include "core/listener_options.hpp"
#include "core/options.hpp"
#include "core/version.hpp"

#include <algorithm>

namespace mqttzoo::core {

namespace {

/// What stands before the first dot: `net` of `net.port`.
std::string_view group_of(const option& o) {
  return o.name.substr(0, o.name.find('.'));
}

std::string_view title_of(std::string_view group) {
  struct title {
    std::string_view group, text;
  };
  constexpr title titles[] = {{"net", "Connections and threads"},
                              {"mqtt", "The protocol: what is granted, announced and refused"},
                              {"limits", "What one client, address, account or listener may have"},
                              {"topics", "Live topics"},
                              {"safety", "When a message is safe"},
                              {"sessions", "Sessions"},
                              {"retained", "Retained messages"},
                              {"store", "The embedded store"},
                              {"zk", "The store of a cluster"},
                              {"sys", "Topics under `$SYS`"},
                              {"bank", "When no promise can be made"},
                              {"cluster", "What pods agree on while they serve"},
                              {"drain", "When a pod is to stop"},
                              {"links", "Links to other pods (with zk.servers)"},
                              {"admin", "The endpoint for operators"},
                              {"inspect", "What the pod says of its actors"},
                              {"trace", "Following messages"},
                              {"log", "The log"},
                              {"pod", "The pod"}};
  const auto* found = std::find_if(std::begin(titles), std::end(titles),
                                   [&](const title& t) { return t.group == group; });
  return found == std::end(titles) ? group : found->text;
}

constexpr std::string_view listeners_head = R"(
### Listeners

Entries of `net.listeners`, for what the options above cannot say: more than one listener of a kind, listeners with rules of their
own, sockets of the machine, proxies in front.

```json
{"net.listeners": [
  {"address": "0.0.0.0", "port": 8883, "name": "devices", "identity": "cn",
   "tls": {"certificate": "devices.pem", "key": "devices.key", "ca": "devices-ca.pem"}},
  {"address": "10.1.0.5", "port": 1884, "proxy": {"trusted": ["10.1.0.0/24"]}, "anonymous": "refuse"},
  {"unix": "/run/mqttzoo/mqtt.sock", "unix.mode": "0660"}
]}
```

On the command line and in the environment that is the text of the array. SIGHUP: what the entries say counts for connections that come then, and files of certificates are read again;
entries are told apart by where they listen, and one that came or went waits for a restart.

| key | default | accepts | meaning |
| --- | --- | --- | --- |
)";

std::string quoted(std::string_view text) {
  return text.empty() ? "empty" : "`" + std::string{text} + "`";
}

constexpr std::string_view help_head = R"(
  --config=FILE             read a configuration file (JSON, comments allowed)
  --check-config            say what the configuration means, and leave
  --help, --version         print this or the version, and leave
  --print-options-markdown  print docs/configuration.md

Each option below is also a key of the file (`{"net": {"port": 2883}}`) and an environment
variable (MQTTZOO_NET_PORT). The command line wins over the environment, which wins over the file.
)";

constexpr std::string_view markdown_head = R"(# Configuration

<!-- Printed by `mqttzood --print-options-markdown`. Edit core/options.cpp, then run `tools/docs`. -->

Every option can be set in four places; the first one that sets it wins:

1. the command line: `mqttzood --net.port=2883`
2. the environment: `MQTTZOO_NET_PORT=2883` (upper case, `_` for `.`)
3. the file named by `--config=FILE` or `MQTTZOO_CONFIG`
4. its default, below

The file is JSON with `//` and `/* */` comments. Objects and dots mean the same:

```json
{
  "net": {"port": 2883, "outbox.bytes.max": "4MiB"}, // sizes: B, KiB, MiB, GiB, TiB
  "mqtt.session.expiry.max": "7d",                   // durations: ms, s, m, h, d
  "mqtt.subscribe.deny": ["secret/#"]                // on the command line: a,b,c
}
```

`mqttzood --check-config` says what a configuration means without starting; it reads the files that are named there, too,
so run it where they are, as who may read them. SIGHUP reads the file again;
options marked *reload* take effect at once, the others are named in the log and wait for a restart.
Where one that is reloaded would contradict one that waits, nothing is, and the log says so.
)";

/// Follows the table of the group that is over.
void append_listeners(std::string& text) {
  text += listeners_head;
  for (const auto& k : listener_keys()) {
    text.append("| `").append(k.name).append("` | ").append(k.preset.empty() ? "none" : k.preset);
    text.append(" | ").append(k.accepts).append(" | ").append(k.help).append(" |\n");
  }
}

} // namespace

std::string help_text(std::string_view program) {
  std::string text = "mqttzood " + std::string{version()} +
                     ", an MQTT broker (3.1, 3.1.1, 5.0)\n\nUsage: " + std::string{program} +
                     " [--name=value ...]\n" + std::string{help_head};
  std::string_view group;
  for (const auto& o : options()) {
    if (group_of(o) != group) {
      group = group_of(o);
      text += "\n";
    }
    text.append("  --").append(o.name).append("=").append(o.preset).append("\n");
    text.append("      ").append(o.help).append(" (").append(describe(o)).append(")\n");
  }
  return text;
}

std::string options_markdown() {
  std::string text{markdown_head};
  std::string_view group;
  for (const auto& o : options()) {
    if (group_of(o) != group) {
      if (group == "net")
        append_listeners(text);
      group = group_of(o);
      text.append("\n## ").append(title_of(group)).append("\n\n");
      text +=
          "| option | default | accepts | change | meaning |\n| --- | --- | --- | --- | --- |\n";
    }
    text.append("| `").append(o.name).append("` | ").append(quoted(o.preset));
    text.append(" | ").append(describe(o)).append(" | ");
    text.append(o.change == option_change::on_reload ? "reload" : "restart");
    text.append(" | ").append(o.help).append(" |\n");
  }
  return text;
}

std::string describe_config(const loaded_config& config) {
  std::string text;
  for (std::size_t i = 0; i < options().size(); ++i)
    if (const auto& o = options()[i]; !config.origins[i].empty())
      text.append(o.name)
          .append(" = ")
          .append(show(o, config.values))
          .append("  (")
          .append(config.origins[i] + ")\n");
  return text.empty() ? "every option has its default\n" : text;
}

} // namespace mqttzoo::core
