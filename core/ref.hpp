// Intrusive reference counting for what is shared between threads by the million.
//
// A `ref` is one pointer wide and an object is one allocation; std::shared_ptr would be two words
// in every queue entry. Counts are atomic; the objects are immutable or say themselves who may
// touch them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace mqttzoo {

/// Base of objects held by `ref`. Starts with one reference, which adopt_ref() takes over.
class ref_counted {
public:
  ref_counted(const ref_counted&) = delete;
  ref_counted& operator=(const ref_counted&) = delete;

  void retain_ref() const noexcept { count_.fetch_add(1, std::memory_order_relaxed); }

  /// Drops one reference and destroys the object with the last.
  void release_ref() const noexcept {
    if (count_.load(std::memory_order_acquire) == 1 ||
        count_.fetch_sub(1, std::memory_order_acq_rel) == 1)
      destroy();
  }

  bool unique() const noexcept { return count_.load(std::memory_order_acquire) == 1; }

protected:
  ref_counted() = default;
  virtual ~ref_counted() = default;

  /// How the object goes; a class with trailing storage overrides it.
  virtual void destroy() const noexcept { delete this; }

private:
  mutable std::atomic<std::uint32_t> count_{1};
};

/// Owning pointer to a `ref_counted`. Copying is one relaxed increment.
template<class T>
class ref {
public:
  ref() = default;
  ref(std::nullptr_t) {}
  ref(const ref& other) noexcept : ptr_(other.ptr_) { acquire(); }
  ref(ref&& other) noexcept : ptr_(std::exchange(other.ptr_, nullptr)) {}
  template<class U>
  ref(const ref<U>& other) noexcept : ptr_(other.get()) {
    acquire();
  }
  template<class U>
  ref(ref<U>&& other) noexcept : ptr_(other.detach()) {}
  ~ref() {
    if (ptr_)
      ptr_->release_ref();
  }
  ref& operator=(ref other) noexcept {
    std::swap(ptr_, other.ptr_);
    return *this;
  }

  T* get() const noexcept { return ptr_; }
  T* operator->() const noexcept { return ptr_; }
  T& operator*() const noexcept { return *ptr_; }
  explicit operator bool() const noexcept { return ptr_ != nullptr; }
  bool operator==(const ref& other) const noexcept { return ptr_ == other.ptr_; }

  /// The same object as a type the caller knows it to be.
  template<class U>
  ref<U> downcast() const noexcept {
    acquire();
    return ref<U>::adopt(static_cast<U*>(ptr_));
  }

  /// Gives the reference up without dropping it.
  T* detach() noexcept { return std::exchange(ptr_, nullptr); }

  /// Takes over a reference that already counts.
  static ref adopt(T* raw) noexcept {
    ref r;
    r.ptr_ = raw;
    return r;
  }

private:
  void acquire() const noexcept {
    if (ptr_)
      ptr_->retain_ref();
  }

  T* ptr_ = nullptr;
};

template<class T, class... Ts>
ref<T> make_ref(Ts&&... xs) {
  return ref<T>::adopt(new T(std::forward<Ts>(xs)...));
}

} // namespace mqttzoo
