#include "actors/unit.hpp"

#include <caf/actor_system.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

namespace mqttzoo::actors {

unit::unit(caf::actor_system& system, net::loop& loop)
    : caf::execution_unit(&system), loop_(loop) {}

unit::~unit() {
  using caf::scheduler::abstract_coordinator;
  for (auto* job : jobs_)
    abstract_coordinator::cleanup_and_release(job);
  for (auto* job : inbox_)
    abstract_coordinator::cleanup_and_release(job);
}

void unit::exec_later(caf::resumable* job) {
  if (job->subtype() != caf::resumable::io_actor) {
    system().scheduler().enqueue(job);
    return;
  }
  if (loop_.in_thread()) {
    jobs_.push_back(job);
    if (!armed_) {
      armed_ = true;
      loop_.post([this] { run_jobs(); });
    }
    return;
  }
  bool first = false;
  {
    std::lock_guard guard{inbox_mutex_};
    first = inbox_.empty();
    inbox_.push_back(job);
  }
  if (first)
    loop_.post([this] { take_inbox(); });
}

void unit::take_inbox() {
  {
    std::lock_guard guard{inbox_mutex_};
    taken_.swap(inbox_);
  }
  jobs_.insert(jobs_.end(), taken_.begin(), taken_.end());
  taken_.clear();
  if (!armed_) {
    armed_ = true;
    run_jobs();
  }
}

void unit::run_jobs() {
  const auto until = loop_.now() + turn_max;
  for (std::size_t n = 1; n <= jobs_per_turn_max && !jobs_.empty(); ++n) {
    auto* job = jobs_.front();
    jobs_.pop_front();
    const auto left = run(job);
    if ((left == mailbox::filled || n % jobs_between_looks == 0) && loop_.now() >= until)
      break;
  }
  if (jobs_.empty())
    armed_ = false;
  else
    loop_.post([this] { run_jobs(); }); // sockets and timers first
}

unit::mailbox unit::run(caf::resumable* job) {
  switch (job->resume(this, messages_per_job_max)) {
  case caf::resumable::resume_later:
    jobs_.push_back(job); // keeps its reference
    return mailbox::filled;
  case caf::resumable::shutdown_execution_unit:
    break; // CAF's own helper, never owned
  default:
    intrusive_ptr_release(job); // the one that enqueue() added
  }
  return mailbox::drained;
}

} // namespace mqttzoo::actors
