// `-D command identifier value` of the command line.
#include "core/numbers.hpp"
#include "tools/cli/options.hpp"

#include <algorithm>
#include <limits>

namespace mqttzoo::cli {
namespace {

const std::string not_known = "Invalid property name given in --property argument.";

/// False if `text` is no number that fits.
template<class Number>
bool read(const std::string& text, Number& into) {
  const auto parsed = core::read_number<Number>(text);
  into = parsed.value_or(into);
  return parsed.has_value();
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

std::string number_of_connect(client_options& c, const std::string& identifier,
                              std::uint32_t number) {
  const bool is_small = number <= std::numeric_limits<std::uint16_t>::max();
  if (identifier == "session-expiry-interval")
    c.session_expiry_s = number;
  else if (identifier == "maximum-packet-size" && number > 0)
    c.packet_bytes_max = number;
  else if (identifier == "request-problem-information" && number <= 1)
    c.request_problem_information = number != 0;
  else if (identifier == "receive-maximum" && is_small && number > 0)
    c.inbox.receive_maximum = static_cast<std::uint16_t>(number);
  else if (identifier == "topic-alias-maximum" && is_small)
    c.topic_alias_maximum = static_cast<std::uint16_t>(number);
  else if (identifier != "request-response-information" || number > 1) // nobody here would read it
    return no_number(identifier, std::to_string(number));
  return {};
}

std::string of_connect(client_options& c, const std::string& identifier, const std::string& value,
                       const std::string& second) {
  if (identifier == "user-property") {
    c.connect_users.emplace_back(value, second);
    return {};
  }
  if (identifier == "authentication-method" || identifier == "authentication-data")
    return "Property " + identifier + " is not supported.";
  for (const auto* known :
       {"session-expiry-interval", "maximum-packet-size", "receive-maximum", "topic-alias-maximum",
        "request-problem-information", "request-response-information"}) {
    std::uint32_t number = 0;
    if (identifier == known)
      return read(value, number) ? number_of_connect(c, identifier, number)
                                 : no_number(identifier, value);
  }
  return not_known;
}

std::string of_disconnect(disconnect_options& d, const std::string& identifier,
                          const std::string& value, const std::string& second) {
  if (identifier == "user-property")
    d.users.emplace_back(value, second);
  else if (identifier == "reason-string")
    d.reason = value;
  else if (identifier == "session-expiry-interval") {
    std::uint32_t seconds = 0;
    if (!read(value, seconds))
      return no_number(identifier, value);
    d.session_expiry_s = seconds;
  } else {
    return not_known;
  }
  return {};
}

/// Nothing is sent: an AUTH answers a server that was asked for it, which the tools never do.
std::string of_auth(const std::string& identifier) {
  for (const auto* known :
       {"authentication-method", "authentication-data", "reason-string", "user-property"}) {
    if (identifier == known)
      return {};
  }
  return not_known;
}

std::string in_lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

std::string of_will(std::optional<will_options>& will, const std::string& identifier,
                    const std::string& value, const std::string& second) {
  if (!will)
    will.emplace();
  if (identifier != "will-delay-interval")
    return of_message(will->what.properties, identifier, value, second);
  return read(value, will->delay_s) ? "" : no_number(identifier, value);
}

} // namespace

bool has_two_values(const std::string& identifier) {
  return in_lower_case(identifier) == "user-property";
}

std::string apply_property(options& to, const std::string& of, const std::string& name,
                           const std::string& value, const std::string& second) {
  const auto command = in_lower_case(of), identifier = in_lower_case(name);
  if (command == "publish")
    return of_message(to.publish_properties, identifier, value, second);
  if (command == "connect")
    return of_connect(to.client, identifier, value, second);
  if (command == "disconnect")
    return of_disconnect(to.at_end, identifier, value, second);
  if (command == "auth")
    return of_auth(identifier);
  if (command == "will")
    return of_will(to.client.will, identifier, value, second);
  if (command == "subscribe" || command == "unsubscribe") {
    if (identifier != "user-property")
      return not_known;
    (command == "subscribe" ? to.subscribe_users : to.unsubscribe_users)
        .emplace_back(value, second);
    return {};
  }
  return "Invalid command given in --property argument.";
}

} // namespace mqttzoo::cli
