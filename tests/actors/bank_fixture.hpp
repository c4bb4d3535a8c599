// Banks of several pods over one tree, and what stands in its books.
//
// Lives for one test, on its thread. Each pod has its own way to the tree, which fails when told
// to.
#pragma once

#include "actors/bank.hpp"
#include "actors/bank_commit.hpp"
#include "actors/reaper.hpp"
#include "tests/actors/books.hpp"
#include "tests/actors/cluster_store.hpp"
#include "zk/create_missing.hpp"
#include "zk/ledger.hpp"

#include <caf/send.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mqttzoo::test {

struct bank_fixture : tree_fixture {
  struct bank_pod {
    bank_pod(zk::store& tree, const std::string& life, zk::faulty_options faulty)
        : faults(tree, std::move(faulty)),
          store(calls, life.empty() ? zk::session_id{99} : store_session::session_of(life)) {}

    zk::faulty_store faults;
    polite_store calls{faults};
    store_session store;
    actors::pod_services pod;
    actors::unit_services services;
    actors::commit_listener ear;
    std::vector<std::shared_ptr<actors::bank_commit>> answered;
    std::vector<std::string> mails; ///< that were stored
    bool dead = false;

    const actors::bank& bank() const {
      return static_cast<const actors::bank&>(*caf::actor_cast<caf::abstract_actor*>(pod.bank));
    }
    const actors::reaper& reaper() const {
      return static_cast<const actors::reaper&>(*caf::actor_cast<caf::abstract_actor*>(pod.reaper));
    }
  };

  bank_fixture();

  ~bank_fixture() override;

  /// Empty: a pod that is alone.
  bank_pod& start(const std::string& life, zk::faulty_options faulty = {});

  void start_reaper(bank_pod& p);

  /// The servers have noticed that it died.
  void expire(bank_pod& p);

  /// The view of `of` and others, as the tree numbers it, is settled.
  void settle_view(bank_pod& of, const std::vector<bank_pod*>& others = {}, bool and_rest = true);

  /// Its actors end; what stands in the tree stays.
  void end(bank_pod& p);

  std::string mail_path(bank_pod& p, std::int64_t credits, std::int64_t until_unix_ms);

  std::int64_t until(std::chrono::seconds ttl) const;

  void ask(bank_pod& p, std::shared_ptr<actors::bank_commit> c);

  /// A message of `client` that costs so much; not settled.
  std::shared_ptr<actors::bank_commit> deposit(bank_pod& p, std::int64_t credits,
                                               const std::string& client = "c",
                                               std::chrono::seconds ttl = std::chrono::seconds{60});

  /// Removes one of the mails that `p` stored.
  std::shared_ptr<actors::bank_commit> remove(bank_pod& p, const std::string& path,
                                              const std::string& client = "c");

  /// It has so much to spend, and need not draw.
  void warm(bank_pod& p, std::int64_t credits);

  books read() { return read_books(*store, paths); }

  void check_books();

  zk::version version_of(const std::string& path);

  core::bank_settings settings = core::settings{}.bank;
  std::uint64_t last_mail = 0;
  actors::planted_bug bug = actors::planted_bug::none;
  const mqtt::topic_ref topic = make_ref<const mqtt::shared_topic>("t");
  std::vector<std::unique_ptr<bank_pod>> pods;
};

} // namespace mqttzoo::test
