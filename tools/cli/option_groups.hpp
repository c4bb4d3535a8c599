// The options of `mqttzoo pub` and `mqttzoo sub`, and those of them that `mqttzoo bench` has, too:
// a function for each concern, which tells a table about them.
//
// Used while a command line is read; what they fill must outlive the table.
#pragma once

#include "tools/cli/option_table.hpp"
#include "tools/cli/options.hpp"

#include <string>

namespace mqttzoo::cli {

/// What takes more than one option to make.
struct drafts {
  std::string id_prefix, unix_socket;
  will_options will;
  bool has_will = false, has_will_payload = false, has_expiry = false, persistent = false;
};

void add_connection_options(option_table& table, options& o, drafts& d);
void add_security_options(option_table& table, options& o);
void add_publish_options(option_table& table, options& o);
void add_subscribe_options(option_table& table, options& o);

/// Name, version and credentials, which every command has.
void add_identity_options(option_table& table, client_options& c);

/// Makes options::client of what was said; a sentence if that does not fit together.
sentence complete_connection(options& o, const drafts& d);

} // namespace mqttzoo::cli
