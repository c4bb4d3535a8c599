// Finds the mail that departed pods wrote: nobody returns its credits but the leader, when its time
// is over.
//
// Part of the reaper, on its thread. Begins when a view is settled, and ends without a result when
// there is another one: only as long as no pod has come or gone since is it sure that whoever wrote
// mail and is no member departed before the view. Names say all it needs, so no mail is read.
// Buckets are listed one after the other; there is no hurry.
#pragma once

#include "actors/cluster_view.hpp"
#include "actors/unit_services.hpp"
#include "zk/paths.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

namespace mqttzoo::actors {

class mail_survey {
public:
  struct parts {
    /// Runs a function as the actor that owns the survey, unless that has ended.
    std::function<std::function<void(const std::function<void()>&)>()> make_runner;
    std::function<void(std::string path, const zk::mail_name&)> found;
    std::function<void(bool complete)> done;
  };
  mail_survey(pod_services& pod, const zk::paths& paths, parts with);

  /// Of the settled view `v`, in place of what is under way.
  void begin(const view_ref& v);
  void stop();

private:
  void end(bool complete);
  void read_writers(std::size_t member);
  void next();
  void list(const std::string& path);
  void look_at(std::vector<std::string> mails);
  /// A completion, void if the survey was stopped meanwhile.
  template<class T, class F>
  zk::handler<T> then(F f);

  pod_services& pod_;
  const zk::paths& paths_;
  const parts with_;
  view_ref view_;                            ///< null: nothing is under way
  std::uint64_t survey_ = 0;                 ///< counts them
  std::unordered_set<std::int64_t> writers_; ///< store sessions of the members
  std::vector<std::string> to_list_;
};

} // namespace mqttzoo::actors
