// One configuration option: what the table of options.cpp says about it, and how its text becomes a
// value.
//
// Values are written and bounds are declared in the same notation (`64KiB`, `30s`, `never`), so the
// documentation shows what a user may type. Pure functions and constants; any thread.
#pragma once

#include "core/expected.hpp"
#include "core/settings.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mqttzoo::core {

/// What an option holds; follows from the type of its member in `settings`.
enum class option_kind : std::uint8_t {
  integer,  ///< 1883; where nothing is a value too, `off`
  bytes,    ///< 65536, 64KiB, 16MiB, 1GiB
  duration, ///< 500ms, 30s, 5m, 12h, 7d, 0
  seconds,  ///< a duration in whole seconds, or `never`
  boolean,  ///< true, false
  text,     ///< anything
  list,     ///< a JSON array, or items separated by commas
  choice,   ///< one of a few words
  objects,  ///< a JSON array of objects
};

/// What it takes for a new value to count.
enum class option_change : std::uint8_t { on_reload, on_restart };

/// Finds an option's member; the alternative names the member's type.
using option_member =
    std::variant<std::uint8_t& (*)(settings&), std::uint16_t& (*)(settings&),
                 std::uint32_t& (*)(settings&), std::size_t& (*)(settings&),
                 std::chrono::milliseconds& (*)(settings&), std::chrono::seconds& (*)(settings&),
                 bool& (*)(settings&), std::string& (*)(settings&),
                 std::vector<std::string>& (*)(settings&), log_level& (*)(settings&),
                 std::optional<log_level>& (*)(settings&), log_format& (*)(settings&),
                 std::optional<std::uint16_t>& (*)(settings&), anonymous_rule& (*)(settings&),
                 hook_outage& (*)(settings&), std::vector<listener_settings>& (*)(settings&)>;

/// One row of the table.
struct option {
  std::string_view name;   ///< dotted, lower case: `net.port`
  option_member member;    ///< where its value lives
  std::string_view preset; ///< the default, as a user would write it
  std::string_view least;  ///< bounds, included; empty for kinds without an order
  std::string_view most;
  option_change change;
  std::string_view help; ///< one sentence
};

/// A value as a source gave it: one text, or the items of a JSON array; an object is its text.
using option_text = std::variant<std::string, std::vector<std::string>>;

option_kind kind_of(const option& o) noexcept;

/// The words a choice accepts; empty for the other kinds.
std::vector<std::string_view> words_of(const option& o);

/// What may be written for `o`: "an integer from 1 to 65535", "one of text|json".
std::string describe(const option& o);

/// Parses `text` and stores it in `into`; the error says what would be right. `into` is unchanged
/// then.
expected<void, std::string> assign(const option& o, const option_text& text, settings& into);

/// The value in `from`, in the notation `assign` reads.
std::string show(const option& o, const settings& from);

/// Copies one option's value.
void copy(const option& o, const settings& from, settings& to);

} // namespace mqttzoo::core
