// Opens connections of `mqttzoo bench` at a rate.
//
// Part of a bench_run, on its thread.
#pragma once

#include "tools/cli/bench/steady_time.hpp"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>

namespace mqttzoo::cli {

class connector {
public:
  explicit connector(boost::asio::io_context& loop) : timer_(loop) {}

  /// Calls `open` with 0 to `count` - 1, `rate` a second.
  void begin(std::size_t count, std::size_t rate, std::function<void(std::size_t)> open) {
    count_ = count;
    rate_ = static_cast<double>(rate);
    open_ = std::move(open);
    next_ = 0;
    began_ns_ = steady_ns();
    some();
  }
  void stop() {
    count_ = next_;
    timer_.cancel();
  }

private:
  void some() {
    const auto elapsed_s = static_cast<double>(steady_ns() - began_ns_) / 1e9;
    const auto due =
        static_cast<std::size_t>(std::min(static_cast<double>(count_), 1 + elapsed_s * rate_));
    while (next_ < due)
      open_(next_++);
    if (next_ >= count_)
      return;
    timer_.expires_after(std::chrono::milliseconds{1});
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error)
        some();
    });
  }

  boost::asio::steady_timer timer_;
  std::function<void(std::size_t)> open_;
  std::size_t count_ = 0, next_ = 0;
  double rate_ = 0;
  std::int64_t began_ns_ = 0;
};

} // namespace mqttzoo::cli
