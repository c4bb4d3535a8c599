#include "tools/open_store.hpp"

#include "core/secret_file.hpp"
#include "zk/embedded_store.hpp"
#include "zk/zookeeper_store.hpp"

#include <string_view>

namespace mqttzoo::tools {

namespace {

using opened = expected<std::unique_ptr<zk::store>, std::string>;

/// A pod that finds no ensemble for so long says so and ends; whatever started it will try again.
constexpr std::chrono::seconds connect_patience{30};

std::string joined(const std::vector<std::string>& servers) {
  std::string all;
  for (const auto& server : servers)
    all += (all.empty() ? "" : ",") + server;
  return all;
}

opened open_embedded(const core::store_settings& settings) {
  zk::embedded_options options;
  options.path = settings.path;
  options.bytes_max = settings.bytes_max;
  auto store = zk::embedded_store::open(options);
  if (!store)
    return unexpected(store.error().message);
  return std::move(*store);
}

/// "user:password"; empty: none is configured.
expected<std::string, std::string> read_user(const core::zk_settings& settings) {
  if (settings.auth.empty())
    return std::string{};
  return core::read_secret("zk.auth", settings.auth);
}

opened open_zookeeper(const core::zk_settings& settings) {
  zk::zookeeper_options options;
  options.servers = joined(settings.servers);
  options.chroot = settings.chroot;
  options.session_timeout = settings.session_timeout;
  options.after_expiry = zk::after_expiry::stay_ended;
  auto user = read_user(settings);
  if (!user)
    return unexpected(user.error());
  options.auth = std::move(*user);
  auto store = zk::zookeeper_store::open(options);
  if (!store)
    return unexpected(store.error());
  if (!(*store)->wait_connected(connect_patience))
    return unexpected("no session with ZooKeeper at " + options.servers + " after " +
                      std::to_string(connect_patience.count()) + " s");
  return std::move(*store);
}

} // namespace

opened open_store(const core::settings& settings) {
  return settings.zk.servers.empty() ? open_embedded(settings.store) : open_zookeeper(settings.zk);
}

expected<void, std::string> check_store(const core::settings& settings) {
  if (settings.zk.servers.empty())
    return {};
  if (const auto user = read_user(settings.zk); !user)
    return unexpected(user.error());
  return {};
}

std::string store_place(const core::settings& settings) {
  if (settings.zk.servers.empty())
    return settings.store.path;
  return "ZooKeeper " + joined(settings.zk.servers) + settings.zk.chroot;
}

} // namespace mqttzoo::tools
