// The vocabulary of the log: how much is said, about which folder, in which form.
//
// Apart from log.hpp so that settings.hpp can speak of levels without the logger.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mqttzoo::core {

/// How serious a line is; a folder's level is the least serious kind it prints.
enum class log_level : std::uint8_t {
  trace, ///< every packet
  debug, ///< every connection and decision
  info,  ///< what an operator wants to know of a healthy pod
  warn,  ///< something was refused, dropped or cut short
  error, ///< a promise is in danger
  off,   ///< nothing
};

/// Who speaks: the source folder a line comes from.
enum class log_folder : std::uint8_t { mqtt, net, zk, actors, admin, tools };
inline constexpr std::size_t log_folder_count = 6;

/// The shape of a line.
enum class log_format : std::uint8_t {
  text, ///< key=value pairs
  json, ///< one object a line
};

} // namespace mqttzoo::core
