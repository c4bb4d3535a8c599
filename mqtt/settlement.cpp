#include "mqtt/settlement.hpp"

namespace mqttzoo::mqtt {

std::string_view describe(limit which) noexcept {
  switch (which) {
  case limit::none:
    return "no promise can be made for a message";
  case limit::bank:
    return "the bank has no credit left (bank.capacity)";
  case limit::client_share:
    return "the client holds its share of the bank's credit (bank.client.share)";
  case limit::store:
    return "the store has no room";
  case limit::message_bytes:
    return "the message, with all who should get it, is more than the store takes at once";
  case limit::session_queue:
    return "the queue of a session that should get it is full (mqtt.session.queue.*)";
  case limit::retained:
    return "there are too many retained messages (retained.*)";
  case limit::link_frame:
    return "the message is too long for another pod (links.frame.bytes.max)";
  }
  return {};
}

} // namespace mqttzoo::mqtt
