// The options that `mqttzoo pub` and `mqttzoo sub` share with mosquitto_pub and mosquitto_sub.
//
// A plain value, made once from the command line.
#pragma once

#include <chrono>
#include <cstdint>
#include <mqttzoo/options.hpp>
#include <optional>
#include <string>
#include <vector>

namespace mqttzoo::cli {

enum class program : std::uint8_t { pub, sub };

/// Where `pub` gets its messages from.
enum class source : std::uint8_t { none, argument, file, lines, all_input, nothing };

struct options {
  client_options client;
  std::string host = "localhost";
  std::uint16_t port = 0; ///< 0: the usual one
  std::vector<std::string> topics;
  mqttzoo::qos qos = qos::at_most_once;
  bool debug = false, quiet = false;
  message_properties publish_properties;
  std::vector<std::pair<std::string, std::string>> subscribe_users, unsubscribe_users;
  disconnect_options at_end;
  bool uses_tls = false, uses_websocket = false;
  // pub
  source from = source::none;
  std::string payload, file;
  bool retain = false;
  unsigned repeat = 1;
  std::chrono::milliseconds repeat_delay{0};
  unsigned inflight_max = 1000;
  // sub
  std::vector<std::string> filters_out, unsubscribe;
  std::optional<std::string> format; ///< none: payloads, or topics and payloads
  bool verbose = false, no_newline = false, no_retained = false, retained_only = false;
  bool retain_as_published = false;
  bool remove_retained = false, exit_after_suback = false, pretty = false;
  std::uint64_t count = 0; ///< messages to end after; 0: none
  std::optional<std::chrono::seconds> timeout;
  double percentage = 100;
};

/// What to do with a command line.
struct parsed {
  enum class next : std::uint8_t { run, show_help, show_version, fail };
  next what = next::run;
  std::string error; ///< a sentence, for fail
  cli::options options;
};

/// `arguments` without the program's and the command's name.
parsed parse(program which, const std::vector<std::string>& arguments);

/// The help text.
std::string help(program which);

/// Whether `-D command identifier` has two values.
bool has_two_values(const std::string& identifier);

/// Applies `-D command identifier value`; a sentence if that is wrong. Case does not count.
std::string apply_property(options& to, const std::string& command, const std::string& identifier,
                           const std::string& value, const std::string& second);

} // namespace mqttzoo::cli
