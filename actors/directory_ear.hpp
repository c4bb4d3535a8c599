// How the directory hears of the store's changes; the store knows it weakly.
//
// Made and stopped by the directory, on whose thread it is called.
#pragma once

#include "actors/directory.hpp"

#include <functional>
#include <utility>

namespace mqttzoo::actors {

class directory::ear final : public zk::watch_sink {
public:
  ear(std::function<void(const zk::watch_event&)> watch,
      std::function<void(const zk::session_event&)> session)
      : watch_(std::move(watch)), session_(std::move(session)) {}

  void on_watch(const zk::watch_event& event) override {
    if (!stopped_)
      watch_(event);
  }
  void on_session(const zk::session_event& event) override {
    if (!stopped_)
      session_(event);
  }
  void stop() noexcept { stopped_ = true; }

private:
  const std::function<void(const zk::watch_event&)> watch_;
  const std::function<void(const zk::session_event&)> session_;
  bool stopped_ = false;
};

} // namespace mqttzoo::actors
