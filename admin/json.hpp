// What actors say, as JSON.
//
// Pure functions; any thread. Text that is no UTF-8 is replaced, never refused.
#pragma once

#include "actors/facts.hpp"
#include "actors/inspector.hpp"
#include "admin/http.hpp"

#include <nlohmann/json.hpp>

namespace mqttzoo::admin {

/// Keeps the order in which facts were told.
using json = nlohmann::ordered_json;

json to_json(const actors::facts& f);
json to_json(const actors::actor_summary& s);
/// With `more` for what is special about its kind.
json to_json(const actors::actor_details& d);

response make_json(const json& j, unsigned status = 200);

} // namespace mqttzoo::admin
