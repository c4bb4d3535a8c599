// Three pods of a cluster and clients that connect to any of them, for tests of homes.
#pragma once

#include "tests/actors/roaming_client.hpp"

#include <string>
#include <vector>

namespace mqttzoo::test {

struct home_cluster_fixture : pods_fixture {
  home_cluster_fixture() { install_and_settle(1, all); }

  static constexpr roaming_client::how persistent{false, 3600};

  /// Clients whose homes are all pods, one each.
  std::vector<std::string> clients_of_all() const {
    return {client_of(first, all), client_of(second, all), client_of(third, all)};
  }
};

} // namespace mqttzoo::test
