// The inside of the fault-injecting store: its dice, its link, and the stream of what comes back.
//
// Shared by a faulty_store and by the handlers it leaves with the store beneath; lives until the
// last of them is gone. Any thread; one mutex guards everything and is never held while anyone
// else's code runs.
#pragma once

#include "core/random.hpp"
#include "zk/faulty_store.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace mqttzoo::zk {

class faulty_store::stream : public std::enable_shared_from_this<stream> {
public:
  /// What was decided for an operation when it was called.
  struct fate {
    std::uint64_t link = 0;       ///< The link it was sent over.
    std::optional<error> refused; ///< Not applied, and answered with this.
    bool expires_session = false;
    unsigned delay_steps = 0;
  };

  enum class parcel_kind : std::uint8_t { completion, page, watch_event, session_event };

  /// Something on its way to a caller.
  struct parcel {
    parcel_kind kind{};
    executor* where = nullptr;
    std::function<void()> call;
    std::function<void(error)>
        fail; ///< Of a completion: completes with an error instead of `call`.
    unsigned delay_steps = 0;
  };

  explicit stream(faulty_options options);

  /// One step, and the next roll of the dice.
  fate decide(bool writes);
  /// A completion, or a page, of an operation sent over `link`; lost if that link has broken since.
  void add(parcel next, std::uint64_t link);
  void add_watch(executor& where, std::weak_ptr<watch_sink> sink, watch_event event);
  void end_session(session_id old);
  void begin_session(session_id now);

  void attach(executor& where, const watcher& sink, session_id now);
  /// The sink that stands for `sink` in the store beneath, the same one each time; null for null.
  watcher relayed(executor& where, const watcher& sink);

  bool step();
  /// From now on nothing is late.
  void hurry();

  void expire_session() const { options_.expire_session(); }
  void next_meets(fault what);
  void set_full(bool yes);
  faulty_counters counters() const;
  bool session_over() const;

private:
  struct attached {
    std::weak_ptr<watch_sink> sink;
    executor* where;
  };

  fault roll();
  void break_link();
  void mend_link();
  void tell(session_state what, session_id session);
  void advance();
  void pump();

  const faulty_options options_;
  mutable std::mutex mutex_;
  core::random_source dice_;
  core::random_source
      watch_dice_; // apart, so that watch events do not shift the fates of operations
  std::optional<fault> injected_;
  bool full_ = false;
  std::deque<parcel> parcels_;
  std::vector<parcel> after_outage_; // watch events that wait for the link
  std::vector<attached> attached_;
  std::map<std::weak_ptr<watch_sink>, std::map<executor*, watcher>, std::owner_less<>> relays_;
  std::uint64_t link_ = 0;
  unsigned outage_steps_ = 0; // the link is down while positive
  session_id session_ = session_id::none;
  bool session_over_ = false;
  bool hurried_ = false;
  bool pumping_ = false; // somebody posts; keeps the order when several threads could
  faulty_counters count_;
};

/// Takes the place of a caller's sink in the store beneath.
class faulty_store::relay final : public watch_sink {
public:
  relay(std::weak_ptr<stream> out, executor& where, std::weak_ptr<watch_sink> sink)
      : out_(std::move(out)), where_(where), sink_(std::move(sink)) {}

  std::string_view whose() const noexcept override {
    const auto sink = sink_.lock();
    return sink ? sink->whose() : std::string_view{};
  }
  watch_room room() const noexcept override {
    const auto sink = sink_.lock();
    return sink ? sink->room() : watch_room::common;
  }
  void on_watch(const watch_event& event) override {
    if (const auto out = out_.lock())
      out->add_watch(where_, sink_, event);
  }

private:
  std::weak_ptr<stream> out_;
  executor& where_;
  std::weak_ptr<watch_sink> sink_;
};

} // namespace mqttzoo::zk
