#include "net/engine_layer.hpp"

#include "net/layered_connection.hpp"

namespace mqttzoo::net {

std::shared_ptr<connection> engine_layer::raise(loop& on, std::shared_ptr<connection> below) {
  if (established_)
    return layered_connection::go_on(on, std::move(below), std::move(engine_), std::move(plain_),
                                     last_);
  return layered_connection::start(on, std::move(below), std::move(engine_));
}

} // namespace mqttzoo::net
