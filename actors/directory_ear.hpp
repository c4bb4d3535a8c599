// How the directory hears of the store's changes; the store knows both ears weakly.
//
// Made by the directory, on whose thread they are called: one ear for its session and what it
// watches as long as it lives, which it stops, and one for each bucket, which it lets go of.
#pragma once

#include "actors/directory.hpp"

#include <functional>
#include <optional>
#include <utility>

namespace mqttzoo::actors {

class directory::ear final : public zk::watch_sink {
public:
  ear(std::function<void(const zk::watch_event&)> watch,
      std::function<void(const zk::session_event&)> session)
      : watch_(std::move(watch)), session_(std::move(session)) {}

  std::string_view whose() const noexcept override { return "directory"; }
  zk::watch_room room() const noexcept override { return zk::watch_room::reserved; }
  void on_watch(const zk::watch_event& event) override {
    if (!stopped_)
      watch_(event);
  }
  void on_session(const zk::session_event& event) override {
    if (stopped_)
      return;
    if (listens_)
      session_(event);
    else
      first_ = event;
  }
  /// From now on it calls back; what it heard before, when its owner was at work itself, is
  /// returned.
  std::optional<zk::session_event> listen() noexcept {
    listens_ = true;
    return first_;
  }
  void stop() noexcept { stopped_ = true; }

private:
  const std::function<void(const zk::watch_event&)> watch_;
  const std::function<void(const zk::session_event&)> session_;
  std::optional<zk::session_event> first_;
  bool listens_ = false;
  bool stopped_ = false;
};

/// Of one bucket: topics come and go without end, and their watches with them.
class directory::bucket_ear final : public zk::watch_sink {
public:
  explicit bucket_ear(directory& of) : directory_(of) {}

  std::string_view whose() const noexcept override { return "directory"; }
  void on_watch(const zk::watch_event& event) override {
    directory_.run_inline([&] { directory_.changed(event); });
  }

private:
  directory& directory_;
};

} // namespace mqttzoo::actors
