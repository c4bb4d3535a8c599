#include "sdk/include/mqttzoo/error.hpp"

#include "mqtt/reason_code.hpp"

#include <string>

namespace mqttzoo {
namespace {

const char* text_of(errc e) noexcept {
  switch (e) {
  case errc::outbox_full:
    return "the outbox is full";
  case errc::not_connected:
    return "not connected";
  case errc::connection_lost:
    return "the connection was lost";
  case errc::malformed_packet:
    return "the server sent a malformed packet";
  case errc::packet_too_large:
    return "the packet is too large";
  case errc::invalid_topic:
    return "not a topic name";
  case errc::invalid_filter:
    return "not a topic filter";
  case errc::expired:
    return "the message expired before it could be sent";
  case errc::not_supported:
    return "not supported by this version of the protocol or by the server";
  case errc::keep_alive_timeout:
    return "the server does not answer";
  case errc::closed:
    return "the subscription has ended";
  case errc::too_many_requests:
    return "too many requests wait for an answer";
  case errc::invalid_address:
    return "not an address of a server";
  case errc::store_failed:
    return "the outbox cannot be stored";
  }
  return "unknown error";
}

class client_category_type final : public std::error_category {
public:
  const char* name() const noexcept override { return "mqttzoo"; }
  std::string message(int value) const override { return text_of(static_cast<errc>(value)); }
};

class reason_category_type final : public std::error_category {
public:
  const char* name() const noexcept override { return "mqtt"; }
  std::string message(int value) const override {
    return std::string{mqtt::to_string(static_cast<mqtt::reason_code>(value))};
  }
};

} // namespace

const std::error_category& client_category() noexcept {
  static const client_category_type category;
  return category;
}

const std::error_category& reason_category() noexcept {
  static const reason_category_type category;
  return category;
}

} // namespace mqttzoo
