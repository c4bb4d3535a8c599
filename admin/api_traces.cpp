// The endpoint's answers about traces.
//
// Who may read may also start one: it changes nothing, is bounded, and ends by itself.
#include "admin/api.hpp"
#include "admin/query.hpp"
#include "admin/trace_json.hpp"
#include "core/numbers.hpp"

#include <optional>
#include <utility>

namespace mqttzoo::admin {

namespace {

std::optional<actors::trace_id> parse_id(const std::string& text) {
  const auto n = core::read_number<std::uint32_t>(text, 1);
  return n ? std::optional{actors::trace_id{*n}} : std::nullopt;
}

response no_such_trace() {
  return make_error(404, "there is no trace of that id; a new one may have taken its place");
}

} // namespace

void api::start_trace(const request& r, answer then) const {
  const auto& bounds = with_.pod.settings.trace;
  if (!is_json(r, then))
    return;
  if (bounds.max == 0)
    return then(make_error(403, "trace.max is 0: no trace can be started"));
  auto terms = parse_trace_terms(r.body, bounds);
  if (!terms)
    return then(make_error(400, terms.error()));
  with_.in.start_trace(*std::move(terms), [then = std::move(then)](auto id) {
    then(id ? make_json({{"id", static_cast<std::uint32_t>(*id)}})
            : make_error(429, "as many traces run as trace.max allows; end one of them"));
  });
}

void api::traces(const request&, answer then) const {
  with_.in.traces([then = std::move(then)](const std::vector<actors::trace_summary>& all) {
    auto items = json::array();
    for (const auto& t : all)
      items.push_back(admin::to_json(t));
    then(make_json({{"items", std::move(items)}}));
  });
}

void api::one_trace(const request& r, answer then) const {
  const auto id = parse_id(r.segments[3]);
  const auto* after = r.argument("after");
  const auto* limit = r.argument("limit");
  const auto first = after ? core::read_number<std::size_t>(*after) : 0;
  const auto n = limit ? core::read_number<std::size_t>(*limit) : page_max;
  if (!id)
    return then(make_error(400, "a trace's id is a number"));
  if (!first)
    return then(make_error(400, "after is the `next` of the answer before"));
  if (!n || *n == 0 || *n > page_max)
    return then(make_error(400, "limit is a number from 1 to " + std::to_string(page_max)));
  with_.in.trace(*id, *first, *n, [then = std::move(then)](const auto& page) {
    then(page ? make_json(admin::to_json(*page)) : no_such_trace());
  });
}

void api::drop_trace(const request& r, answer then) const {
  const auto id = parse_id(r.segments[3]);
  if (!id)
    return then(make_error(400, "a trace's id is a number"));
  with_.in.drop_trace(*id, [then = std::move(then)](bool found) {
    then(found ? make_json({{"done", true}}) : no_such_trace());
  });
}

} // namespace mqttzoo::admin
