#include "zk/zookeeper_store.hpp"

#include "zk/paths.hpp"
#include "zk/request_check.hpp"
#include "zk/zookeeper_loop.hpp"
#include "zk/zookeeper_scan.hpp"

#include <algorithm>
#include <condition_variable>
#include <utility>

namespace mqttzoo::zk {

namespace {

/// Lets a thread wait for the first session.
class connection_waiter final : public watch_sink {
public:
  void on_watch(const watch_event&) override {}
  void on_session(const session_event& event) override {
    const std::lock_guard lock{mutex_};
    connected_ = event.state == session_state::connected;
    changed_.notify_all();
  }
  bool wait(std::chrono::milliseconds patience) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, patience, [this] { return connected_; });
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool connected_ = false;
};

std::optional<std::string> complaint(const zookeeper_options& options) {
  if (options.servers.empty())
    return "no ZooKeeper server is named";
  if (!options.chroot.empty() && !is_valid_path(options.chroot))
    return "'" + options.chroot + "' is no path for ZooKeeper";
  if (!options.auth.empty() && options.auth.find(':') == std::string::npos)
    return "the ZooKeeper user is to be given as user:password";
  return std::nullopt;
}

wanted_watch watch_of(executor& where, const watcher& watch) {
  return watch ? wanted_watch{&where, watch, watch->room()} : wanted_watch{};
}

} // namespace

expected<std::unique_ptr<zookeeper_store>, std::string>
zookeeper_store::open(const zookeeper_options& options) {
  if (auto wrong = complaint(options))
    return unexpected(std::move(*wrong));
  std::unique_ptr<zookeeper_store> made{new zookeeper_store{options}};
  made->loop_->start();
  return made;
}

zookeeper_store::zookeeper_store(const zookeeper_options& options)
    : chroot_bytes_(options.chroot.size()), loop_(std::make_unique<zookeeper_loop>(options)) {}

zookeeper_store::~zookeeper_store() {
  close();
}

bool zookeeper_store::wait_connected(std::chrono::milliseconds patience) {
  static inline_executor here;
  const auto waiter = std::make_shared<connection_waiter>();
  loop_->attach(here, waiter);
  return waiter->wait(patience);
}

void zookeeper_store::close() {
  std::call_once(closed_, [this] {
    loop_->inbox().close();
    loop_->finish();
  });
}

void zookeeper_store::submit(request_ptr request) {
  const auto refused = loop_->inbox().add(request);
  if (!refused)
    return;
  if (*refused == error::overloaded)
    ++refused_;
  outbox out;
  request->fail(*refused, out);
  out.deliver();
}

void zookeeper_store::multi(executor& where, std::vector<op> ops, multi_handler done) {
  auto wrong = check_request(ops);
  if (!wrong && wire_bytes(ops, chroot_bytes_) > wire_bytes_max)
    wrong = multi_error{error::too_large, multi_error::whole};
  if (wrong) {
    where.post([done = std::move(done), wrong = *wrong] { done(unexpected(wrong)); });
    return;
  }
  submit(make_multi(std::move(ops), reply_on(where, std::move(done))));
}

void zookeeper_store::get(executor& where, std::string path, watcher watch, handler<node> done) {
  if (!is_valid_path(path))
    return where.post([done = std::move(done)] { done(unexpected(error::invalid_path)); });
  submit(make_get(std::move(path), watch_of(where, watch), reply_on(where, std::move(done))));
}

void zookeeper_store::exists(executor& where, std::string path, watcher watch,
                             handler<std::optional<stat>> done) {
  if (!is_valid_path(path))
    return where.post([done = std::move(done)] { done(unexpected(error::invalid_path)); });
  submit(make_exists(std::move(path), watch_of(where, watch), reply_on(where, std::move(done))));
}

void zookeeper_store::children(executor& where, std::string path, watcher watch,
                               handler<child_list> done) {
  if (!is_valid_path(path))
    return where.post([done = std::move(done)] { done(unexpected(error::invalid_path)); });
  submit(make_children(std::move(path), watch_of(where, watch), reply_on(where, std::move(done))));
}

void zookeeper_store::scan(executor& where, std::string path, scan_options options,
                           page_handler page, handler<std::size_t> done) {
  if (!is_valid_path(path))
    return where.post([done = std::move(done)] { done(unexpected(error::invalid_path)); });
  options.page_nodes_max = std::max<std::size_t>(options.page_nodes_max, 1);
  options.page_bytes_max = std::max<std::size_t>(options.page_bytes_max, 1);
  const auto made = std::make_shared<zookeeper_scan>(
      where, std::move(path), options, std::move(page), std::move(done), loop_->shared_inbox());
  submit(made->first_request());
}

void zookeeper_store::sync(executor& where, std::string path, handler<std::monostate> done) {
  if (!is_valid_path(path))
    return where.post([done = std::move(done)] { done(unexpected(error::invalid_path)); });
  submit(make_sync(std::move(path), reply_on(where, std::move(done))));
}

void zookeeper_store::watches(executor& where, watch_query which, handler<watch_list> done) {
  submit(make_watch_list(std::move(which), reply_on(where, std::move(done))));
}

void zookeeper_store::attach(executor& where, const watcher& sink) {
  loop_->attach(where, sink);
}

session_id zookeeper_store::session() const noexcept {
  return loop_->session();
}

store_figures zookeeper_store::figures() const {
  const auto now = counters();
  return {.requests = now.requests,
          .operations = now.operations,
          .bytes = now.bytes,
          .refused = now.refused,
          .sessions = now.sessions,
          .outages = now.outages,
          .lost = now.lost,
          .watch_events = now.watch_events,
          .queue_requests = now.queue_requests,
          .queue_bytes = now.queue_bytes,
          .watch_bytes = now.watch_bytes};
}

zookeeper_counters zookeeper_store::counters() const {
  auto now = loop_->counters();
  now.refused += refused_;
  return now;
}

} // namespace mqttzoo::zk
