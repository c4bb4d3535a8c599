// Where a store's answers run: "post this job to the caller's thread".
//
// A store finishes operations on a thread of its own and never runs a caller's code there; it hands
// the code to the executor that the call named. An I/O unit implements `executor` with asio::post.
#pragma once

#include <functional>
#include <utility>

namespace mqttzoo::zk {

/// Takes jobs from any thread and runs them later, in the order posted, on a thread of its
/// choosing. Must outlive every store that was given it, or outlive that store's `close()`.
class executor {
public:
  virtual ~executor() = default;

  /// Thread-safe; must not block and must not throw. A store posts one job for many completions.
  virtual void post(std::function<void()> job) = 0;
};

/// An executor made of any callable, for example `[&](auto job) { asio::post(io, std::move(job));
/// }`.
class function_executor final : public executor {
public:
  explicit function_executor(std::function<void(std::function<void()>)> post)
      : post_(std::move(post)) {}
  void post(std::function<void()> job) override { post_(std::move(job)); }

private:
  std::function<void(std::function<void()>)> post_;
};

/// Runs each job at once on the posting thread, mostly the store's: for tests and for jobs that
/// only hand over. With it a refusal may complete inside the call that was refused.
class inline_executor final : public executor {
public:
  void post(std::function<void()> job) override { job(); }
};

} // namespace mqttzoo::zk
