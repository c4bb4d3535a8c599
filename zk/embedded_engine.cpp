#include "zk/embedded_engine.hpp"

#include "core/log.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace mqttzoo::zk {

namespace {

constexpr core::logger log{core::log_folder::zk};
core::log_throttle failure_lines{5, std::chrono::seconds{10}};

bool sets_watch(const embedded_request& request) {
  return std::visit(
      [](const auto& wanted) {
        if constexpr (requires { wanted.watch; })
          return wanted.watch;
        else
          return false;
      },
      request.what);
}

} // namespace

embedded_engine::embedded_engine(std::unique_ptr<embedded_tree> tree,
                                 std::weak_ptr<request_queue> pages, std::size_t watches_max,
                                 const core::clock& clock)
    : tree_(std::move(tree)), pages_(std::move(pages)), watches_(watches_max), clock_(clock),
      session_(tree_->session()), count_{} {}

// --- turns ---

void embedded_engine::run_turn(std::vector<embedded_request> batch) {
  ++count_.turns;
  report_changes_ = !watches_.empty() || std::any_of(batch.begin(), batch.end(), sets_watch);
  std::vector<answer> answers;
  answers.reserve(batch.size());
  if (!run_together(batch, answers)) {
    ++count_.turns_undone;
    answers.clear();
    tree_->make_room();
    for (auto& request : batch)
      answers.push_back(run_alone(request));
  }
  count_.requests += batch.size();
  for (const auto& request : batch)
    count_.bytes += request.bytes;
  deliver(answers);
}

bool embedded_engine::run_together(std::vector<embedded_request>& batch,
                                   std::vector<answer>& answers) {
  if (const auto failed = tree_->begin_turn()) {
    note_failure(*failed);
    return false;
  }
  std::size_t operations = 0;
  for (auto& request : batch) {
    answers.push_back(execute(request));
    if (!tree_->in_turn())
      return false;
    operations += answers.back().operations;
  }
  return !commit(operations);
}

embedded_engine::answer embedded_engine::run_alone(embedded_request& request) {
  auto result = try_alone(request);
  if (result.failed == error::storage_full && tree_->make_room())
    return try_alone(request);
  return result;
}

embedded_engine::answer embedded_engine::try_alone(embedded_request& request) {
  if (const auto failed = tree_->begin_turn())
    return refuse(request, *failed);
  auto result = execute(request);
  if (!tree_->in_turn()) {
    tree_->roll_back_turn();
    return result.failed ? std::move(result) : refuse(request, error::storage_failed);
  }
  if (const auto failed = commit(result.operations))
    return refuse(request, *failed);
  return result;
}

std::optional<error> embedded_engine::commit(std::size_t operations) {
  const auto start = clock_.now();
  if (const auto failed = tree_->commit_turn()) {
    // A sync that failed cannot be repeated: the system may have dropped the pages, and would
    // report success.
    if (*failed == error::storage_failed)
      writes_refused_ = failed;
    note_failure(*failed);
    return failed;
  }
  if (operations > 0) {
    ++count_.commits;
    count_.operations += operations;
    count_.last_commit_us = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(clock_.now() - start).count());
  }
  return std::nullopt;
}

void embedded_engine::deliver(std::vector<answer>& answers) {
  outbox out;
  for (auto& each : answers) {
    for (const auto& change : each.changes)
      watches_.fire(change.type, change.path, session(), out);
    if (each.settle)
      each.settle(out);
    if (each.failed && is_storage(*each.failed)) {
      ++count_.storage_errors;
      note_failure(*each.failed);
    }
  }
  count_.watches = watches_.size();
  out.deliver();
}

void embedded_engine::note_failure(error code) {
  if (!is_storage(code))
    return;
  if (code == error::storage_damaged) {
    writes_refused_ = code;
    tree_->leave_unclean();
  }
  log.log(failure_lines, core::log_level::error, "the store cannot keep what it is given",
          {{"error", to_string(code)},
           {"sqlite", tree_->last_message()},
           {"writes", writes_refused_ ? "refused until restart" : "tried again"}});
}

embedded_counters embedded_engine::counters() const noexcept {
  embedded_counters now;
  now.requests = count_.requests;
  now.operations = count_.operations;
  now.bytes = count_.bytes;
  now.turns = count_.turns;
  now.commits = count_.commits;
  now.turns_undone = count_.turns_undone;
  now.storage_errors = count_.storage_errors;
  now.watches = count_.watches;
  now.last_commit_us = count_.last_commit_us;
  return now;
}

// --- requests ---
// An answer's `settle` refers to its request, which stays in the batch until the turn is delivered.

embedded_engine::answer embedded_engine::execute(embedded_request& request) {
  return std::visit([&](auto& wanted) { return execute(request, wanted); }, request.what);
}

embedded_engine::answer embedded_engine::refuse(embedded_request& request, error code) {
  answer made;
  made.failed = code;
  made.settle = [&request, code](outbox& out) {
    if (request.where != nullptr)
      out.add(*request.where, refusal(request, code));
  };
  return made;
}

