// What waits in the embedded store's queue: a request with all that is needed to carry it out and
// to answer it.
//
// Made on the caller's thread, carried out (possibly twice, when a turn had to be undone) and
// answered on the writer thread.
#pragma once

#include "zk/embedded_tree.hpp"
#include "zk/store.hpp"

#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace mqttzoo::zk {

struct multi_request {
  std::vector<op> ops;
  multi_handler done;
};
struct get_request {
  std::string path;
  std::weak_ptr<watch_sink> sink; ///< Empty unless `watch`.
  bool watch = false;
  handler<node> done;
};
struct exists_request {
  std::string path;
  std::weak_ptr<watch_sink> sink;
  bool watch = false;
  handler<std::optional<stat>> done;
};
struct children_request {
  std::string path;
  std::weak_ptr<watch_sink> sink;
  bool watch = false;
  handler<child_list> done;
};

/// One scan over all its pages.
struct scan_progress {
  std::string path;
  scan_options options;
  page_handler page;
  handler<std::size_t> done;
  bool begun = false;
  scan_position position;
  std::size_t nodes = 0;
};
struct scan_request {
  std::shared_ptr<scan_progress> scan;
};

struct sync_request {
  handler<std::monostate> done;
};
struct watches_request {
  watch_query which;
  handler<watch_list> done;
};
struct attach_request {
  std::weak_ptr<watch_sink> sink;
};
/// Ends the session as a server would that has not heard of us for too long.
struct expire_request {};

struct embedded_request {
  executor* where = nullptr; ///< Null for `expire_request` only.
  std::size_t bytes = 0;     ///< What it counts against the queue's bound.
  std::variant<multi_request, get_request, exists_request, children_request, scan_request,
               sync_request, watches_request, attach_request, expire_request>
      what;
};

/// The call that answers `request` with an error; empty for one that is never answered.
std::function<void()> refusal(embedded_request& request, error code);

} // namespace mqttzoo::zk
