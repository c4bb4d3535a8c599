// The bank: the only one in a pod who writes what costs credits or returns them, but for what
// departed pods left (reaper.hpp).
//
// One per pod, on the first unit, for as long as the pod. The post office decides what is stored
// and hands it transactions; the bank pays and commits. It carries them out in the order they came,
// as many together as fit, one transaction of the store at a time, and each of those writes the
// pod's node `out` too: a number that rises by one, and what was spent so far. So when an answer is
// lost the bank reads that number and knows; nothing is counted twice, whoever crashes.
//
// What it may spend is its lease: what it has drawn from `free` (its node `in`) less what it spent.
// It draws for the next five to ten seconds of what it spent lately, and gives back what it does
// not need. Only this pod writes `in` and `out` while it lives; `free` is everybody's, under its
// version. Of its lease it also lends to the units, for what waits in their memory
// (unit_allowance.hpp); that stays drawn and is not spent. When there is no more to draw, what
// costs something is refused; what costs nothing goes on.
//
// Bounded: so many transactions wait, with so many bytes; more are refused as overloaded. Those
// that only change the accounts never wait. Each unit asks for one loan at a time.
#pragma once

#include "actors/bank_accounts.hpp"
#include "actors/bank_commit.hpp"
#include "actors/pinned.hpp"
#include "net/timer_queue.hpp"
#include "zk/ledger.hpp"
#include "zk/paths.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace mqttzoo::actors {

class bank final : public pinned_base<bank_actor>, private net::timer_client {
public:
  /// Transactions that wait, and their bytes.
  static constexpr std::size_t queue_max = 65'536;
  static constexpr std::size_t queue_bytes_max = std::size_t{64} << 20;
  /// Operations of one transaction of the store, unless a single commit has more; bytes under the
  /// store's cap.
  static constexpr std::size_t batch_ops_max = 128;
  static constexpr std::size_t batch_bytes_max = 900'000;
  /// After the store had too much to do.
  static constexpr std::chrono::milliseconds retry_pause{50};
  /// After there was not enough to draw.
  static constexpr std::chrono::milliseconds draw_pause{250};
  /// Without a withdrawal for so long it gives back all it has.
  static constexpr std::chrono::seconds idle_after{10};
  /// So old may the figure of free credits be.
  static constexpr std::chrono::seconds look_interval{10};
  /// How long it tries to carry out what is left when the pod stops.
  static constexpr std::chrono::seconds closing_max{5};

  bank(caf::actor_config& config, unit_services& services, zk::paths paths);

  behavior_type make_behavior() override;
  const char* name() const override { return "bank"; }
  void on_exit() override;

  // actor_record: descriptions.cpp
  wait_state waits() const override;
  void describe(facts& to) const override;

  /// On the unit's thread.
  const bank_accounts& accounts() const noexcept { return accounts_; }
  std::size_t refusals_remembered() const noexcept { return refused_.size(); }

private:
  using commit_ptr = std::shared_ptr<bank_commit>;
  using ops = std::vector<zk::op>;

  enum class work : std::uint8_t {
    idle,
    busy, ///< waits for the store
    over, ///< the books are not this pod's any more
  };

  void await_store();
  void commit(const commit_ptr& c);
  void apply_held(const bank_commit& c);
  void carry_out_at_once(const commit_ptr& c);
  void go_on();
  void answer(const commit_ptr& c, zk::multi_result result);
  bool over_share(const bank_commit& c) const;
  std::int64_t under_way(const client_id& client) const;
  bool needs_refused(const bank_commit& c) const;
  void refuse(const commit_ptr& c, bank_limit limit);
  commit_ptr take_head();
  void fail(const char* what, zk::error why);
  void shut_down();
  void on_due(net::time_point now) override;
  void tick();
  void tell_figures();
  void look_at_free();
  void tell_free(const zk::free_record& books);

  // bank_loans.cpp: what units may keep in memory
  void lend(const loan_request& r);
  void repay(const loan& l);
  std::int64_t lendable() const noexcept;
  std::int64_t wanted_by_units(std::int64_t free) const noexcept;
  bool serve_units();
  void lend_to(const loan_request& r, std::int64_t credits);
  void refuse_units();

