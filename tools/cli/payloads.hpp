// Where `mqttzoo pub` gets one payload after the other from: lines of the standard input, or the
// same payload again and again.
//
// Owned by a publisher, whose only thread is the io_context's. Nothing here waits: who finds no
// payload asks to be called.
#pragma once

#include "tools/cli/options.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace mqttzoo::cli {

class payloads {
public:
  enum class answer : std::uint8_t {
    taken,
    later, ///< nothing is there yet: call when_there
    over   ///< nothing will come any more
  };

  virtual ~payloads() = default;

  /// Puts the next one into `into`.
  virtual answer take(std::string& into) = 0;
  /// Calls `go_on` once, from the loop, when take may have something.
  virtual void when_there(std::function<void()> go_on) = 0;
};

/// Those of `o.from`, which refers to `o` as long as it lives.
std::unique_ptr<payloads> payloads_of(const options& o, boost::asio::io_context& on);

} // namespace mqttzoo::cli
