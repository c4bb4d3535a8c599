// TLS or WebSocket of a client that has just come, or that moves to another loop.
#pragma once

#include "net/stream_engine.hpp"
#include "net/stream_layer.hpp"

#include <memory>
#include <string>
#include <utility>

namespace mqttzoo::net {

class engine_layer final : public stream_layer {
public:
  /// The server's end of a handshake that has not begun.
  explicit engine_layer(std::unique_ptr<stream_engine> engine) : engine_(std::move(engine)) {}
  /// Established; `plain` was unwrapped and not consumed, and `last` says whether more may follow.
  engine_layer(std::unique_ptr<stream_engine> engine, std::string plain,
               stream_engine::reading last)
      : engine_(std::move(engine)), plain_(std::move(plain)), last_(last), established_(true) {}

  std::shared_ptr<connection> raise(loop& on, std::shared_ptr<connection> below) override;

private:
  std::unique_ptr<stream_engine> engine_;
  std::string plain_;
  stream_engine::reading last_ = stream_engine::reading::goes_on;
  bool established_ = false;
};

} // namespace mqttzoo::net
