// The embedded store and its disk: SIGKILL, no space, and damage.
#define CAF_SUITE zk.embedded_disk

#include "tests/zk/client.hpp"
#include "tests/zk/store_disk.hpp"
#include "zk/embedded_store.hpp"

#include <caf/test/dsl.hpp>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <set>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __SANITIZE_THREAD__
// Children of these tests start a store, and with it a thread, after the fork.
extern "C" const char* __tsan_default_options() {
  return "die_after_fork=0";
}
#endif

using namespace mqttzoo;
using namespace mqttzoo::zk;
using namespace mqttzoo::zk::test;

namespace {

using strings = std::vector<std::string>;

/// Overwrites `size` bytes of a file in place.
void damage(const std::string& file, std::streamoff offset, std::size_t size) {
  std::fstream out{file, std::ios::in | std::ios::out | std::ios::binary};
  out.seekp(offset);
  out << std::string(size, '\xa5');
}

/// Mounts a file system that only this process and its children see; false where it may not.
bool mount_small_disk(const scratch_directory& at, const char* size) {
  return ::unshare(CLONE_NEWNS) == 0 &&
         ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("tmpfs", at.path().c_str(), "tmpfs", 0, size) == 0;
}

/// A parent and its child that were made in a turn which a full store has undone, and then once
/// more: nothing of the first time is left.
void check_family(client& c) {
  CAF_CHECK_EQUAL(c.data("/p/c"), "child");
  auto root = c.children("/");
  CAF_REQUIRE(root.has_value());
  std::sort(root->names.begin(), root->names.end());
  CAF_CHECK_EQUAL(root->names, (strings{"c", "d", "p"}));
  CAF_CHECK_EQUAL(root->stat.children, root->names.size());
  const auto parent = c.children("/p");
  CAF_REQUIRE(parent.has_value());
  CAF_CHECK_EQUAL(parent->names, strings{"c"});
  CAF_CHECK_EQUAL(parent->stat.children, parent->names.size());
}

/// What the child of the SIGKILL test does until it is killed: pairs of nodes and an account of
/// them in one transaction each, many in flight. Each completed pair's number goes into the pipe.
int write_for_ever(const std::string& path, int pipe_end, int first) {
  embedded_options options;
  options.path = path;
  const auto owned = *embedded_store::open(options);
  job_queue jobs;
  int in_flight = 0;
  for (int i = first;; ++i) {
    const auto n = std::to_string(i);
    owned->multi(jobs, {create_op{"/l-" + n, n}, create_op{"/r-" + n, n}, set_op{"/account", n}},
                 [&in_flight, pipe_end, i](multi_result result) {
                   --in_flight;
                   if (result && ::write(pipe_end, &i, sizeof i) != sizeof i)
                     ::_exit(1);
                 });
    ++in_flight;
    while (in_flight > 50 && jobs.run_one(std::chrono::seconds{10})) {
    }
  }
}

} // namespace

CAF_TEST(whatever completed survives a kill and nothing is there in part) {
  const scratch_directory home;
  {
    const auto owned = *embedded_store::open(in_directory(home));
    client c{*owned};
    CAF_REQUIRE_EQUAL(outcome(c.create("/account", "-1")), "ok");
    owned->close();
  }
  std::set<int> completed;
  int next = 0;
  for (int round = 0; round < 3; ++round) {
    int ends[2];
    CAF_REQUIRE_EQUAL(::pipe(ends), 0);
    const auto child = in_child([&] {
      ::close(ends[0]);
      return write_for_ever(home.path(), ends[1], next);
    });
    ::close(ends[1]);
    // Killed in the middle of its work, then read to the end of what it had reported.
    int reports = 0;
    for (int i = 0; ::read(ends[0], &i, sizeof i) == sizeof i;) {
      completed.insert(i);
      if (++reports == 500)
        ::kill(child, SIGKILL);
    }
    ::close(ends[0]);
    CAF_CHECK(WIFSIGNALED(status_of(child)));
    CAF_REQUIRE(reports >= 500);

    const auto owned = *embedded_store::open(in_directory(home));
    client c{*owned};
    CAF_CHECK(owned->integrity() == integrity::checked);
    std::set<std::string> left;
    std::set<std::string> right;
    static_cast<void>(c.scan("/", {}, [&](auto page) {
      for (const auto& found : page)
        if (found.path != "/account") {
          (found.path[1] == 'l' ? left : right).insert(found.path.substr(3));
          CAF_CHECK_EQUAL(found.data, found.path.substr(3));
        }
    }));
    CAF_CHECK(left == right);
    for (const auto i : completed)
      CAF_CHECK(left.contains(std::to_string(i)));
    // Transactions are carried out in order, so the account names the last one there is.
    next = std::stoi(c.data("/account")) + 1;
    CAF_CHECK_EQUAL(left.size(), static_cast<std::size_t>(next));
    owned->close();
  }
}

