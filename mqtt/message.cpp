#include "mqtt/message.hpp"

#include <algorithm>
#include <new>

namespace mqttzoo::mqtt {

ref<const message> message::make(message_head head, std::string_view forwarded,
                                 std::string_view payload) {
  void* memory = ::operator new(sizeof(message) + forwarded.size() + payload.size());
  return ref<const message>::adopt(new (memory) message(std::move(head), forwarded, payload));
}

message::message(message_head head, std::string_view forwarded, std::string_view payload) noexcept
    : mark_(head.trace), head_(std::move(head)),
      forwarded_size_(static_cast<std::uint32_t>(forwarded.size())),
      payload_size_(static_cast<std::uint32_t>(payload.size())) {
  auto* out = reinterpret_cast<char*>(this + 1);
  out = std::copy(forwarded.begin(), forwarded.end(), out);
  std::copy(payload.begin(), payload.end(), out);
}

void message::destroy() const noexcept {
  auto* self = const_cast<message*>(this);
  self->~message();
  ::operator delete(self);
}

} // namespace mqttzoo::mqtt
