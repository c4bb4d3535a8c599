#include "actors/unit_allowance.hpp"

#include "actors/unit_services.hpp"
#include "zk/ledger.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr std::size_t kib = 1024;

std::size_t kib_of(std::size_t bytes) noexcept {
  return (bytes + kib - 1) / kib;
}

} // namespace

unit_allowance::unit_allowance(unit_services& unit)
    : unit_(unit), credits_per_kib_(ttl_of(unit.settings.bank).least.count()) {}

unit_allowance::~unit_allowance() {
  unit_.timers->cancel(*this);
}

void unit_allowance::start(std::function<void()> ready) {
  on_due(unit_.now());
  if (asked_credits_ == 0)
    return ready();
  ready_ = std::move(ready);
}

bool unit_allowance::reserve(std::size_t bytes) {
  if (bytes > free_bytes()) {
    unit_.counters.memory_refusals.add();
    ask(bytes - free_bytes());
    return false;
  }
  use(used_bytes_ + bytes);
  ask_if_low();
  return true;
}

void unit_allowance::release(std::size_t bytes) noexcept {
  use(used_bytes_ - bytes);
}

void unit_allowance::use(std::size_t bytes) noexcept {
  used_bytes_ = bytes;
  least_free_bytes_ = std::min(least_free_bytes_, free_bytes());
  unit_.counters.memory_bytes.set(bytes);
}

void unit_allowance::ask_if_low() {
  if (const auto ahead = ahead_bytes(); free_bytes() < ahead - ahead / 4)
    ask(0);
}

std::size_t unit_allowance::ahead_bytes() const noexcept {
  const auto sharers = unit_.pod->units.size() * unit_.pod->members.load(std::memory_order_relaxed);
  const auto part = unit_.settings.bank.capacity_bytes / advance_part / sharers;
  return std::clamp(used_bytes_, part, advance_growth * part);
}

/// So that `least_bytes` more than it has can be reserved, and then some.
void unit_allowance::ask(std::size_t least_bytes) {
  if (asked_credits_ != 0 || unit_.now() < ask_again_at_)
    return;
  const auto least = kib_of(least_bytes);
  // What is of use at once comes in addition to what is free, unless that was not enough.
  const auto ahead = ahead_bytes() / kib;
  const auto free = least_bytes > 0 ? 0 : free_bytes() / kib;
  const auto wanted = least + (ahead > free ? ahead - free : 0);
  if (wanted == 0)
    return;
  asked_credits_ = static_cast<std::int64_t>(wanted) * credits_per_kib_;
  caf::anon_send(unit_.pod->bank, lend_atom::value,
                 loan_request{unit_.index, static_cast<std::int64_t>(least) * credits_per_kib_,
                              asked_credits_});
}

void unit_allowance::lent(const loan& l) {
  if (l.credits < asked_credits_)
    ask_again_at_ = unit_.now() + ask_pause;
  asked_credits_ = 0;
  const auto usable = l.credits / credits_per_kib_;
  lent_bytes_ += static_cast<std::size_t>(usable) * kib;
  least_free_bytes_ = std::min(least_free_bytes_, free_bytes());
  if (const auto odd = l.credits % credits_per_kib_; odd != 0)
    caf::anon_send(unit_.pod->bank, repay_atom::value, loan{unit_.index, odd});
  if (ready_)
    std::exchange(ready_, nullptr)();
}

void unit_allowance::on_due(net::time_point now) {
  const auto keep = ahead_bytes();
  const auto spare = (least_free_bytes_ > keep ? least_free_bytes_ - keep : 0) / kib;
  if (spare > 0) {
    lent_bytes_ -= spare * kib;
    caf::anon_send(unit_.pod->bank, repay_atom::value,
                   loan{unit_.index, static_cast<std::int64_t>(spare) * credits_per_kib_});
  }
  least_free_bytes_ = free_bytes();
  ask_if_low();
  unit_.timers->schedule(*this, now + look_interval);
}

} // namespace mqttzoo::actors
