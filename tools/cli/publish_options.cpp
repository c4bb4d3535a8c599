// What `mqttzoo pub` publishes.
#include "tools/cli/option_groups.hpp"

#include <cmath>

namespace mqttzoo::cli {
namespace {

sentence take_source(options& o, source from) {
  if (o.from != source::none)
    return "Only one type of message can be sent at once.";
  o.from = from;
  return {};
}

} // namespace

void add_publish_options(option_table& table, options& o) {
  const auto from = [&](option_table::names called, source which) {
    table.action(called, [&o, which] { return take_source(o, which); });
  };
  const auto from_value = [&](option_table::names called, source which, std::string& into) {
    table.value(called, [&o, &into, which](const std::string& text) {
      into = text;
      return take_source(o, which);
    });
  };
  from_value({"-m", "--message"}, source::argument, o.payload);
  from_value({"-f", "--file"}, source::file, o.file);
  from({"-l", "--stdin-line"}, source::lines);
  from({"-s", "--stdin-file"}, source::all_input);
  from({"-n", "--null-message"}, source::nothing);
  table.flag({"-r", "--retain"}, o.retain);
  table.number({"--repeat"}, o.repeat, 1U, 0xFFFF'FFFFU, "repeat count");
  table.value({"--repeat-delay"}, [&o](const std::string& text) {
    const auto seconds = core::read_decimal(text);
    if (!seconds || *seconds < 0)
      return option_table::invalid("repeat delay", text);
    o.repeat_delay = std::chrono::milliseconds{std::llround(*seconds * 1000)};
    return sentence{};
  });
}

} // namespace mqttzoo::cli
