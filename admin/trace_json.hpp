// Traces as JSON: what a person asks for, and what the tracer tells.
//
// Pure functions; any thread. openapi.json says the same to clients.
#pragma once

#include "actors/trace_account.hpp"
#include "admin/json.hpp"
#include "core/expected.hpp"
#include "core/settings.hpp"

#include <string>
#include <string_view>

namespace mqttzoo::admin {

/// What the body of a request asks for; else a sentence that names the member.
expected<actors::trace_terms, std::string> parse_trace_terms(std::string_view body,
                                                             const core::trace_settings& bounds);

json to_json(const actors::trace_summary& s);
json to_json(const actors::trace_page& p);

} // namespace mqttzoo::admin
