// Asks the endpoints of pods, one request after the other.
//
// A value for one run of `mqttzoo inspect`; single-threaded. Each request has a connection of its
// own and `timeout` to end.
#pragma once

#include "core/expected.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace mqttzoo::cli {

/// Keeps the order of members.
using json = nlohmann::ordered_json;

struct inspect_connection {
  std::string url = "http://127.0.0.1:8080"; ///< of one pod's endpoint
  std::string token;                         ///< the word; empty: none
  std::string ca_file, certificate, key;     ///< PEM files, for https
  bool insecure = false;                     ///< the host's name is not checked
  std::chrono::milliseconds timeout{10'000};
};

struct inspect_error {
  unsigned status = 0;  ///< 0: there was no answer
  std::string what;     ///< a sentence
  bool refused = false; ///< nobody listens there
};

enum class inspect_method : std::uint8_t { get, post, remove };

class inspect_client {
public:
  explicit inspect_client(inspect_connection to) : to_(std::move(to)) {}

  const std::string& url() const noexcept { return to_.url; }
  /// The same, at another pod's endpoint.
  inspect_client at(std::string url) const;

  /// `target` is encoded. An answer whose status says that it failed is an error, but for
  /// /healthz and /readyz, whose content says why.
  expected<json, inspect_error> ask(std::string_view target,
                                    inspect_method how = inspect_method::get,
                                    std::string body = {}) const;

private:
  inspect_connection to_;
};

/// As one level of a path, or a value of a query.
std::string percent_encode(std::string_view text);

} // namespace mqttzoo::cli
