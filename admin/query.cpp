#include "admin/query.hpp"

#include "core/numbers.hpp"

#include <optional>

namespace mqttzoo::admin {

namespace {

using order = actors::actor_query::order;

std::optional<order> parse_order(const std::string& text) {
  constexpr std::pair<std::string_view, order> words[] = {
      {"id", order::by_id},     {"messages", order::by_messages}, {"runs", order::by_runs},
      {"busy", order::by_busy}, {"mailbox", order::by_mailbox},   {"wait", order::by_wait}};
  for (const auto& [word, o] : words)
    if (text == word)
      return o;
  return std::nullopt;
}

/// A sentence if the value makes no sense.
std::string read(const std::string& name, const std::string& value, actors::actor_query& q) {
  const auto n = core::read_number<std::uint64_t>(value);
  if (name == "kind") {
    q.kind = value;
  } else if (name == "contains") {
    q.subject_contains = value;
  } else if (name == "waiting") {
    if (value != "true" && value != "false")
      return "waiting is true or false";
    q.waiting = value == "true";
  } else if (name == "sort") {
    const auto o = parse_order(value);
    if (!o)
      return "sort is one of id, messages, runs, busy, mailbox, wait";
    q.by = *o;
  } else if (name == "unit") {
    if (!n || *n > 65'535)
      return "unit is a number";
    q.unit = unit_index{static_cast<std::uint16_t>(*n)};
  } else if (name == "limit") {
    if (!n || *n == 0 || *n > page_max)
      return "limit is a number from 1 to " + std::to_string(page_max);
    q.limit = static_cast<std::size_t>(*n);
  } else if (name == "after") {
    if (!n)
      return "after is the `next` of the page before";
    q.after = actors::actor_number{*n};
  } else {
    return "there is no argument called " + name;
  }
  return {};
}

} // namespace

expected<actors::actor_query, std::string> parse_query(const request& r) {
  actors::actor_query q;
  for (const auto& [name, value] : r.query)
    if (auto wrong = read(name, value, q); !wrong.empty())
      return unexpected(std::move(wrong));
  if (q.after != actors::actor_number::none && q.by != order::by_id)
    return unexpected(std::string{"only sort=id has pages"});
  return q;
}

actors::actor_number parse_actor_number(const std::string& text) {
  return actors::actor_number{core::read_number<std::uint64_t>(text).value_or(0)};
}

} // namespace mqttzoo::admin
