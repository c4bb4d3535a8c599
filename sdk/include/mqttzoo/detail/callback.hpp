// A function object that is called once and may own what cannot be copied.
//
// Lives in the queues of one client, on its strand; std::function would ask for copies.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace mqttzoo::sdk {

template<class Signature>
class callback;

template<class... Args>
class callback<void(Args...)> {
public:
  callback() = default;
  template<class F>
  requires(!std::is_same_v<std::decay_t<F>, callback>) callback(F&& f)
      : target_(std::make_unique<holder<std::decay_t<F>>>(std::forward<F>(f))) {}

  explicit operator bool() const noexcept { return target_ != nullptr; }

  /// Calls it, if there is one, and is empty before it does.
  void operator()(Args... args) {
    if (const auto target = std::move(target_))
      target->call(std::forward<Args>(args)...);
  }

private:
  struct base {
    base() = default;
    base(const base&) = delete;
    base& operator=(const base&) = delete;
    virtual ~base() = default;
    virtual void call(Args... args) = 0;
  };
  template<class F>
  struct holder final : base {
    explicit holder(F f) : function(std::move(f)) {}
    void call(Args... args) override { function(std::forward<Args>(args)...); }
    F function;
  };

  std::unique_ptr<base> target_;
};

} // namespace mqttzoo::sdk
