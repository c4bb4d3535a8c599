// What a source says, before anyone knows whether it makes sense; between config.cpp and its file
// reader.
#pragma once

#include "core/config.hpp"
#include "core/option.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::core {

/// One assignment as a source wrote it.
struct assignment {
  std::string name; ///< dotted, perhaps unknown
  option_text text;
  std::string where; ///< for messages
};

/// Reads JSON with comments; nested objects and dotted keys mean the same. `file` is for messages.
/// Appends what it finds and what is wrong; after a syntax error nothing more is found.
void read_config_json(std::string_view file, std::string_view json, std::vector<assignment>& found,
                      std::vector<config_problem>& problems);

} // namespace mqttzoo::core
