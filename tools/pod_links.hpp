// A pod's links to the others: it listens for those that dial, and dials those it has to.
//
// Part of a pod with ZooKeeper, made before its actors and gone after them. All links live on the
// first unit's loop, where the peers are. open() is called before the loops run, the rest on the
// first unit's thread.
#pragma once

#include "actors/link_source.hpp"
#include "core/expected.hpp"
#include "core/settings.hpp"
#include "net/link_dialer.hpp"
#include "net/link_listener.hpp"
#include "net/loop.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace mqttzoo::tools {

class pod_links final : public actors::link_source {
public:
  using open_handler = std::function<void(net::pod_link_ptr)>;

  /// Whether open() could read names, addresses and certificates. The error is a sentence for the
  /// operator.
  static expected<void, std::string> check(const core::settings& settings);
  /// `on_open` gets each link, on the loop's thread. On failure a sentence for the operator.
  static expected<std::unique_ptr<pod_links>, std::string> open(net::loop& on,
                                                                const core::settings& settings,
                                                                std::uint64_t incarnation,
                                                                open_handler on_open);

  /// Where other pods reach this one.
  std::string address() const;

  void start() { listener_->start(); }
  /// Accepts and dials no more.
  void stop();

  void keep(const zk::pod_record& pod) override;
  void let_go(const zk::pod_record& pod) override;

private:
  pod_links(net::loop& on, net::link_config_ptr config, std::string announce, open_handler on_open);

  struct dialled {
    std::uint64_t incarnation = 0;
    std::unique_ptr<net::link_dialer> dialer;
  };

  net::loop& loop_;
  net::link_config_ptr config_;
  std::string announce_;
  open_handler on_open_;
  std::unique_ptr<net::link_listener> listener_;
  std::map<std::string, dialled> dialers_; ///< by the other pod's name
};

} // namespace mqttzoo::tools
