// The commands of `mqttzoo`; each gets its arguments and returns the status of the process.
#pragma once

#include <string>
#include <vector>

namespace mqttzoo::cli {

int pub(const std::vector<std::string>& arguments);
int sub(const std::vector<std::string>& arguments);
int run_bench(const std::vector<std::string>& arguments);
int inspect(const std::vector<std::string>& arguments);
int migrate(const std::vector<std::string>& arguments);

/// As mosquitto_sub ends after `-W`.
inline constexpr int timed_out_status = 27;

} // namespace mqttzoo::cli
