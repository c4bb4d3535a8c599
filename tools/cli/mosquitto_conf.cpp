#include "tools/cli/mosquitto_conf.hpp"

#include "core/numbers.hpp"
#include "core/settings.hpp"
#include "tools/cli/mosquitto_conf_listeners.hpp"
#include "tools/cli/mosquitto_conf_values.hpp"
#include "tools/cli/mosquitto_options.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace mqttzoo::cli {
namespace {

/// What a packet has beside its payload: the longest topic there can be, and properties.
constexpr std::uint64_t beside_payload_bytes = 65 * 1'024;

class reader {
public:
  migration read(std::string_view text) {
    for (std::size_t line = 1; !text.empty(); ++line) {
      const auto end = std::min(text.find('\n'), text.size());
      draft_.at(line);
      take(trim(text.substr(0, end)));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    finish();
    return draft_.take();
  }

private:
  void take(std::string_view text) {
    if (text.empty() || text.front() == '#')
      return;
    const auto name = first_word(text);
    const auto value = trim(text.substr(name.size()));
    if (!take_bridge(name, value) && !take_listener(name, value) &&
        !take_of_listener(name, value) && !take_same(name, value) && !take_needless(name) &&
        !take_special(name, value))
      draft_.no_counterpart(name, "is not known here");
  }

  /// A bridge is named once, with all that describes it.
  bool take_bridge(std::string_view name, std::string_view value) {
    if (name != "connection")
      return bridge_stood_ && is_of_bridge(name);
    bridge_stood_ = true;
    draft_.no_counterpart("connection " + std::string{value},
                          "there are no bridges: pods of one cluster share everything "
                          "(`zk.servers`), and a program of yours can carry topics to other "
                          "brokers");
    return true;
  }

  bool take_listener(std::string_view name, std::string_view value) {
    auto& standard = listeners_.front();
    const auto port = first_word(value);
    const auto address = first_word(trim(value.substr(port.size())));
    if (name == "bind_address") {
      standard.address = value;
      standard.line = draft_.line();
    } else if (name != "listener" && name != "port") {
      return false;
    } else if (port.empty()) {
      draft_.no_counterpart(name, "has no port");
    } else {
      auto& l = name == "port" ? standard : listeners_.emplace_back();
      l.line = draft_.line();
      l.port = port;
      if (name == "listener" && !address.starts_with('#'))
        l.address = address;
    }
    return true;
  }

  /// What belongs to the latest one.
  bool take_of_listener(std::string_view name, std::string_view value) {
    auto& l = listeners_.back();
    if (name == "protocol")
      l.websocket = first_word(value) == "websockets";
    else if (name == "certfile")
      l.certificate = value;
    else if (name == "keyfile")
      l.key = value;
    else if (name == "cafile")
      l.authorities = value;
    else if (name == "psk_hint")
      l.shared_key_hint = value;
    else if (name == "require_certificate")
      read_truth(name, value, l.certificate_required);
    else if (name == "use_identity_as_username")
      read_truth(name, value, l.common_name_is_user);
    else if (name == "use_subject_as_username")
      read_truth(name, value, l.subject_is_user);
    else if (name == "max_connections")
      take_connections_max(value, l);
    else if (name == "max_qos")
      read_number(name, value, l.qos_max);
    else if (name == "max_topic_alias")
      read_number(name, value, l.topic_alias_max);
    else
      return false;
    return true;
  }

  void take_connections_max(std::string_view value, mosquitto_listener& l) {
    l.connections_max.reset();
    if (first_word(value) == "0" || value.starts_with('-'))
      remark_bound("max_connections", "net.connections.max");
    else
      read_number("max_connections", value, l.connections_max);
  }

  bool take_same(std::string_view name, std::string_view value) {
    const auto at = std::ranges::find(same, name, &same_option::theirs);
    if (at == same.end())
      return false;
    const auto word = first_word(value);
    if (word == "-1" || (word == "0" && at->zero == zero_means::no_bound))
      remark_bound(name, at->ours);
    else if (at->kind == value_kind::text &&
             draft_.is_set(at->ours)) // as each listener may have one
      draft_.no_counterpart(name,
                            "one holds for the whole broker: left out is " + std::string{value});
    else if (auto v = value_of(value, at->kind))
      draft_.set(at->ours, std::move(*v));
    else
      unreadable(name, value);
    return true;
  }

  bool take_needless(std::string_view name) {
    const auto at = std::ranges::find(needless, name, &needless_option::theirs);
    if (at != needless.end())
      draft_.remark(name, at->why);
    return at != needless.end();
  }

  bool take_special(std::string_view name, std::string_view value) {
    if (name == "allow_anonymous") {
      read_truth(name, value, listeners_.back().anonymous);
      anonymous_ = listeners_.back().anonymous;
    } else if (name == "per_listener_settings") {
      read_truth(name, value, per_listener_);
      if (per_listener_)
        draft_.remark(name, "accounts and rules are those of the whole broker; only "
                            "`allow_anonymous` is kept for each listener");
    } else if (name == "persistence" || name == "retained_persistence")
      read_truth(name, value, persistent_);
    else if (name == "max_packet_size" || name == "message_size_limit")
      take_size(name, value);
    else if (name == "log_type")
      take_log_type(first_word(value));
    else if (name == "capath")
      draft_.no_counterpart(name, "who signs certificates must be one file (`cafile`)");
    else if (name == "include_dir")
      draft_.no_counterpart(name, "one file holds all; run this tool on each file of " +
                                      std::string{value});
    else
      return false;
    return true;
  }

  /// mosquitto bounds packets, payloads, or both: the narrower bound counts.
  void take_size(std::string_view name, std::string_view value) {
    std::optional<std::uint64_t> bytes;
    if (first_word(value) == "0")
      return remark_bound(name, "mqtt.packet.bytes.max");
    read_number(name, value, bytes);
    if (!bytes)
      return;
    if (name == "message_size_limit") {
      draft_.remark(name, "is for payloads; `mqtt.packet.bytes.max` is for packets, and has 65 KiB "
                          "more, for topics and properties");
      constexpr auto bound = core::mqtt_settings::packet_bytes_bound;
      bytes = std::min(std::min(*bytes, bound) + beside_payload_bytes, bound);
    }
    if (size_max_ && *size_max_ <= *bytes)
      return;
    size_max_ = bytes;
    draft_.set("mqtt.packet.bytes.max", std::to_string(*bytes) + "B");
  }

  void take_log_type(std::string_view value) {
    constexpr std::array levels{std::pair{"error", "error"}, std::pair{"warning", "warn"},
                                std::pair{"notice", "info"}, std::pair{"information", "info"},
                                std::pair{"debug", "debug"}, std::pair{"all", "debug"},
                                std::pair{"none", "off"}};
    const auto at =
        std::ranges::find(levels, value, [](const auto& l) { return std::string_view{l.first}; });
    if (at == levels.end())
      return draft_.remark("log_type", "what actors do is seen with `mqttzoo inspect`");
    // The last of several that says more counts.
    const auto rank = static_cast<std::size_t>(at - levels.begin());
    if (log_rank_ && *log_rank_ >= rank)
      return;
    log_rank_ = rank;
    draft_.set("log.level", at->second);
  }

  void finish() {
    if (!persistent_) // mosquitto keeps nothing by default
      draft_.set("store.path", ":memory:");
    if (!per_listener_)
      for (auto& l : listeners_)
        l.anonymous = anonymous_;
    place_listeners(listeners_, draft_);
  }

  template<class Truth>
  void read_truth(std::string_view name, std::string_view value, Truth& into) {
    if (const auto truth = truth_of(value))
      into = *truth;
    else
      unreadable(name, value);
  }
  void read_number(std::string_view name, std::string_view value,
                   std::optional<std::uint64_t>& into) {
    if (const auto n = core::read_number<std::uint64_t>(first_word(value)))
      into = n;
    else
      unreadable(name, value);
  }

  void unreadable(std::string_view name, std::string_view value) {
    draft_.no_counterpart(name, "has a value that cannot be read: " + std::string{value});
  }
  void remark_bound(std::string_view name, std::string_view ours) {
    draft_.remark(name,
                  "here is always a bound: the default of `" + std::string{ours} + "` counts");
  }

  migration_draft draft_;
  std::vector<mosquitto_listener> listeners_{1}; ///< the default one first
  bool bridge_stood_ = false;
  bool persistent_ = false;
  bool per_listener_ = false;
  std::optional<bool> anonymous_;
  std::optional<std::uint64_t> size_max_;
  std::optional<std::size_t> log_rank_;
};

} // namespace

migration migrate_mosquitto_conf(std::string_view text) {
  return reader{}.read(text);
}

} // namespace mqttzoo::cli
