#include "zk/create_missing.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace mqttzoo::zk {

namespace {

/// Shared by the handlers of one call. Guarded, as an executor may run them on several threads.
struct progress {
  std::mutex mutex;
  std::size_t open = 0;
  std::optional<error> failed;
  handler<std::monostate> done;
};

void settle(const std::shared_ptr<progress>& all, std::optional<error> failed) {
  {
    const std::lock_guard lock{all->mutex};
    if (failed && !all->failed)
      all->failed = failed;
    if (--all->open > 0)
      return;
  }
  if (all->failed)
    all->done(unexpected(*all->failed));
  else
    all->done(std::monostate{});
}

} // namespace

std::vector<std::string> with_ancestors(std::string_view path) {
  std::vector<std::string> nodes;
  for (auto end = path.find('/', 1); end != std::string_view::npos; end = path.find('/', end + 1))
    nodes.emplace_back(path.substr(0, end));
  nodes.emplace_back(path);
  return nodes;
}

void create_missing(store& in, executor& where, std::vector<std::string> nodes,
                    handler<std::monostate> done) {
  const auto all = std::make_shared<progress>();
  // One more than there are nodes: the call itself, so that an empty list completes too, and as any
  // other does.
  all->open = nodes.size() + 1;
  all->done = std::move(done);
  // All at once: a store carries out one thread's operations in order, so parents are there before
  // their children.
  for (auto& path : nodes)
    in.create(where, std::move(path), {}, create_mode::persistent, [all](auto made) {
      const bool there = made || made.error() == error::node_exists;
      settle(all, there ? std::nullopt : std::optional{made.error()});
    });
  where.post([all] { settle(all, std::nullopt); });
}

} // namespace mqttzoo::zk
