// What a mosquitto.conf says in the options of mqttzood. Pure; the man page mosquitto.conf(5) is
// the source.
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::cli {

/// Something a person has to look at.
struct migration_remark {
  std::size_t line = 0; ///< of the file, from 1; 0: of no line in particular
  std::string text;
};

struct migration {
  nlohmann::ordered_json configuration = nlohmann::ordered_json::object(); ///< for mqttzood
  std::vector<migration_remark> without_counterpart; ///< what mqttzood has no option for
  std::vector<migration_remark> remarks;             ///< what behaves differently
};

/// The text of a mosquitto.conf, of version 1.5 or later. Every line leads to an option, or to a
/// remark that names it.
migration migrate_mosquitto_conf(std::string_view text);

} // namespace mqttzoo::cli