  // bank_batch.cpp: transactions
  void send_batch();
  void batch_ended(const zk::multi_result& result);
  void batch_applied(const zk::multi_result& result);
  void blame(const zk::multi_error& e);
  void look_up_batch();
  zk::multi_result results_of(const zk::node& out) const;
  void put_back();

  // bank_lease.cpp: what may be spent
  /// Whether this pod has all it wanted, when it has drawn or given back.
  enum class draw_end : std::uint8_t { sufficed, fell_short };
  void open();
  void enrol();
  void opened();
  bool books_open() const noexcept { return out_version_ != zk::any_version; }
  std::int64_t available() const noexcept { return granted_ - spent_ - lent_; }
  std::int64_t target() const noexcept;
  bool runs_low() const noexcept;
  void draw(std::int64_t need);
  void draw_from(const zk::node& free, std::int64_t need);
  void give_back(std::int64_t credits);
  void open_books(zk::version free);
  void move(const zk::free_record& from, zk::version free, std::int64_t credits,
            std::function<void()> again, draw_end end);
  void look_up_lease(std::function<void()> again, draw_end end);
  /// `failed`: it is the store that did not let it.
  void moved(draw_end end, std::optional<zk::error> failed = std::nullopt);
  /// `again` asks the store again: at once, unless it has too much to do.
  void retry(zk::error why, std::function<void()> again);
  void read_free(std::function<void(const zk::node&)> then, std::function<void()> again);

  void write(ops what, std::function<void(const zk::multi_result&)> then);
  using node_handler = std::function<void(const expected<zk::node, zk::error>&)>;
  void read(const std::string& path, node_handler then);
  /// What completed anywhere before is there.
  void read_behind_sync(const std::string& path, node_handler then);

  /// Asks an overloaded store again. One thing is under way at a time.
  class pause final : public net::timer_client {
  public:
    explicit pause(bank& of) : of_(of) {}
    void on_due(net::time_point) override {
      of_.run_inline([this] { std::exchange(then, nullptr)(); });
    }
    std::function<void()> then;

  private:
    bank& of_;
  };

  const zk::paths paths_;
  const pod_life life_; ///< as its nodes are called
  work work_ = work::idle;
  net::time_point busy_since_{}; ///< while it waits for the store
  bool closing_ = false;

  // the books, as they were committed
  std::int64_t granted_ = 0;
  std::int64_t spent_ = 0;
  std::uint64_t seq_ = 0;
  zk::version in_version_ = 0;
  zk::version out_version_ = zk::any_version; ///< that: the books are not open
  std::int64_t total_ = 0;
  std::int64_t lent_ = 0; ///< to units: drawn, not spent
  bank_accounts accounts_;

  struct waiting_loan {
    loan_request request;
    bool drawn_for = false; ///< once is enough
  };
  std::deque<waiting_loan> loans_;

  std::deque<commit_ptr> queue_;
  std::size_t queue_bytes_ = 0;
  std::int64_t queue_cost_ = 0;   ///< of those that cost something
  std::vector<commit_ptr> batch_; ///< under way
  std::int64_t batch_spent_ = 0;  ///< as it will be
  /// Mail that was refused, as long as something waits that may count on it; of this tick only.
  std::unordered_set<std::string> refused_;
  std::size_t alone_ = 0; ///< so many go one by one, as it is not known whom to blame

  net::time_point draw_again_at_ = net::time_point::min();
  std::optional<zk::error> draw_failed_; ///< the store's reason, until a draw ends otherwise
  pause pause_{*this};
  double spent_per_s_ = 0;     ///< smoothed, of withdrawals only
  std::int64_t withdrawn_ = 0; ///< since the last tick
  net::time_point last_withdrawal_ = net::time_point::min();
  net::time_point look_again_at_ = net::time_point::min(); ///< at the free credits
  net::time_point close_by_ = net::time_point::max();
};

} // namespace mqttzoo::actors
