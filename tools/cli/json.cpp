// A message as JSON, as mosquitto_sub writes it: the same names in the same order.
#include "tools/cli/output.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <ctime>

namespace mqttzoo::cli {
namespace {

using json = nlohmann::ordered_json;

/// Bytes that are no UTF-8 stay as they are.
void write_text(const std::string& text, std::string& out) {
  constexpr std::string_view plain = "\"\\\b\f\n\r\t", letters = "\"\\bfnrt";
  out += '"';
  for (const char c : text) {
    if (const auto at = plain.find(c); at != std::string_view::npos) {
      out += '\\';
      out += letters[at];
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> code{};
      std::snprintf(code.data(), code.size(), "\\u%04x", static_cast<unsigned>(c));
      out += code.data();
    } else {
      out += c;
    }
  }
  out += '"';
}

/// In one line, or a line for each member, indented by tabs.
class writer {
public:
  explicit writer(bool pretty) : pretty_(pretty) {}

  void write(const json& value, std::size_t depth) {
    if (value.is_string())
      write_text(value.get_ref<const std::string&>(), out);
    else if (value.is_object())
      write_members(value, depth);
    else if (value.is_array())
      write_elements(value, depth);
    else
      out += value.dump();
  }

  std::string out;

private:
  void write_members(const json& value, std::size_t depth) {
    out += '{';
    bool first = true;
    for (const auto& [name, member] : value.items()) {
      out += first ? "" : ",";
      first = false;
      if (pretty_)
        out.append("\n").append(depth + 1, '\t');
      write_text(name, out);
      out += pretty_ ? ":\t" : ":";
      write(member, depth + 1);
    }
    if (pretty_)
      out.append("\n").append(depth, '\t');
    out += '}';
  }

  void write_elements(const json& value, std::size_t depth) {
    out += '[';
    for (std::size_t i = 0; i < value.size(); ++i) {
      out += i == 0 ? "" : pretty_ ? ", " : ",";
      write(value[i], depth + 1);
    }
    out += ']';
  }

  bool pretty_;
};

std::string now_as_text() {
  timespec t{};
  std::timespec_get(&t, TIME_UTC);
  std::tm local{};
  localtime_r(&t.tv_sec, &local);
  std::array<char, 64> date{}, zone{};
  std::array<char, 160> all{};
  std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &local);
  std::strftime(zone.data(), zone.size(), "%z", &local);
  std::snprintf(all.data(), all.size(), "%s.%06ldZ%s", date.data(), t.tv_nsec / 1000, zone.data());
  return all.data();
}

json properties_of(const message_properties& p) {
  json out = json::object();
  if (p.expiry_s)
    out["message-expiry-interval"] = *p.expiry_s;
  if (p.payload_is_utf8)
    out["payload-format-indicator"] = 1;
  if (!p.content_type.empty())
    out["content-type"] = p.content_type;
  if (!p.response_topic.empty())
    out["response-topic"] = p.response_topic;
  if (!p.correlation_data.empty())
    out["correlation-data"] = p.correlation_data;
  for (const auto& [name, value] : p.users)
    out["user-properties"][name] = value;
  return out;
}

} // namespace

std::string to_json(const received& m, json_payload how, bool pretty) {
  json out;
  out["tst"] = now_as_text();
  out["topic"] = m.topic;
  out["qos"] = static_cast<int>(m.qos);
  out["retain"] = m.retain ? 1 : 0;
  out["payloadlen"] = m.payload.size();
  if (m.qos != qos::at_most_once)
    out["mid"] = m.packet_id;
  if (auto properties = properties_of(m.properties); !properties.empty())
    out["properties"] = std::move(properties);
  if (how == json_payload::text) {
    out["payload"] = m.payload;
  } else {
    auto payload = json::parse(m.payload, nullptr, false);
    if (payload.is_discarded())
      return {};
    out["payload"] = std::move(payload);
  }
  writer w{pretty};
  w.write(out, 0);
  return std::move(w.out);
}

} // namespace mqttzoo::cli
