// The log's lines, kept from the standard error for as long as this lives.
//
// One at a time. Lines beyond what a pipe holds, some 64 KiB, are waited for by nobody and lost.
#pragma once

#include "core/log.hpp"
#include "core/settings.hpp"

#include <caf/test/dsl.hpp>

#include <array>
#include <fcntl.h>
#include <string>
#include <unistd.h>

namespace mqttzoo::test {

class captured_log {
public:
  explicit captured_log(core::log_level level) {
    CAF_REQUIRE_EQUAL(::pipe2(ends_.data(), O_NONBLOCK | O_CLOEXEC), 0);
    core::log_settings s;
    s.level = level;
    core::configure_log(s);
    core::redirect_log(ends_[1]);
  }
  captured_log(const captured_log&) = delete;
  captured_log& operator=(const captured_log&) = delete;
  ~captured_log() {
    core::redirect_log(STDERR_FILENO);
    core::configure_log(core::settings{}.log);
    ::close(ends_[0]);
    ::close(ends_[1]);
  }

  /// All that came since the last call.
  std::string take() const {
    std::string all;
    std::array<char, 4096> some{};
    for (ssize_t n = 0; (n = ::read(ends_[0], some.data(), some.size())) > 0;)
      all.append(some.data(), static_cast<std::size_t>(n));
    return all;
  }

private:
  std::array<int, 2> ends_{};
};

} // namespace mqttzoo::test
