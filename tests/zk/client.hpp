// A store's caller for tests: asks, waits for the answer on the test's own thread, and keeps what
// it heard.
#pragma once

#include "tests/scratch_directory.hpp"
#include "zk/store.hpp"

#include <caf/test/dsl.hpp>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace mqttzoo::zk::test {

/// Keeps jobs until the test's thread runs them.
class job_queue final : public executor {
public:
  void post(std::function<void()> job) override {
    const std::lock_guard lock{mutex_};
    jobs_.push_back(std::move(job));
    filled_.notify_one();
  }

  /// Runs the oldest job; waits for one at most `patience`. False: there was none.
  bool run_one(std::chrono::milliseconds patience) {
    std::unique_lock lock{mutex_};
    if (!filled_.wait_for(lock, patience, [this] { return !jobs_.empty(); }))
      return false;
    const auto job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    return true;
  }

private:
  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<std::function<void()>> jobs_;
};

/// Writes down what it hears, as "changed /a" and "connected 7".
class recorder final : public watch_sink {
public:
  explicit recorder(std::vector<std::string>& heard) : heard_(heard) {}

  std::string_view whose() const noexcept override { return "test"; }

  void on_watch(const watch_event& event) override {
    heard_.push_back(std::string{to_string(event.type)} + ' ' + event.path);
    last_session = event.session;
  }
  void on_session(const session_event& event) override {
    heard_.push_back(std::string{to_string(event.state)} + ' ' +
                     std::to_string(static_cast<std::int64_t>(event.session)));
  }

  session_id last_session = session_id::none;

private:
  std::vector<std::string>& heard_;
};

/// "ok" or the error's name, to compare with.
template<class T>
std::string outcome(const expected<T, error>& result) {
  return result ? "ok" : std::string{to_string(result.error())};
}
/// "ok", or the error's name and the index of the operation to blame, if one is.
inline std::string outcome(const multi_result& result) {
  if (result)
    return "ok";
  const auto& [code, index] = result.error();
  return std::string{to_string(code)} +
         (index == multi_error::whole ? std::string{} : ' ' + std::to_string(index));
}

class client {
public:
  /// `turn` is called while waiting, for stores that do nothing by themselves.
  explicit client(store& subject, std::function<void()> turn = {})
      : subject_(subject), turn_(std::move(turn)), ears_(std::make_shared<recorder>(heard)) {}

  /// Answers when `start(done)` has called `done`.
  template<class Result, class Start>
  Result ask(Start start) {
    std::optional<Result> answer;
    start([&](Result result) {
      CAF_CHECK(!answer); // exactly once
      answer = std::move(result);
    });
    wait([&] { return answer.has_value(); });
    return *std::move(answer);
  }

  multi_result multi(std::vector<op> ops) {
    return ask<multi_result>(
        [&](auto done) { subject_.multi(jobs, std::move(ops), std::move(done)); });
  }
  expected<op_result, error> create(std::string path, std::string data = {},
                                    create_mode mode = create_mode::persistent) {
    return ask<expected<op_result, error>>(
        [&](auto done) { subject_.create(jobs, path, data, mode, std::move(done)); });
  }
  expected<stat, error> set(std::string path, std::string data, version expected_version = -1) {
    return ask<expected<stat, error>>(
        [&](auto done) { subject_.set(jobs, path, data, expected_version, std::move(done)); });
  }
  expected<std::monostate, error> remove(std::string path, version expected_version = -1) {
    return ask<expected<std::monostate, error>>(
        [&](auto done) { subject_.remove(jobs, path, expected_version, std::move(done)); });
  }
  expected<node, error> get(std::string path, watcher watch = {}) {
    return ask<expected<node, error>>(
        [&](auto done) { subject_.get(jobs, path, watch, std::move(done)); });
  }
  expected<std::optional<stat>, error> exists(std::string path, watcher watch = {}) {
    return ask<expected<std::optional<stat>, error>>(
        [&](auto done) { subject_.exists(jobs, path, watch, std::move(done)); });
  }
  expected<child_list, error> children(std::string path, watcher watch = {}) {
    return ask<expected<child_list, error>>(
        [&](auto done) { subject_.children(jobs, path, watch, std::move(done)); });
  }
  expected<std::size_t, error> scan(std::string path, scan_options options, page_handler page) {
    return ask<expected<std::size_t, error>>(
        [&](auto done) { subject_.scan(jobs, path, options, page, std::move(done)); });
  }
  /// Each watch as "path data exists children" with what it is, or the error's name.
  std::vector<std::string> watches(std::string below, std::string after = {},
                                   std::size_t limit = 100) {
    const auto found = ask<expected<watch_list, error>>([&](auto done) {
      subject_.watches(jobs, {std::move(below), std::move(after), limit}, std::move(done));
    });
    if (!found)
      return {outcome(found)};
    std::vector<std::string> told;
    for (const auto& w : found->watches)
      told.push_back(w.path + (w.data ? " data" : "") + (w.exists ? " exists" : "") +
                     (w.children ? " children" : "") + " of " + w.whose);
    if (found->more)
      told.emplace_back("more");
    return told;
  }
  expected<std::monostate, error> sync() {
    return ask<expected<std::monostate, error>>(
        [&](auto done) { subject_.sync(jobs, "/", std::move(done)); });
  }

  // The same for checks: CAF_CHECK_EQUAL keeps references, so what it compares must be a value.

  /// The node's data, or the error's name in angle brackets.
  std::string data(std::string path) {
    const auto read = get(std::move(path));
    return read ? read->data : '<' + outcome(read) + '>';
  }
  /// All zero if there is no such node.
  zk::stat stat_of(std::string path) {
    return exists(std::move(path)).value_or(std::nullopt).value_or(zk::stat{});
  }
  bool has(std::string path) { return exists(std::move(path)).value_or(std::nullopt).has_value(); }
  /// The name given to a sequential node, or the error's name.
  std::string sequential(std::string prefix,
                         create_mode mode = create_mode::persistent_sequential) {
    const auto made = create(std::move(prefix), "", mode);
    return made ? made->path : outcome(made);
  }

  /// Runs jobs until `ready`; fails the test when that takes too long.
  void wait(const std::function<bool()>& ready) {
    for (int idle = 0; !ready();) {
      if (turn_)
        turn_();
      if (jobs.run_one(turn_ ? std::chrono::milliseconds{0} : std::chrono::seconds{10}))
        idle = 0;
      else if (!turn_ || ++idle == 1000)
        CAF_FAIL("no answer");
    }
  }

  store& subject() { return subject_; }
  /// Sinks that write into `heard`.
  watcher ears() { return ears_; }
  recorder& ear() { return *ears_; }

  job_queue jobs;
  std::vector<std::string> heard;

private:
  store& subject_;
  std::function<void()> turn_;
  std::shared_ptr<recorder> ears_;
};

using mqttzoo::test::scratch_directory;

} // namespace mqttzoo::zk::test
