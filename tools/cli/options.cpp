#include "tools/cli/options.hpp"

#include "tools/cli/option_groups.hpp"
#include "tools/cli/option_table.hpp"

#include <utility>

namespace mqttzoo::cli {
namespace {

/// What only the whole command line shows.
sentence complete(program which, options& o, const drafts& d) {
  if (which == program::pub && o.topics.size() > 1)
    o.topics.erase(o.topics.begin(), o.topics.end() - 1); // the last one counts
  if (which == program::pub && (o.topics.empty() || o.from == source::none))
    return "Both topic and message must be supplied.";
  if (which == program::sub && o.topics.empty())
    return "You must specify a topic to subscribe to.";
  if (o.no_retained && o.retained_only)
    return "Combining '-R' and '--retained-only' makes no sense.";
  return complete_connection(o, d);
}

} // namespace

parsed parse(program which, const std::vector<std::string>& arguments) {
  parsed result;
  auto& o = result.options;
  drafts d;
  option_table table;
  add_connection_options(table, o, d);
  add_security_options(table, o);
  which == program::pub ? add_publish_options(table, o) : add_subscribe_options(table, o);
  std::string stopped_at;
  auto wrong = table.run(arguments, {"--help", "--version"}, stopped_at);
  if (!stopped_at.empty()) {
    result.what = stopped_at == "--help" ? parsed::next::show_help : parsed::next::show_version;
    return result;
  }
  if (wrong.empty())
    wrong = complete(which, o, d);
  if (!wrong.empty()) {
    result.what = parsed::next::fail;
    result.error = std::move(wrong);
  }
  return result;
}

} // namespace mqttzoo::cli
