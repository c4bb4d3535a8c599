// A store whose answers come after the call, as its contract says, although all of a test runs on
// one thread and a store may refuse at once.
//
// Owned by a fixture, between its pod and the store beneath; answers() is the pod's executor.
#pragma once

#include "tests/actors/store_proxy.hpp"

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace mqttzoo::test {

class polite_store final : public store_proxy {
public:
  using store_proxy::store_proxy;

  /// What is answered while a call runs waits for run(); all else comes at once.
  zk::executor& answers() noexcept { return answers_; }

  /// False if nothing waited.
  bool run() { return answers_.run(); }

  void multi(zk::executor& where, std::vector<zk::op> ops, zk::multi_handler done) override {
    const call now{answers_};
    store_proxy::multi(where, std::move(ops), std::move(done));
  }
  void get(zk::executor& where, std::string path, zk::watcher watch,
           zk::handler<zk::node> done) override {
    const call now{answers_};
    store_proxy::get(where, std::move(path), std::move(watch), std::move(done));
  }
  void exists(zk::executor& where, std::string path, zk::watcher watch,
              zk::handler<std::optional<zk::stat>> done) override {
    const call now{answers_};
    store_proxy::exists(where, std::move(path), std::move(watch), std::move(done));
  }
  void children(zk::executor& where, std::string path, zk::watcher watch,
                zk::handler<zk::child_list> done) override {
    const call now{answers_};
    store_proxy::children(where, std::move(path), std::move(watch), std::move(done));
  }
  void scan(zk::executor& where, std::string path, zk::scan_options options, zk::page_handler page,
            zk::handler<std::size_t> done) override {
    const call now{answers_};
    store_proxy::scan(where, std::move(path), options, std::move(page), std::move(done));
  }
  void sync(zk::executor& where, std::string path, zk::handler<std::monostate> done) override {
    const call now{answers_};
    store_proxy::sync(where, std::move(path), std::move(done));
  }
  void attach(zk::executor& where, const zk::watcher& sink) override {
    const call now{answers_};
    store_proxy::attach(where, sink);
  }

private:
  class queue final : public zk::executor {
  public:
    void post(std::function<void()> job) override {
      if (calls == 0 && jobs_.empty())
        return job();
      jobs_.push_back(std::move(job));
    }
    bool run() {
      const bool any = !jobs_.empty();
      while (!jobs_.empty()) {
        const auto next = std::move(jobs_.front());
        jobs_.pop_front();
        next();
      }
      return any;
    }
    int calls = 0; ///< that run

  private:
    std::deque<std::function<void()>> jobs_;
  };
  struct call {
    explicit call(queue& q) : in(q) { ++in.calls; }
    ~call() { --in.calls; }
    call(const call&) = delete;
    call& operator=(const call&) = delete;
    queue& in;
  };

  queue answers_;
};

} // namespace mqttzoo::test
