// Messages of a trace as they come in, until each can be told as a whole.
//
// One trace, one thread. Steps of several pods come late and in any order, so a message is told
// when its verdict stands and nothing new came of it for one look. Bounded by the trace's steps.
#pragma once

#include "tools/cli/inspect_client.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace mqttzoo::cli {

class trace_story {
public:
  struct told_message {
    json message;        ///< as the endpoint has it
    json steps;          ///< by time
    bool before = false; ///< steps of it were told already
  };

  /// An answer of the endpoint: what is new since the last one.
  void add(const json& page);
  /// Messages that can be told now; all that are left once the trace is over.
  enum class until : std::uint8_t { known, over };
  std::vector<told_message> take(until when);

private:
  struct entry {
    json message;
    json steps = json::array();
    bool fresh = false; ///< something came with the last page
    bool told = false;
  };
  std::map<std::uint64_t, entry> open_;
};

/// One message for a terminal: a line on what it is, a table of its steps, its verdict.
std::string render_trace_message(const trace_story::told_message& m);
/// What is to be said of a trace that is over.
std::string render_trace_end(const json& trace);

} // namespace mqttzoo::cli
