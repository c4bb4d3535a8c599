// The listeners of a mosquitto.conf, and the migration while it grows. Of the parts of
// mosquitto_conf.hpp only.
#pragma once

#include "tools/cli/mosquitto_conf.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace mqttzoo::cli {

class migration_draft {
public:
  using json = nlohmann::ordered_json;

  /// Remarks that follow are of this line.
  void at(std::size_t line) { line_ = line; }

  /// `a.b.c` as nested objects.
  void set(std::string_view name, json value) {
    auto* at = &result_.configuration;
    for (auto dot = name.find('.'); dot != name.npos; dot = name.find('.')) {
      at = &(*at)[std::string{name.substr(0, dot)}];
      name.remove_prefix(dot + 1);
    }
    (*at)[std::string{name}] = std::move(value);
  }
  bool is_set(std::string_view name) const {
    std::string path = '/' + std::string{name};
    std::ranges::replace(path, '.', '/');
    return result_.configuration.contains(json::json_pointer{path});
  }
  /// An entry of `net.listeners`.
  void add_listener(json entry) {
    result_.configuration["net"]["listeners"].push_back(std::move(entry));
  }

  void no_counterpart(std::string_view name, std::string_view why) {
    result_.without_counterpart.push_back(about(name, why));
  }
  void remark(std::string_view name, std::string_view why) {
    result_.remarks.push_back(about(name, why));
  }

  std::size_t line() const { return line_; }
  migration take() { return std::move(result_); }

private:
  migration_remark about(std::string_view name, std::string_view why) const {
    return {line_, '`' + std::string{name} + "`: " + std::string{why}};
  }

  migration result_;
  std::size_t line_ = 0;
};

/// All that stands in the file until the next one begins.
struct mosquitto_listener {
  std::size_t line = 0;
  std::string port;    ///< empty: mosquitto's default one, which the file does not ask for
  std::string address; ///< with port 0 a socket's file
  bool websocket = false;
  std::string certificate, key, authorities;
  std::optional<bool> certificate_required;
  std::string shared_key_hint; ///< not empty: clients prove themselves with pre-shared keys
  bool common_name_is_user = false, subject_is_user = false;
  std::optional<bool> anonymous; ///< whether clients may come in without a name
  std::optional<std::uint64_t> connections_max, qos_max, topic_alias_max;
};

/// Turns them into options of `net.*` and `auth.anonymous`, and says which cannot be had. The
/// first of `all` is mosquitto's default one.
void place_listeners(std::span<const mosquitto_listener> all, migration_draft& into);

} // namespace mqttzoo::cli
