// How an actor hears that it must look at the store anew: what it watches has changed, or the link
// to the store is back.
//
// Made and held by the actor, which lets go of it when it ends; the store knows it weakly. Called
// on the unit's thread.
#pragma once

#include "actors/unit_services.hpp"

#include <functional>
#include <utility>

namespace mqttzoo::actors {

class store_ear final : public zk::watch_sink {
public:
  /// `whose`: the actor's name, a literal. Both functions are to run as the actor themselves.
  store_ear(const pod_services& pod, const char* whose, std::function<void()> changed,
            std::function<void()> is_back)
      : pod_(pod), whose_(whose), changed_(std::move(changed)), is_back_(std::move(is_back)) {}

  std::string_view whose() const noexcept override { return whose_; }
  zk::watch_room room() const noexcept override { return zk::watch_room::reserved; }

  void on_watch(const zk::watch_event& event) override {
    if (event.session == pod_.store->session()) // else of a session that is over
      changed_();
  }
  void on_session(const zk::session_event& event) override {
    if (event.state == zk::session_state::connected)
      is_back_();
  }

private:
  const pod_services& pod_;
  const char* whose_;
  const std::function<void()> changed_;
  const std::function<void()> is_back_;
};

} // namespace mqttzoo::actors
