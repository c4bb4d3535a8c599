// What stands in the books of the bank, read from the tree itself.
//
// Test code, on the thread that turns the store.
#pragma once

#include "zk/embedded_store.hpp"
#include "zk/ledger.hpp"
#include "zk/paths.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mqttzoo::test {

/// What the tree says of all credits.
struct books {
  std::int64_t free = 0;
  std::int64_t total = 0;
  std::int64_t leased = 0;
  std::int64_t held = 0; ///< mail and retained messages
  std::size_t pods = 0;
  std::size_t mails = 0;
  bool negative = false;

  std::int64_t sum() const noexcept { return free + leased + held; }
};

/// Reads them from a store that turns by hand, all in one turn: nothing happens in between.
inline books read_books(zk::embedded_store& store, const zk::paths& paths) {
  books b;
  zk::inline_executor here;
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> leases;
  const auto scan = [&](const std::string& root, auto take) {
    store.scan(
        here, root, {zk::scan_depth::subtree, 100'000, std::size_t{64} << 20},
        [take](const std::vector<zk::scanned_node>& page) {
          for (const auto& node : page)
            take(node);
        },
        [](auto) {});
  };
  store.get(here, paths.bank_free(), nullptr, [&](const expected<zk::node, zk::error>& n) {
    if (const auto r = n ? zk::decode_free(n->data) : unexpected(zk::record_error::truncated)) {
      b.free = r->credits;
      b.total = r->total;
    }
  });
  scan(paths.bank_pods(), [&](const zk::scanned_node& node) {
    auto& lease = leases[std::string{zk::parent_of(node.path)}];
    if (node.path.ends_with("/in"))
      lease.first = zk::decode_granted(node.data).value().granted;
    else if (node.path.ends_with("/out"))
      lease.second = zk::decode_spent(node.data).value().spent;
    else
      ++b.pods;
  });
  scan(paths.topics(), [&](const zk::scanned_node& node) {
    if (const auto name = zk::parse_mail_name(zk::last_level_of(node.path))) {
      b.held += static_cast<std::int64_t>(name->credits);
      ++b.mails;
    }
  });
  scan(paths.retained(), [&](const zk::scanned_node& node) {
    if (const auto record = zk::decode_retained(node.data))
      b.held += record->credits;
  });
  while (store.run_turn() > 0) {
  }
  for (const auto& [pod, lease] : leases) {
    b.leased += lease.first - lease.second;
    b.negative |= lease.first < lease.second;
  }
  return b;
}

} // namespace mqttzoo::test
