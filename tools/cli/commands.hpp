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

/// As mosquitto_sub ends after `-W`, and when it is ended before the server let it in.
inline constexpr int timed_out_status = 27;
inline constexpr int never_connected_status = 255;
/// As mosquitto_pub ends when the server has left.
inline constexpr int connection_lost_status = 7;

} // namespace mqttzoo::cli
