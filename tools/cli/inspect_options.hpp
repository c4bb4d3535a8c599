// What `mqttzoo inspect` was asked for.
//
// A plain value, made once from the command line and the environment.
#pragma once

#include "core/expected.hpp"
#include "tools/cli/inspect_client.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mqttzoo::cli {

struct inspect_options {
  enum class form : std::uint8_t { for_people, for_programs };
  enum class reach : std::uint8_t { pod, cluster };

  std::string command;               ///< "clients"
  std::vector<std::string> operands; ///< what follows it: a client id, a path
  inspect_connection connection;
  form as = form::for_people;
  reach of = reach::pod;
  /// For a list: `kind=topic` and so on, as the endpoint takes them.
  std::vector<std::pair<std::string, std::string>> query;
  json trace; ///< what `trace` asks the endpoint for; null: nothing to follow
  std::chrono::milliseconds interval{2'000}; ///< of `top`
  std::uint32_t rounds = 0;                  ///< of `top`; 0: until ^C
  bool wait = false;                         ///< for the end of what `drain` begins
  bool every_pod = false;                    ///< `drain` of a whole cluster is meant
  bool help = false;
};

/// `arguments` without the program's name and `inspect`. The error is a sentence.
expected<inspect_options, std::string> parse_inspect(const std::vector<std::string>& arguments);

/// Says on the standard error what went wrong; the status of the process.
int inspect_failed(const std::string& what);

const char* inspect_help();
/// A script for bash, for `source <(mqttzoo inspect completion)`.
const char* inspect_completion();

} // namespace mqttzoo::cli
