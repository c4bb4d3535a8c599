#include "zk/store.hpp"

#include <utility>

namespace mqttzoo::zk {

std::string_view to_string(error code) noexcept {
  switch (code) {
  case error::no_node:
    return "no_node";
  case error::node_exists:
    return "node_exists";
  case error::bad_version:
    return "bad_version";
  case error::not_empty:
    return "not_empty";
  case error::no_children_for_ephemerals:
    return "no_children_for_ephemerals";
  case error::no_permission:
    return "no_permission";
  case error::invalid_path:
    return "invalid_path";
  case error::too_large:
    return "too_large";
  case error::connection_loss:
    return "connection_loss";
  case error::session_expired:
    return "session_expired";
  case error::overloaded:
    return "overloaded";
  case error::closed:
    return "closed";
  case error::storage_full:
    return "storage_full";
  case error::storage_damaged:
    return "storage_damaged";
  case error::storage_failed:
    return "storage_failed";
  case error::storage_in_use:
    return "storage_in_use";
  }
  return "unknown";
}

std::string_view to_string(watch_event_type type) noexcept {
  switch (type) {
  case watch_event_type::created:
    return "created";
  case watch_event_type::changed:
    return "changed";
  case watch_event_type::removed:
    return "removed";
  case watch_event_type::children_changed:
    return "children_changed";
  }
  return "unknown";
}

std::string_view to_string(session_state state) noexcept {
  switch (state) {
  case session_state::connected:
    return "connected";
  case session_state::suspended:
    return "suspended";
  case session_state::expired:
    return "expired";
  }
  return "unknown";
}

namespace {

std::vector<op> one(op operation) {
  std::vector<op> ops;
  ops.push_back(std::move(operation));
  return ops;
}

} // namespace

void store::watches(executor& where, watch_query, handler<watch_list> done) {
  where.post([done = std::move(done)] { done(watch_list{}); });
}

void store::create(executor& where, std::string path, std::string data, create_mode mode,
                   handler<op_result> done) {
  multi(where, one(create_op{std::move(path), std::move(data), mode}),
        [done = std::move(done)](multi_result result) {
          if (result)
            done(std::move(result->front()));
          else
            done(unexpected(result.error().code));
        });
}

void store::set(executor& where, std::string path, std::string data, version expected_version,
                handler<stat> done) {
  multi(where, one(set_op{std::move(path), std::move(data), expected_version}),
        [done = std::move(done)](multi_result result) {
          if (result)
            done(result->front().stat);
          else
            done(unexpected(result.error().code));
        });
}

void store::remove(executor& where, std::string path, version expected_version,
                   handler<std::monostate> done) {
  multi(where, one(remove_op{std::move(path), expected_version}),
        [done = std::move(done)](multi_result result) {
          if (result)
            done(std::monostate{});
          else
            done(unexpected(result.error().code));
        });
}

} // namespace mqttzoo::zk
