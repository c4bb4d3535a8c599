// Removes mail whose writer departed: its sessions were adopted and have copies of it elsewhere.
//
// Part of the adopter, on its thread. Begins when a view is settled, and ends without a result when
// there is another one: only as long as no pod has come or gone since is it sure that whoever wrote
// mail and is no member departed before the view, and that nothing points to the mail any more.
// Each pod sweeps the topics' buckets whose home it is, one after the other; there is no hurry.
#pragma once

#include "actors/pinned.hpp"
#include "zk/paths.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace mqttzoo::actors {

/// Which of 65,536 parts `.../<ab>/<cd>` is; nothing if it is no bucket.
std::optional<client_bucket> bucket_of(std::string_view path);

class mail_sweep {
public:
  /// Removals in one transaction.
  static constexpr std::size_t removed_at_once_max = 50;

  /// Runs a function as the actor that owns the sweep, unless that has ended; keeps it in memory.
  using runner = std::function<void(const std::function<void()>&)>;
  mail_sweep(pod_services& pod, const zk::paths& paths, std::function<runner()> make_runner);

  /// Of the settled view `v`, in place of what is under way.
  void begin(const view_ref& v);
  void stop();

  std::uint64_t removed() const noexcept { return removed_; }

private:
  void read_writers(std::size_t member);
  void next();
  void list(const std::string& path);
  void look_at(std::vector<std::string> mails);
  void remove(std::vector<std::string> mails);
  /// A completion, void if the sweep was stopped meanwhile.
  template<class T, class F>
  zk::handler<T> then(F f);

  pod_services& pod_;
  const zk::paths& paths_;
  const std::function<runner()> make_runner_;
  view_ref view_;                            ///< null: nothing is under way
  std::uint64_t sweep_ = 0;                  ///< counts them
  std::unordered_set<std::int64_t> writers_; ///< store sessions of the members
  std::vector<std::string> to_list_;
  std::uint64_t removed_ = 0;
};

} // namespace mqttzoo::actors