embedded_engine::answer embedded_engine::execute(embedded_request& request, multi_request& wanted) {
  if (writes_refused_)
    return refuse(request, *writes_refused_);
  answer made;
  auto result = tree_->apply(wanted.ops, report_changes_ ? &made.changes : nullptr);
  if (result)
    made.operations = result->size();
  else
    made.failed = result.error().code;
  made.settle = [&request, &wanted, result = std::move(result)](outbox& out) mutable {
    out.add(*request.where, [done = std::move(wanted.done), result = std::move(result)]() mutable {
      done(std::move(result));
    });
  };
  return made;
}

template<class Wanted, class Result>
embedded_engine::answer embedded_engine::answer_read(embedded_request& request, Wanted& wanted,
                                                     watch_kind kind, Result result) {
  answer made;
  if (!result)
    made.failed = result.error();
  made.settle = [this, &request, &wanted, kind, result = std::move(result)](outbox& out) mutable {
    if (wanted.watch && result && !watches_.add(kind, wanted.path, *request.where, wanted.sink))
      result = unexpected(error::overloaded);
    out.add(*request.where, [done = std::move(wanted.done), result = std::move(result)]() mutable {
      done(std::move(result));
    });
  };
  return made;
}

embedded_engine::answer embedded_engine::execute(embedded_request& request, get_request& wanted) {
  return answer_read(request, wanted, watch_kind::data, tree_->get(wanted.path));
}

embedded_engine::answer embedded_engine::execute(embedded_request& request,
                                                 exists_request& wanted) {
  return answer_read(request, wanted, watch_kind::exists, tree_->exists(wanted.path));
}

embedded_engine::answer embedded_engine::execute(embedded_request& request,
                                                 children_request& wanted) {
  return answer_read(request, wanted, watch_kind::children, tree_->children(wanted.path));
}

embedded_engine::answer embedded_engine::execute(embedded_request& request, scan_request& wanted) {
  auto& scan = *wanted.scan;
  // Worked on as a copy, because the turn may be undone and the page read again.
  auto position = scan.position;
  if (!scan.begun) {
    auto begun = tree_->begin_scan(scan.path);
    if (!begun)
      return refuse(request, begun.error());
    position = std::move(*begun);
  }
  auto page = tree_->scan(position, scan.options);
  if (!page)
    return refuse(request, page.error());
  answer made;
  made.settle = [this, &request, &wanted, position = std::move(position),
                 page = std::move(*page)](outbox& out) mutable {
    wanted.scan->begun = true;
    wanted.scan->position = std::move(position);
    out.add(*request.where, next_page(*request.where, wanted.scan, std::move(page)));
  };
  return made;
}

/// Runs on the caller's executor: hands over a page, then asks for the next or ends.
std::function<void()> embedded_engine::next_page(executor& where,
                                                 std::shared_ptr<scan_progress> scan,
                                                 std::vector<scanned_node> page) {
  return [pages = pages_, &where, scan = std::move(scan), page = std::move(page)]() mutable {
    scan->nodes += page.size();
    if (!page.empty())
      scan->page(std::move(page));
    if (scan->position.inside.empty())
      return scan->done(scan->nodes);
    embedded_request next{&where, 0, scan_request{scan}};
    const auto queue = pages.lock();
    if (!queue || queue->add_always(next))
      scan->done(unexpected(error::closed));
  };
}

embedded_engine::answer embedded_engine::execute(embedded_request& request, sync_request& wanted) {
  answer made;
  made.settle = [&request, &wanted](outbox& out) {
    out.add(*request.where, [done = std::move(wanted.done)] { done(std::monostate{}); });
  };
  return made;
}

embedded_engine::answer embedded_engine::execute(embedded_request& request,
                                                 attach_request& wanted) {
  answer made;
  made.settle = [this, &request, &wanted](outbox& out) {
    attached_.push_back({wanted.sink, request.where});
    out.add(*request.where, [sink = wanted.sink, now = session()] {
      if (const auto alive = sink.lock())
        alive->on_session({session_state::connected, now});
    });
  };
  return made;
}

embedded_engine::answer embedded_engine::execute(embedded_request& request,
                                                 watches_request& wanted) {
  answer made;
  made.settle = [this, &request, &wanted](outbox& out) {
    out.add(*request.where,
            [done = std::move(wanted.done), found = watches_.list(wanted.which)] { done(found); });
  };
  return made;
}

embedded_engine::answer embedded_engine::execute(embedded_request& request, expire_request&) {
  if (const auto failed = tree_->renew_session(nullptr)) // nobody is left to hear of changes
    return refuse(request, *failed);
  answer made;
  made.settle = [this](outbox& out) {
    watches_.clear();
    tell_session(session_state::expired, session(), out);
    session_ = tree_->session();
    tell_session(session_state::connected, session(), out);
  };
  return made;
}

void embedded_engine::tell_session(session_state state, session_id session, outbox& out) {
  std::erase_if(attached_, [](const attached& a) { return a.sink.expired(); });
  for (const auto& each : attached_)
    out.add(*each.where, [sink = each.sink, event = session_event{state, session}] {
      if (const auto alive = sink.lock())
        alive->on_session(event);
    });
}

} // namespace mqttzoo::zk
