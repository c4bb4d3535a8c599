// What stands in a node of the store, decoded for people.
//
// Pure functions; any thread. Payloads are not shown, only their size.
#pragma once

#include "admin/json.hpp"
#include "zk/paths.hpp"

#include <string>
#include <string_view>

namespace mqttzoo::admin {

struct node_text {
  std::string kind; ///< "session", "mail", "bank free"; "unknown" if its path says nothing
  json content;     ///< null if it holds nothing, or what it holds makes no sense
};

node_text decode_node(const zk::paths& paths, std::string_view path, std::string_view data);

} // namespace mqttzoo::admin
