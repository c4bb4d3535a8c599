// What every kind of ZooKeeper request does once it is sent: it knows its client, and is taken back
// from the library when the answer comes.
//
// For the files that implement requests.
#pragma once

#include "zk/zookeeper_client.hpp"

#include <memory>

namespace mqttzoo::zk {

class sent_request : public zookeeper_request {
public:
  using zookeeper_request::zookeeper_request;
  zookeeper_client& client() const noexcept { return *client_; }

protected:
  void sent_over(const zookeeper_link& link) noexcept { client_ = &link.client; }

private:
  zookeeper_client* client_ = nullptr;
};

/// The request behind the pointer that the library was given with it: ours again.
template<class Request>
std::unique_ptr<Request> take_back(const void* data, int code) {
  auto* self = static_cast<Request*>(const_cast<void*>(data));
  self->client().answered(*self, code);
  return std::unique_ptr<Request>{self};
}

} // namespace mqttzoo::zk
