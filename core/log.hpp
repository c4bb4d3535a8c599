// Structured logging on stderr: one line an event, as key=value text or as JSON.
//
// Each source folder has a `logger`, a constant that names it; the levels and the form are
// process-wide and set by `configure_log` at start and on reload. Safe from any thread: a line is
// built on the stack and leaves in a single write(2) of at most PIPE_BUF bytes, so lines never
// interleave. A disabled line costs one relaxed load. Strings from clients are escaped and cut;
// payloads are never logged at info.
//
//   constexpr core::logger log{core::log_folder::net};
//   log.warn("slow reader disconnected", {{"client", id.str()}, {"outbox_bytes", n}});
#pragma once

#include "core/log_level.hpp"

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace mqttzoo::core {

struct log_settings;

/// Sets levels and form for the whole process. Any thread.
void configure_log(const log_settings& settings) noexcept;

/// Sends lines to another descriptor than stderr (tests); the caller keeps it open. Any thread.
void redirect_log(int fd) noexcept;

/// A key and a value that lives until the call returns. Keys are literals: lower case, units last.
class log_field {
public:
  using value_type = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  log_field(std::string_view key, std::string_view value) : key_(key), value_(value) {}
  log_field(std::string_view key, const std::string& value)
      : key_(key), value_(std::string_view{value}) {}
  log_field(std::string_view key, const char* value) : key_(key), value_(std::string_view{value}) {}
  log_field(std::string_view key, bool value) : key_(key), value_(value) {}
  log_field(std::string_view key, double value) : key_(key), value_(value) {}
  template<std::signed_integral T>
  log_field(std::string_view key, T value) : key_(key), value_(std::int64_t{value}) {}
  template<std::unsigned_integral T>
  requires(!std::same_as<T, bool>) log_field(std::string_view key, T value)
      : key_(key), value_(std::uint64_t{value}) {}

  std::string_view key() const noexcept { return key_; }
  const value_type& value() const noexcept { return value_; }

private:
  std::string_view key_;
  value_type value_;
};

using log_fields = std::initializer_list<log_field>;

/// Lets a burst through and counts the rest, for lines that a hostile client could cause at will.
/// Static storage, any thread.
class log_throttle {
public:
  constexpr log_throttle(std::uint32_t lines, std::chrono::milliseconds per) noexcept
      : lines_(lines), period_(per) {}

  /// Whether a line may be written at `now`; if so, how many were swallowed since the last one.
  bool admit(std::chrono::steady_clock::time_point now, std::uint64_t& swallowed) noexcept;

private:
  const std::uint32_t lines_;
  const std::chrono::milliseconds period_;
  std::atomic<std::int64_t> period_start_ns_{0};
  std::atomic<std::uint32_t> written_{0};
  std::atomic<std::uint64_t> swallowed_{0};
};

class logger {
public:
  constexpr explicit logger(log_folder folder) noexcept : folder_(folder) {}

  bool enabled(log_level level) const noexcept {
    return level >= levels_[static_cast<std::size_t>(folder_)].load(std::memory_order_relaxed);
  }

  /// `event` is a literal that says what happened; what varies goes into fields.
  void log(log_level level, std::string_view event, log_fields fields = {}) const noexcept {
    if (enabled(level))
      write(level, event, fields, 0);
  }
  void trace(std::string_view event, log_fields fields = {}) const noexcept {
    log(log_level::trace, event, fields);
  }
  void debug(std::string_view event, log_fields fields = {}) const noexcept {
    log(log_level::debug, event, fields);
  }
  void info(std::string_view event, log_fields fields = {}) const noexcept {
    log(log_level::info, event, fields);
  }
  void warn(std::string_view event, log_fields fields = {}) const noexcept {
    log(log_level::warn, event, fields);
  }
  void error(std::string_view event, log_fields fields = {}) const noexcept {
    log(log_level::error, event, fields);
  }

  /// As `log`, but a flood is cut; the next line let through says how many were `swallowed`.
  void log(log_throttle& throttle, log_level level, std::string_view event,
           log_fields fields = {}) const noexcept {
    std::uint64_t swallowed = 0;
    if (enabled(level) && throttle.admit(std::chrono::steady_clock::now(), swallowed))
      write(level, event, fields, swallowed);
  }

private:
  friend void configure_log(const log_settings&) noexcept;

  void write(log_level level, std::string_view event, log_fields fields,
             std::uint64_t swallowed) const noexcept;

  static std::atomic<log_level> levels_[log_folder_count];

  log_folder folder_;
};

} // namespace mqttzoo::core
