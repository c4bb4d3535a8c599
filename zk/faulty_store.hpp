// A store that fails as networks, servers and disks fail: the same faults in the same places for
// the same seed.
//
// For tests and simulations; owned by them, wraps a store that must outlive it. Any thread may
// call, but a run is repeatable only if calls come in the same order: so under a deterministic
// scheduler, over an embedded store with `store_threading::manual`.
//
// What comes back passes through one stream, as on a ZooKeeper connection: completions, watch
// events and session events keep their order, and one that is late makes all behind it late. Time
// is counted in steps: each operation is one, and `step` is one more; whatever waits for a number
// of steps waits for ever without them.
//
// Faults:
// - connection loss: everything in flight completes with `connection_loss`, applied or not; the
//   link stays down for some steps in which nothing is applied; watch events wait until it is up
//   again.
// - session expiry: the link breaks as above, and everything until the next session is refused with
//   `session_expired`; watch events still under way arrive later, with their old session's id.
// - storage full: a write is refused.
// - delay: a completion or a watch event comes some steps late.
//
// One departure from the interface: pages of a scan are not held back while the handler of the last
// page runs.
#pragma once

#include "zk/store.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace mqttzoo::zk {

enum class fault : std::uint8_t {
  none,
  loss_applied, ///< Connection loss, and the operation that met it was applied.
  loss_not_applied,
  session_expiry, ///< None without `faulty_options::expire_session`.
  storage_full,   ///< Of writes; a read is not harmed.
  delay,
};

struct faulty_options {
  std::uint64_t seed = 0;

  // How many in a thousand operations meet each fault; together at most 1000.
  unsigned loss_per_mille = 0;
  unsigned session_expiry_per_mille = 0;
  unsigned storage_full_per_mille = 0;
  unsigned delay_per_mille = 0;
  /// How many in a thousand watch events come late.
  unsigned watch_delay_per_mille = 0;

  /// Of the operations that meet a connection loss, how many were applied (7 to 10 of 10 with real
  /// servers).
  unsigned applied_per_mille = 800;
  unsigned outage_steps_max = 8;
  unsigned delay_steps_max = 8;

  /// Ends the session of the store beneath, for example `[&] { embedded.expire_session(); }`.
  /// Without it sessions do not expire.
  std::function<void()> expire_session;
};

/// What was done to callers.
struct faulty_counters {
  std::uint64_t operations = 0;
  std::uint64_t losses = 0; ///< Times the link broke.
  std::uint64_t expiries = 0;
  std::uint64_t storage_full = 0;
  std::uint64_t delays = 0;
  std::uint64_t watch_delays = 0;
};

class faulty_store final : public store {
public:
  faulty_store(store& beneath, faulty_options options);
  ~faulty_store() override;

  void multi(executor& where, std::vector<op> ops, multi_handler done) override;
  void get(executor& where, std::string path, watcher watch, handler<node> done) override;
  void exists(executor& where, std::string path, watcher watch,
              handler<std::optional<stat>> done) override;
  void children(executor& where, std::string path, watcher watch,
                handler<child_list> done) override;
  void scan(executor& where, std::string path, scan_options options, page_handler page,
            handler<std::size_t> done) override;
  void sync(executor& where, std::string path, handler<std::monostate> done) override;
  void watches(executor& where, watch_query which, handler<watch_list> done) override;
  void attach(executor& where, const watcher& sink) override;
  session_id session() const noexcept override;
  store_figures figures() const override { return beneath_.figures(); }
  /// Closes the store beneath; what was late comes at once.
  void close() override;

  /// The next operation meets `what`, whatever the seed says.
  void next_meets(fault what);
  /// As long as it is full every write is refused.
  void set_full(bool yes);
  /// Lets one step pass. True while anything still waits for more of them.
  bool step();
  faulty_counters counters() const;

private:
  class stream;
  class relay;
  enum class access : std::uint8_t { reads, writes };

  template<class Result, class Forward>
  void pass(executor& where, access how, std::function<void(Result)> done, Forward forward);

  store& beneath_;
  std::shared_ptr<stream> stream_; // also held by handlers that wait in the store beneath
  watcher session_relay_;
};

} // namespace mqttzoo::zk
