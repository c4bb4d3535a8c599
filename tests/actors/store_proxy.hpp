// A store that passes everything on to another one: for those that do one thing differently.
//
// Owned by a test; the store beneath must outlive it.
#pragma once

#include "zk/store.hpp"

#include <string>
#include <utility>
#include <vector>

namespace mqttzoo::test {

class store_proxy : public zk::store {
public:
  explicit store_proxy(zk::store& beneath) : beneath_(beneath) {}

  void multi(zk::executor& where, std::vector<zk::op> ops, zk::multi_handler done) override {
    beneath_.multi(where, std::move(ops), std::move(done));
  }
  void get(zk::executor& where, std::string path, zk::watcher watch,
           zk::handler<zk::node> done) override {
    beneath_.get(where, std::move(path), std::move(watch), std::move(done));
  }
  void exists(zk::executor& where, std::string path, zk::watcher watch,
              zk::handler<std::optional<zk::stat>> done) override {
    beneath_.exists(where, std::move(path), std::move(watch), std::move(done));
  }
  void children(zk::executor& where, std::string path, zk::watcher watch,
                zk::handler<zk::child_list> done) override {
    beneath_.children(where, std::move(path), std::move(watch), std::move(done));
  }
  void scan(zk::executor& where, std::string path, zk::scan_options options, zk::page_handler page,
            zk::handler<std::size_t> done) override {
    beneath_.scan(where, std::move(path), options, std::move(page), std::move(done));
  }
  void sync(zk::executor& where, std::string path, zk::handler<std::monostate> done) override {
    beneath_.sync(where, std::move(path), std::move(done));
  }
  void watches(zk::executor& where, zk::watch_query which,
               zk::handler<zk::watch_list> done) override {
    beneath_.watches(where, std::move(which), std::move(done));
  }
  zk::store_figures figures() const override { return beneath_.figures(); }
  void attach(zk::executor& where, const zk::watcher& sink) override {
    beneath_.attach(where, sink);
  }
  zk::session_id session() const noexcept override { return beneath_.session(); }
  void close() override { beneath_.close(); }

protected:
  zk::store& beneath() noexcept { return beneath_; }

private:
  zk::store& beneath_;
};

} // namespace mqttzoo::test
