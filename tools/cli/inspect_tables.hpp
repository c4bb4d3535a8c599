// What the endpoint answers, as tables for a terminal.
//
// Pure functions. What clients chose (names, topics) is shown with its control characters escaped,
// so that it cannot move a terminal's cursor.
#pragma once

#include "tools/cli/inspect_client.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::cli {

/// Printable: control characters as \x1b, invalid bytes as they are.
std::string printable(std::string_view text);

/// "2.5 s", "3 min", "4 h".
std::string show_duration_ms(double ms);

/// Rows of equal length under `heads`; columns as wide as what stands in them, those of numbers to
/// the right.
std::string render_table(const std::vector<std::string>& heads,
                         const std::vector<std::vector<std::string>>& rows);

std::string render_actors(const json& items);
std::string render_clients(const json& items);
std::string render_topics(const json& items);
std::string render_links(const json& items);
std::string render_stuck(const json& items);
std::string render_watches(const json& items);
std::string render_pods(const json& answer);
/// One actor, one pod, one node: names and values, objects in objects indented.
std::string render_tree(const json& object);
std::string render_client(const json& answer);
std::string render_bank(const json& answer);

} // namespace mqttzoo::cli
