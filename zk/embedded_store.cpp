#include "zk/embedded_store.hpp"

#include "core/log.hpp"
#include "zk/paths.hpp"
#include "zk/quiet_thread.hpp"
#include "zk/request_check.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace mqttzoo::zk {

namespace {

constexpr core::logger log{core::log_folder::zk};

const core::clock& system_time() {
  static const core::system_clock clock;
  return clock;
}

std::string_view to_string(integrity found) {
  switch (found) {
  case integrity::not_checked:
    return "closed properly";
  case integrity::checked:
    return "checked";
  case integrity::unfinished:
    return "checked in part";
  }
  return "unknown";
}

} // namespace

expected<std::unique_ptr<embedded_store>, open_error>
embedded_store::open(const embedded_options& options) {
  auto place = open_directory(options);
  if (!place)
    return unexpected(place.error());
  const auto& clock = options.clock != nullptr ? *options.clock : system_time();
  auto tree = embedded_tree::open(std::move(place->database), clock, options.log_bytes_min);
  if (!tree)
    return unexpected(
        open_error{sqlite::to_error(tree.error().code),
                   "cannot open the store in " + options.path + ": " + tree.error().message});
  log.info("store opened", {{"path", options.path}, {"state", to_string(place->integrity)}});
  return std::unique_ptr<embedded_store>{
      new embedded_store{options, std::move(*place), std::move(*tree), clock}};
}

embedded_store::embedded_store(const embedded_options& options, opened_directory place,
                               std::unique_ptr<embedded_tree> tree, const core::clock& clock)
    : options_(options), integrity_(place.integrity), lock_(std::move(place.lock)),
      queue_(std::make_shared<request_queue>(
          request_queue::bounds{options.queue_requests_max, options.queue_bytes_max})),
      engine_(std::move(tree), queue_, options.watches_max, clock) {
  if (options_.threading == store_threading::own_thread)
    writer_ = start_quiet_thread("zk-store", [this] { run(); });
}

embedded_store::~embedded_store() {
  close();
}

void embedded_store::run() {
  for (;;) {
    auto batch = queue_->wait_and_take({options_.turn_requests_max, options_.turn_bytes_max});
    if (batch.empty())
      return;
    engine_.run_turn(std::move(batch));
  }
}

std::size_t embedded_store::run_turn() {
  assert(options_.threading == store_threading::manual);
  auto batch = queue_->take({options_.turn_requests_max, options_.turn_bytes_max});
  const auto requests = batch.size();
  if (requests > 0)
    engine_.run_turn(std::move(batch));
  return requests;
}

void embedded_store::close() {
  assert(std::this_thread::get_id() != writer_.get_id());
  std::call_once(closed_, [this] {
    queue_->close();
    if (writer_.joinable())
      writer_.join();
    else
      while (run_turn() > 0) {
      }
    // The database first: its log is folded in while the directory is still ours.
    engine_.close();
    lock_ = {};
  });
}

void embedded_store::submit(embedded_request request) {
  const auto refused = queue_->add(request);
  if (!refused)
    return;
  if (*refused == error::overloaded)
    ++refused_;
  request.where->post(refusal(request, *refused));
}

void embedded_store::multi(executor& where, std::vector<op> ops, multi_handler done) {
  if (const auto wrong = check_request(ops)) {
    where.post([done = std::move(done), wrong = *wrong] { done(unexpected(wrong)); });
    return;
  }
  const auto bytes = payload_bytes(ops);
  submit({&where, bytes, multi_request{std::move(ops), std::move(done)}});
}

template<class Request, class Result>
void embedded_store::submit_read(executor& where, std::string path, const watcher& watch,
                                 handler<Result> done) {
  if (!is_valid_path(path)) {
    where.post([done = std::move(done)] { done(unexpected(error::invalid_path)); });
    return;
  }
  const auto bytes = path.size();
  submit({&where, bytes, Request{std::move(path), watch, watch != nullptr, std::move(done)}});
}

void embedded_store::get(executor& where, std::string path, watcher watch, handler<node> done) {
  submit_read<get_request>(where, std::move(path), watch, std::move(done));
}

void embedded_store::exists(executor& where, std::string path, watcher watch,
                            handler<std::optional<stat>> done) {
  submit_read<exists_request>(where, std::move(path), watch, std::move(done));
}

void embedded_store::children(executor& where, std::string path, watcher watch,
                              handler<child_list> done) {
  submit_read<children_request>(where, std::move(path), watch, std::move(done));
}

void embedded_store::scan(executor& where, std::string path, scan_options options,
                          page_handler page, handler<std::size_t> done) {
  if (!is_valid_path(path)) {
    where.post([done = std::move(done)] { done(unexpected(error::invalid_path)); });
    return;
  }
  options.page_nodes_max = std::max<std::size_t>(options.page_nodes_max, 1);
  options.page_bytes_max = std::max<std::size_t>(options.page_bytes_max, 1);
  auto progress = std::make_shared<scan_progress>();
  progress->path = std::move(path);
  progress->options = options;
  progress->page = std::move(page);
  progress->done = std::move(done);
  submit({&where, progress->path.size(), scan_request{std::move(progress)}});
}

void embedded_store::sync(executor& where, std::string path, handler<std::monostate> done) {
  // All writes pass through one queue, so reaching its end is being in sync.
  submit({&where, path.size(), sync_request{std::move(done)}});
}

void embedded_store::watches(executor& where, watch_query which, handler<watch_list> done) {
  const auto bytes = which.below.size() + which.after.size();
  submit({&where, bytes, watches_request{std::move(which), std::move(done)}});
}

void embedded_store::attach(executor& where, const watcher& sink) {
  submit({&where, 0, attach_request{sink}});
}

void embedded_store::expire_session() {
  submit({nullptr, 0, expire_request{}});
}

session_id embedded_store::session() const noexcept {
  return engine_.session();
}

store_figures embedded_store::figures() const {
  const auto now = counters();
  return {.requests = now.requests,
          .operations = now.operations,
          .bytes = now.bytes,
          .refused = now.refused,
          .storage_errors = now.storage_errors,
          .queue_requests = now.queue_requests,
          .queue_bytes = now.queue_bytes};
}

embedded_counters embedded_store::counters() const {
  auto now = engine_.counters();
  now.refused = refused_;
  now.queue_requests = queue_->requests();
  now.queue_bytes = queue_->bytes();
  return now;
}

} // namespace mqttzoo::zk
