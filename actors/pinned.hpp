// Actors pinned to a unit: whoever sends to them, they run on that unit's thread.
//
// `pinned<Base>` is mixed into CAF's event-based actors, typed or not. Measured: a message to a
// pinned actor costs 200-250 ns of CPU where CAF's own scheduler takes 400-600 ns and 50-100 us to
// wake; a handler run inline costs 7 ns.
#pragma once

#include "actors/actor_record.hpp"
#include "actors/thread_sanitizer.hpp"
#include "actors/unit_services.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_config.hpp>
#include <caf/actor_system.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <exception>
#include <string>
#include <utility>

namespace mqttzoo::actors {

template<class Base>
class pinned : public Base, public actor_record {
public:
  pinned(caf::actor_config& config, unit_services& services)
      : Base(config), services_(services), host_(*config.host) {}

  using Base::enqueue;
  void enqueue(caf::mailbox_element_ptr element, caf::execution_unit*) override {
    hand_over(this);
    note_arrival();
    Base::enqueue(std::move(element), &host_);
  }

  caf::invoke_message_result consume(caf::mailbox_element& element) override {
    taken_over(this);
    note_message();
    try {
      return Base::consume(element);
    } catch (...) {
      on_failure();
      throw; // CAF ends the actor
    }
  }

  const char* kind() const noexcept override { return this->name(); }

  /// Its unit has a reference to it until afterwards.
  caf::resumable::resume_result resume(caf::execution_unit* host,
                                       std::size_t messages_max) override {
    note_depth();
    const auto began = begin_run();
    const auto result = Base::resume(host, messages_max);
    end_run(began);
    return result;
  }

  void initialize() override {
    services_.actors.join(*this, now());
    Base::initialize();
  }

  void intrusive_ptr_release_impl() override {
    hand_over(this); // to whoever drops the last reference
    Base::intrusive_ptr_release_impl();
  }

  /// Drops what is left in the mailbox.
  bool cleanup(caf::error&& why, caf::execution_unit* host) override {
    taken_over(this);
    services_.actors.leave(*this);
    return Base::cleanup(std::move(why), host);
  }

  void on_destroy() override {
    taken_over(this);
    Base::on_destroy();
  }

  void launch(caf::execution_unit*, bool lazy, bool hide) override {
    Base::launch(&host_, lazy, hide);
  }

  /// CAF must not move it to its scheduler's workers.
  caf::resumable::subtype_t subtype() const override { return caf::resumable::io_actor; }

protected:
  unit_services& services() noexcept { return services_; }
  const unit_services& services() const noexcept { return services_; }
  pod_services& pod() noexcept { return *services_.pod; }
  const pod_services& pod() const noexcept { return *services_.pod; }
  net::time_point now() const noexcept { return services_.now(); }

  /// It ends at once because of an exception; on_exit() follows.
  virtual void on_failure() noexcept {}

  /// Runs `f` as this actor, now, on the unit's thread: for socket and timer events and for
  /// delivery from an actor of the same unit. Must not be called while this actor runs. False if
  /// the actor has ended.
  template<class F>
  bool run_inline(F&& f) {
    if (!this->activate(&host_))
      return false;
    const auto began = begin_run();
    try {
      f();
    } catch (...) {
      on_failure();
      auto error = std::current_exception();
      this->quit(caf::scheduled_actor::default_exception_handler(this, error));
    }
    end_run(began);
    return !this->finalize();
  }

  /// `f` as a completion: runs as this actor, and keeps it until then. As run_inline(), not from
  /// within this actor.
  template<class F>
  auto as_this(F f) {
    return [this, self = caf::actor_cast<caf::strong_actor_ptr>(this),
            f = std::move(f)](auto&& result) mutable {
      run_inline([&] { f(std::forward<decltype(result)>(result)); });
    };
  }

private:
  caf::strong_actor_ptr hold() noexcept override {
    auto* control = caf::actor_control_block::from(this);
    return caf::intrusive_ptr_upgrade_weak(control) ? caf::strong_actor_ptr{control, false}
                                                    : nullptr;
  }

  unit_services& services_;
  caf::execution_unit& host_;
};

/// The base of the actor class that implements the typed interface `Handle`.
template<class Handle>
using pinned_base = pinned<typename Handle::base>;

/// Spawns actor class `T` on `services`' unit. Thread-safe.
template<class T, class... Ts>
auto spawn_on(unit_services& services, caf::actor_system& system, Ts&&... xs) {
  caf::actor_config config{services.host};
  return system.spawn_class<T, caf::no_spawn_options>(config, services, std::forward<Ts>(xs)...);
}

} // namespace mqttzoo::actors
