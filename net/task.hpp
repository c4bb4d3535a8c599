// A callable that is run once: what is posted to a loop.
//
// Move-only, so that it can own a socket. Small callables stand in the object itself, and a post
// costs no allocation. Not thread-safe in itself; a task may be run on another thread than it was
// made on.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace mqttzoo::net {

class task {
public:
  template<class F>
  requires(!std::same_as<std::remove_cvref_t<F>, task> && std::invocable<std::remove_cvref_t<F>&>)
      task(F&& f) {
    using callable = std::remove_cvref_t<F>;
    if constexpr (fits<callable>) {
      new (storage_) callable(std::forward<F>(f));
      operations_ = &inline_operations<callable>;
    } else {
      auto boxed = std::make_unique<callable>(std::forward<F>(f));
      *this = task{[boxed = std::move(boxed)] { (*boxed)(); }};
    }
  }
  task(task&& other) noexcept : operations_(std::exchange(other.operations_, nullptr)) {
    if (operations_)
      operations_->relocate(storage_, other.storage_);
  }
  task& operator=(task&& other) noexcept {
    if (this != &other) {
      reset();
      operations_ = std::exchange(other.operations_, nullptr);
      if (operations_)
        operations_->relocate(storage_, other.storage_);
    }
    return *this;
  }
  ~task() { reset(); }

  void operator()() { operations_->call(storage_); }

private:
  static constexpr std::size_t storage_bytes = 56;

  struct operations {
    void (*call)(void*);
    void (*relocate)(void* to, void* from) noexcept;
    void (*destroy)(void*) noexcept;
  };

  template<class F>
  static constexpr bool
      fits = sizeof(F) <= storage_bytes &&
             alignof(F) <= alignof(void*) && std::is_nothrow_move_constructible_v<F>;

  template<class F>
  static constexpr operations inline_operations{
      [](void* f) { (*static_cast<F*>(f))(); },
      [](void* to, void* from) noexcept {
        new (to) F(std::move(*static_cast<F*>(from)));
        static_cast<F*>(from)->~F();
      },
      [](void* f) noexcept { static_cast<F*>(f)->~F(); },
  };

  void reset() noexcept {
    if (const auto* old = std::exchange(operations_, nullptr))
      old->destroy(storage_);
  }

  const operations* operations_ = nullptr;
  alignas(void*) std::byte storage_[storage_bytes];
};

} // namespace mqttzoo::net