CAF_TEST(the log stays within its bound and is gone after closing) {
  const scratch_directory home;
  auto options = in_directory(home);
  options.wal_bytes = 1 << 20;
  const auto owned = *embedded_store::open(options);
  client c{*owned};
  const auto log = database_file(home) + "-wal";
  for (int i = 0; i < 100; ++i) {
    CAF_REQUIRE_EQUAL(outcome(c.create("/" + std::to_string(i), std::string(100'000, 'x'))), "ok");
    CAF_CHECK(std::filesystem::file_size(log) < 3U << 20);
  }
  owned->close();
  CAF_CHECK(!std::filesystem::exists(log));
  CAF_CHECK(std::filesystem::file_size(database_file(home)) > 10'000'000);
}

CAF_TEST(a store at its limit refuses what does not fit and goes on) {
  const scratch_directory home;
  auto options = in_directory(home);
  options.bytes_max = 1 << 20;
  strings kept;
  {
    const auto owned = *embedded_store::open(options);
    client c{*owned};
    const auto fill = [&] {
      for (std::string path;; kept.push_back(path)) {
        path = "/n" + std::to_string(kept.size());
        const auto made = c.create(path, std::string(10'000, 'x'));
        if (!made)
          return outcome(made);
      }
    };
    CAF_CHECK_EQUAL(fill(), "storage_full");
    CAF_CHECK(kept.size() > 50);
    CAF_CHECK_EQUAL(fill(), "storage_full");
    for (const auto& path : kept)
      CAF_CHECK(c.has(path));
    CAF_CHECK(owned->counters().storage_errors >= 2);
    // Removing makes room.
    for (int i = 0; i < 20; ++i) {
      CAF_CHECK_EQUAL(outcome(c.remove(kept.back())), "ok");
      kept.pop_back();
    }
    const auto before = kept.size();
    CAF_CHECK_EQUAL(fill(), "storage_full");
    CAF_CHECK(kept.size() >= before + 19);
    owned->close();
  }
  const auto owned = *embedded_store::open(options);
  client c{*owned};
  const auto root = c.children("/");
  CAF_CHECK_EQUAL(root->names.size(), kept.size());
  owned->close();
}

CAF_TEST(what does not fit does not take its turn down with it) {
  const scratch_directory home;
  auto options = in_directory(home);
  options.bytes_max = 256 * 1024;
  options.threading = store_threading::manual;
  {
    const auto owned = *embedded_store::open(options);
    job_queue jobs;
    strings outcomes;
    const auto note = [&](multi_result result) { outcomes.push_back(outcome(result)); };
    owned->multi(jobs, {create_op{"/a", std::string(100'000, 'a')}}, note);
    owned->multi(jobs, {create_op{"/p", ""}}, note);
    owned->multi(jobs, {create_op{"/p/c", "child"}}, note);
    owned->multi(jobs, {create_op{"/b", std::string(300'000, 'b')}}, note);
    owned->multi(jobs, {create_op{"/c", "c"}}, note);
    owned->multi(jobs, {remove_op{"/a"}}, note);
    owned->multi(jobs, {create_op{"/d", std::string(100'000, 'd')}}, note);
    owned->run_turn();
    while (jobs.run_one(std::chrono::milliseconds{0})) {
    }
    CAF_CHECK_EQUAL(outcomes, (strings{"ok", "ok", "ok", "storage_full 0", "ok", "ok", "ok"}));
    client c{*owned, [&] { owned->run_turn(); }};
    check_family(c);
    owned->close();
  }
  const auto owned = *embedded_store::open(options);
  client c{*owned, [&] { owned->run_turn(); }};
  check_family(c);
  CAF_CHECK_EQUAL(outcome(c.remove("/p")), "not_empty");
  CAF_CHECK_EQUAL(outcome(c.remove("/p/c")), "ok");
  CAF_CHECK_EQUAL(outcome(c.remove("/p")), "ok");
  owned->close();
}

CAF_TEST(a file system without space refuses and recovers) {
  // Needs a file system of its own, so a child mounts one that only it can see, where it may.
  const scratch_directory home;
  constexpr int not_allowed = 77;
  const auto child = in_child([&] {
    if (!mount_small_disk(home, "size=3m"))
      return not_allowed;
    auto options = in_directory(home);
    options.threading = store_threading::manual;
    const auto owned = *embedded_store::open(options);
    client c{*owned, [&] { owned->run_turn(); }};
    if (!c.create("/kept", "x"))
      return 1;
    const auto ballast = home.path() + "/ballast";
    std::ofstream{ballast} << std::string(4 << 20, 'x') << std::flush;
    if (outcome(c.create("/big", std::string(900'000, 'x'))) != "storage_full")
      return 2;
    if (c.data("/kept") != "x" || c.has("/big"))
      return 3;
    std::filesystem::remove(ballast);
    if (outcome(c.create("/big", std::string(500'000, 'x'))) != "ok")
      return 4;
    owned->close();
    return 0;
  });
  const auto status = status_of(child);
  CAF_REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == not_allowed)
    CAF_MESSAGE("skipped: this user may not mount");
  else
    CAF_CHECK_EQUAL(WEXITSTATUS(status), 0);
}

#ifndef __SANITIZE_THREAD__ // it ends the child of a child: "dup thread with used id"
CAF_TEST(a disk full of mail can be emptied after a kill and filled again) {
  const scratch_directory home;
  constexpr int not_allowed = 77;
  const auto child = in_child([&] {
    if (!mount_small_disk(home, "size=3m"))
      return not_allowed;
    const auto fill = [&](const std::string& prefix) {
      return in_child([&] {
        auto* left_open = embedded_store::open(in_directory(home))->release();
        client c{*left_open};
        int made = 0;
        for (; c.create(prefix + std::to_string(made), std::string(4096, 'x')); ++made) {
        }
        return made / 10; // a status has eight bits
      });
    };
    const auto first = WEXITSTATUS(status_of(fill("/a")));
    if (first < 20)
      return 1;
    const auto owned = embedded_store::open(in_directory(home));
    if (!owned)
      return 2;
    client c{**owned};
    const auto names = c.children("/")->names;
    for (const auto& name : names)
      if (outcome(c.remove("/" + name)) != "ok")
        return 3;
    (*owned)->close();
    return WEXITSTATUS(status_of(fill("/b"))) < first - 2 ? 4 : 0;
  });
  const auto status = status_of(child);
  CAF_REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == not_allowed)
    CAF_MESSAGE("skipped: this user may not mount");
  else
    CAF_CHECK_EQUAL(WEXITSTATUS(status), 0);
}
#endif

CAF_TEST(damage met in use is an error and ends writing) {
  const scratch_directory home;
  {
    const auto owned = *embedded_store::open(in_directory(home));
    client c{*owned};
    for (int i = 0; i < 2000; ++i)
      owned->create(c.jobs, "/" + std::to_string(i), std::string(100, 'x'), create_mode::persistent,
                    [](auto) {});
    CAF_REQUIRE_EQUAL(outcome(c.sync()), "ok");
    owned->close();
  }
  // All but the first pages, which hold the schema.
  const auto size = std::filesystem::file_size(database_file(home));
  damage(database_file(home), 8 * 4096, static_cast<std::size_t>(size) - 8 * 4096);
  const auto owned = *embedded_store::open(in_directory(home));
  client c{*owned};
  const auto scanned = c.scan("/", {}, [](auto) {});
  CAF_CHECK_EQUAL(outcome(scanned), "storage_damaged");
  CAF_CHECK_EQUAL(outcome(c.create("/new")), "storage_damaged");
  CAF_CHECK_EQUAL(outcome(c.set("/", "x")), "storage_damaged");
  owned->close();
  // Nor does closing it make it look sound.
  CAF_CHECK(!embedded_store::open(in_directory(home)));
}

CAF_TEST(damage is found at the start after a crash) {
  const scratch_directory home;
  const auto crash = [&] {
    CAF_REQUIRE_EQUAL(status_of(in_child([&] {
                        auto* left_open = embedded_store::open(in_directory(home))->release();
                        client c{*left_open};
                        for (int i = 0; i < 20'000; ++i)
                          left_open->create(c.jobs, "/" + std::to_string(i), std::string(1000, 'x'),
                                            create_mode::persistent, [](auto) {});
                        return c.sync() ? 0 : 1; // so that the log stays
                      })),
                      0);
  };
  crash();
  // A check that may take no time finds nothing, and says so.
  auto hasty = in_directory(home);
  hasty.check_budget = std::chrono::milliseconds{0};
  CAF_CHECK((*embedded_store::open(hasty))->integrity() == integrity::unfinished);

  crash();
  damage(database_file(home), 100 * 4096, 100 * 4096);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto opened = embedded_store::open(in_directory(home));
    CAF_REQUIRE(!opened);
    CAF_CHECK(opened.error().code == error::storage_damaged);
    CAF_CHECK(opened.error().message.find(database_file(home)) != std::string::npos);
  }
}
