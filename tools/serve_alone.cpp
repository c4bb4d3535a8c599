#include "tools/serve_alone.hpp"

#include "actors/recovery.hpp"
#include "core/log.hpp"

#include <utility>

namespace mqttzoo::tools {

namespace {

constexpr core::logger log{core::log_folder::tools};

} // namespace

expected<std::unique_ptr<zk::tree_claim>, std::string>
serve_alone(zk::store& store, const core::settings& settings, std::function<void()> on_lost) {
  if (settings.zk.servers.empty())
    return nullptr;
  const auto paths = actors::open_tree(store);
  if (!paths)
    return unexpected{paths.error()};
  zk::tree_claim::events tell;
  tell.on_waiting = [](const std::string& holder) {
    log.warn("another pod serves this tree; standing by", {{"pod", holder}});
  };
  tell.on_lost = std::move(on_lost);
  auto claim = zk::tree_claim::take(store, paths->serving(), settings.pod.name, std::move(tell));
  if (!claim)
    return unexpected{"cannot claim " + paths->serving() +
                      " in ZooKeeper: " + std::string{zk::to_string(claim.error())}};
  return std::move(*claim);
}

} // namespace mqttzoo::tools
