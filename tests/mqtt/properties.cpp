#define CAF_SUITE properties
#include "mqtt/properties.hpp"

#include <caf/test/dsl.hpp>

#include <string>

using namespace mqttzoo::mqtt;

namespace {

constexpr peer senders[] = {peer::client, peer::server};
constexpr unsigned place_count = 16;

/// One property of any value, as the writer writes it.
std::string sample(property id) {
  std::string out;
  wire_writer wire{out};
  property_writer writer{wire};
  switch (rule_of(id).type) {
  case property_type::flag:
  case property_type::u16:
  case property_type::u32:
  case property_type::varint:
    writer.number(id, 1);
    break;
  case property_type::pair:
    writer.users({{"name", "value"}});
    break;
  default:
    writer.text(id, "text");
    break;
  }
  return out;
}

/// Why `block` is refused as properties of a packet; success if it is not.
reason_code outcome(std::string block, property_places where, peer from) {
  wire_writer{block}.insert_length(0);
  wire_reader in{block};
  property_reader properties{in, where, from};
  while (properties.next()) {
  }
  CAF_CHECK(in.at_end());
  return in.ok() ? reason_code::success : in.error().reason;
}

property_places allowed_for(const property_rule& rule, peer from) {
  return from == peer::client ? rule.from_client : rule.from_server;
}

/// Calls check(id, rule, place, sender) for all there is.
template<class Check>
void for_everything(Check&& check) {
  for (std::size_t id = 0; id != property_id_end; ++id) {
    if (property_rules[id].type == property_type::none)
      continue;
    for (unsigned bit = 0; bit != place_count; ++bit) {
      for (const auto from : senders)
        check(static_cast<property>(id), property_rules[id],
              static_cast<property_places>(1U << bit), from);
    }
  }
}

} // namespace

CAF_TEST(the table has the twenty_seven properties of the standard) {
  std::size_t count = 0;
  for (const auto& rule : property_rules) {
    count += rule.type != property_type::none;
    const bool sent_somewhere = (rule.from_client | rule.from_server) != 0;
    CAF_CHECK_EQUAL(rule.type != property_type::none, sent_somewhere);
  }
  CAF_CHECK_EQUAL(count, 27u);
}

CAF_TEST(a property is accepted where the table has it and nowhere else) {
  for_everything([](property id, const property_rule& rule, property_places where, peer from) {
    const bool allowed = (allowed_for(rule, from) & where) != 0;
    const bool known_here = ((rule.from_client | rule.from_server) & where) != 0;
    const auto refusal = known_here ? reason_code::protocol_error : reason_code::malformed_packet;
    CAF_CHECK(outcome(sample(id), where, from) == (allowed ? reason_code::success : refusal));
  });
}

CAF_TEST(a property stands once unless it may be repeated) {
  for_everything([](property id, const property_rule& rule, property_places where, peer from) {
    if ((allowed_for(rule, from) & where) == 0)
      return;
    const bool may_repeat =
        id == property::user_property ||
        (id == property::subscription_identifier && where == place(packet_type::publish));
    CAF_CHECK(outcome(sample(id) + sample(id), where, from) ==
              (may_repeat ? reason_code::success : reason_code::protocol_error));
  });
}

CAF_TEST(a property that ends early is malformed) {
  for_everything([](property id, const property_rule& rule, property_places where, peer from) {
    if ((allowed_for(rule, from) & where) == 0)
      return;
    const auto whole = sample(id);
    for (std::size_t size = 1; size != whole.size(); ++size)
      CAF_CHECK(outcome(whole.substr(0, size), where, from) == reason_code::malformed_packet);
  });
}

CAF_TEST(unknown identifiers are malformed) {
  for (unsigned id = 0; id != 256; ++id) {
    if (id < property_id_end && property_rules[id].type != property_type::none)
      continue;
    const std::string block{static_cast<char>(id), 0};
    CAF_CHECK(outcome(block, place(packet_type::connect), peer::client) ==
              reason_code::malformed_packet);
  }
}

CAF_TEST(a value and its bytes are handed out) {
  std::string block = sample(property::topic_alias) + sample(property::user_property);
  wire_writer{block}.insert_length(0);
  wire_reader in{block};
  property_reader properties{in, place(packet_type::publish), peer::client};
  CAF_CHECK(!properties.has_seen(property::topic_alias));
  const auto* alias = properties.next();
  CAF_REQUIRE(alias);
  CAF_CHECK(alias->id == property::topic_alias);
  CAF_CHECK_EQUAL(alias->number, 1u);
  CAF_CHECK(properties.has_seen(property::topic_alias));
  const auto* user = properties.next();
  CAF_REQUIRE(user);
  CAF_CHECK_EQUAL(user->text, "name");
  CAF_CHECK_EQUAL(user->second, "value");
  CAF_CHECK_EQUAL(user->encoded, sample(property::user_property));
  CAF_CHECK(!properties.next());
  CAF_CHECK(in.ok());
}

CAF_TEST(the bytes after the properties are left) {
  const std::string packet{"\0rest", 5};
  wire_reader in{packet};
  property_reader properties{in, place(packet_type::publish), peer::client};
  CAF_CHECK(!properties.next());
  CAF_CHECK_EQUAL(in.rest(), "rest");
}

CAF_TEST(a user property is found among what is forwarded) {
  std::string out;
  wire_writer wire{out};
  property_writer writer{wire};
  writer.number(property::payload_format_indicator, 1);
  writer.text(property::content_type, "order");
  writer.text(property::correlation_data, "17");
  writer.users({{"order", "16"}, {"17", "order"}, {"order", "17"}, {"", ""}});
  CAF_CHECK(has_user_property(out, "order", "17"));
  CAF_CHECK(has_user_property(out, "order", "16"));
  CAF_CHECK(has_user_property(out, "", ""));
  CAF_CHECK(!has_user_property(out, "order", "1"));
  CAF_CHECK(!has_user_property(out, "content", "17"));
  CAF_CHECK(!has_user_property("", "", ""));
  CAF_CHECK(!has_user_property(std::string_view{out}.substr(0, out.size() - 6), "order", "17"));
}
