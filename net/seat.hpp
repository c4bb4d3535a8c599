// How many connections are open, and may be: in all, and of one address.
//
// One `seating` is shared by the listeners of a pod and every connection they accepted; a `seat`
// goes with its socket from thread to thread and is free again when the socket is closed. A
// listener with a bound of its own has a part of the pod's seats: who takes one there takes one of
// the pod's. Thread-safe.
#pragma once

#include "core/expected.hpp"
#include "core/ref.hpp"
#include "net/address_book.hpp"
#include "net/seat_refusal.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace mqttzoo::net {

class seating;

/// Counts one open connection, or none when empty.
class seat {
public:
  seat() = default;
  seat(seat&& other) noexcept
      : in_(std::move(other.in_)), from_(std::exchange(other.from_, nullptr)) {}
  seat& operator=(seat&& other) noexcept;
  ~seat() { release(); }

  void release() noexcept;

private:
  friend class seating;
  explicit seat(ref<seating> in) noexcept : in_(std::move(in)) {}
  void forget_address() noexcept;

  ref<seating> in_;
  address_book::entry* from_ = nullptr; ///< null: not counted by its address
};

class seating final : public ref_counted {
public:
  /// Who got a seat, or why not; and whether an address was forgotten for that.
  struct answer {
    expected<seat, seat_refusal> is;
    bool forgot_address = false;
  };

  explicit seating(std::size_t seats_max, ref<seating> whole = nullptr) noexcept
      : max_(seats_max), whole_(std::move(whole)) {}

  /// For whoever comes. Nothing when all are taken, here or of the whole.
  std::optional<seat> take() noexcept {
    if (!count())
      return std::nullopt;
    retain_ref();
    return seat{ref<seating>::adopt(this)};
  }

  /// For `peer`, if there is one for its address. Another address takes another seat.
  answer take(const endpoint& peer, address_book::time_point now);
  /// It turned out that `peer` has the seat: a proxy said so. Whose it seemed to be has it no more.
  static answer name(seat place, const endpoint& peer, address_book::time_point now);

  /// Here; whether the whole has one is another question.
  bool full() const noexcept { return taken() >= max_.load(std::memory_order_relaxed); }
  std::size_t taken() const noexcept { return taken_.load(std::memory_order_relaxed); }
  /// For connections that come; those that are open stay.
  void set_max(std::size_t seats_max) noexcept { max_.store(seats_max, std::memory_order_relaxed); }

  /// Of the whole.
  address_book& addresses() noexcept { return all().addresses_; }

private:
  friend class seat;

  seating& all() noexcept { return whole_ ? whole_->all() : *this; }

  bool count() noexcept {
    const bool free =
        taken_.fetch_add(1, std::memory_order_relaxed) < max_.load(std::memory_order_relaxed);
    if (free && (!whole_ || whole_->count()))
      return true;
    taken_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }

  void discount() noexcept {
    taken_.fetch_sub(1, std::memory_order_relaxed);
    if (whole_)
      whole_->discount();
  }

  std::atomic<std::size_t> max_;
  std::atomic<std::size_t> taken_{0};
  const ref<seating> whole_;
  address_book addresses_; ///< the whole's counts
};

inline void seat::forget_address() noexcept {
  if (from_)
    in_->all().addresses_.go(*std::exchange(from_, nullptr));
}

inline void seat::release() noexcept {
  forget_address();
  if (in_)
    in_->discount();
  in_ = nullptr;
}

inline seat& seat::operator=(seat&& other) noexcept {
  release();
  in_ = std::move(other.in_);
  from_ = std::exchange(other.from_, nullptr);
  return *this;
}

/// The seat first: the book has a place for each.
inline seating::answer seating::take(const endpoint& peer, address_book::time_point now) {
  auto place = take();
  if (!place)
    return {unexpected{seat_refusal::all_taken}, false};
  return name(std::move(*place), peer, now);
}

inline seating::answer seating::name(seat place, const endpoint& peer,
                                     address_book::time_point now) {
  auto& all = place.in_->all();
  place.forget_address();
  const auto a = all.addresses_.come(peer, all.max_.load(std::memory_order_relaxed), now);
  using verdict = address_book::verdict;
  if (a.says != verdict::welcome)
    return {unexpected{a.says == verdict::too_fast ? seat_refusal::address_too_fast
                                                   : seat_refusal::address_has_too_many},
            a.forgot};
  place.from_ = a.at;
  return {std::move(place), a.forgot};
}

} // namespace mqttzoo::net
