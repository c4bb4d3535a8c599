// What `mqttzoo sub` prints, and when it ends.
#include "tools/cli/option_groups.hpp"

namespace mqttzoo::cli {

void add_subscribe_options(option_table& table, options& o) {
  table.number<std::uint64_t>({"-C"}, o.count, 1, 0x7FFF'FFFF, "message count");
  table.value({"-W"}, [&o](const std::string& text) {
    const auto seconds = core::read_number(text, 1, 0x7FFF'FFFF);
    o.timeout = std::chrono::seconds{seconds.value_or(0)};
    return seconds ? sentence{} : option_table::invalid("timeout", text);
  });
  table.texts({"-T", "--filter-out"}, o.filters_out);
  table.texts({"-U", "--unsubscribe"}, o.unsubscribe);
  table.value({"-F"}, [&o](const std::string& text) {
    o.format = text;
    return sentence{};
  });
  table.flag({"-v", "--verbose"}, o.verbose);
  table.flag({"-N"}, o.no_newline);
  table.flag({"-R"}, o.no_retained);
  table.flag({"-E"}, o.exit_after_suback);
  table.flag({"--retained-only"}, o.retained_only);
  table.flag({"--remove-retained"}, o.remove_retained);
  table.flag({"--retain-as-published"}, o.retain_as_published); // no word of 3.x
  table.flag({"--pretty"}, o.pretty);
  table.value({"--random-filter"}, [&o](const std::string& text) {
    const auto percentage = core::read_decimal(text);
    if (!percentage || *percentage < 0.1 || *percentage > 100)
      return sentence{"--random-filter must be between 0.1-100.0"};
    o.percentage = *percentage;
    return sentence{};
  });
}

} // namespace mqttzoo::cli
