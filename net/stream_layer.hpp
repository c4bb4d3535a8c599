// What stands over a socket that moves: TLS that no loop has at the moment.
//
// Goes with its detached_socket from thread to thread, and becomes a connection over the socket's
// own where that arrives. Dropped with it.
#pragma once

#include <memory>

namespace mqttzoo::net {

class connection;
class loop;

class stream_layer {
public:
  virtual ~stream_layer() = default;

  /// Once, on the thread of `on`. Nobody has attached to `below`.
  virtual std::shared_ptr<connection> raise(loop& on, std::shared_ptr<connection> below) = 0;
};

} // namespace mqttzoo::net
