// `-D command identifier value` of the command line.
#include "tools/cli/options.hpp"

#include <charconv>
#include <limits>

namespace mqttzoo::cli {
namespace {

const std::string not_known = "Invalid property name given in --property argument.";

/// False if `text` is no number that fits.
template<class Number>
bool read(const std::string& text, Number& into) {
  const auto* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, into);
  return parsed.ec == std::errc{} && parsed.ptr == end;
}

std::string no_number(const std::string& identifier, const std::string& value) {
  return "Invalid value '" + value + "' of property " + identifier + '.';
}

std::string of_message(message_properties& p, const std::string& identifier,
                       const std::string& value, const std::string& second) {
  std::uint32_t number = 0;
  if (identifier == "content-type")
    p.content_type = value;
  else if (identifier == "response-topic")
    p.response_topic = value;
  else if (identifier == "correlation-data")
    p.correlation_data = value;
  else if (identifier == "user-property")
    p.users.emplace_back(value, second);
  else if (identifier == "topic-alias")
    return read(value, number) ? "" : no_number(identifier, value); // given by the client itself
  else if (identifier == "payload-format-indicator" || identifier == "message-expiry-interval") {
    if (!read(value, number))
      return no_number(identifier, value);
    if (identifier == "message-expiry-interval")
      p.expiry_s = number;
    else
      p.payload_is_utf8 = number == 1;
  } else {
    return not_known;
  }
  return {};
}

std::string of_connect(client_options& c, const std::string& identifier, const std::string& value,
                       const std::string& second) {
  std::uint32_t number = 0;
  if (identifier == "user-property") {
    c.connect_users.emplace_back(value, second);
    return {};
  }
  if (!read(value, number))
    return no_number(identifier, value);
  const bool is_small = number <= std::numeric_limits<std::uint16_t>::max();
  if (identifier == "session-expiry-interval")
    c.session_expiry_s = number;
  else if (identifier == "maximum-packet-size" && number > 0)
    c.packet_bytes_max = number;
  else if (identifier == "request-problem-information")
    c.request_problem_information = number != 0;
  else if (identifier == "receive-maximum" && is_small && number > 0)
    c.inbox.receive_maximum = static_cast<std::uint16_t>(number);
  else if (identifier == "topic-alias-maximum" && is_small)
    c.topic_alias_maximum = static_cast<std::uint16_t>(number);
  else
    return not_known;
  return {};
}

} // namespace

std::string apply_property(options& to, const std::string& command, const std::string& identifier,
                           const std::string& value, const std::string& second) {
  if (command == "publish")
    return of_message(to.publish_properties, identifier, value, second);
  if (command == "connect")
    return of_connect(to.client, identifier, value, second);
  if (command == "subscribe" && identifier == "user-property") {
    to.subscribe_users.emplace_back(value, second);
    return {};
  }
  if (command == "will") {
    auto& will = to.client.will;
    if (!will)
      will.emplace();
    if (identifier != "will-delay-interval")
      return of_message(will->what.properties, identifier, value, second);
    return read(value, will->delay_s) ? "" : no_number(identifier, value);
  }
  return "Invalid command given in --property argument.";
}

} // namespace mqttzoo::cli
