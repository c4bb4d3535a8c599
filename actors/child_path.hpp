// The path of a node's child, made with one allocation. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace mqttzoo::actors {

/// `name` is one level, without a '/'.
inline std::string child_path(std::string_view parent, std::string_view name) {
  std::string path;
  path.reserve(parent.size() + 1 + name.size());
  path += parent;
  path += '/';
  path += name;
  return path;
}

} // namespace mqttzoo::actors
