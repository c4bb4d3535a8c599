// A message as JSON, as mosquitto_sub writes it: the same names in the same order.
#include "tools/cli/output.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace mqttzoo::cli {
namespace {

using json = nlohmann::json;

/// Objects and arrays in each other, in a payload; as many as mosquitto_sub takes.
constexpr std::size_t depth_max = 1000;

/// Bytes that are no UTF-8 stay as they are.
void write_text(std::string_view text, std::string& out) {
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

/// With 15 digits if they say it but for the last bit, else with 17; without a point if there is
/// nothing behind it.
std::string number_text(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%1.15g", value);
  const double again = std::strtod(text.data(), nullptr);
  const double largest = std::max(std::abs(value), std::abs(again));
  if (std::abs(value - again) > largest * std::numeric_limits<double>::epsilon())
    std::snprintf(text.data(), text.size(), "%1.17g", value);
  return text.data();
}

/// Writes what it is told in one line, or in a line for each member, indented by tabs. A parser of
/// JSON may tell it: values leave as they come, so that nothing grows but the text and a letter for
/// each level.
class writer final : public json::json_sax_t {
public:
  explicit writer(bool pretty) : pretty_(pretty) {}

  void member(std::string name, std::string_view text) {
    key(name);
    value();
    write_text(text, out);
  }
  void member(std::string name, std::uint64_t number) {
    key(name);
    number_unsigned(number);
  }
  /// JSON that may have `depth_max` levels; false if it is none, or has more.
  bool payload(const std::string& text) {
    levels_max_ = levels_.size() + depth_max;
    return json::sax_parse(text, this);
  }

  bool null() override { return word("null"); }
  bool boolean(bool is) override { return word(is ? "true" : "false"); }
  bool number_integer(std::int64_t number) override { return word(std::to_string(number)); }
  bool number_unsigned(std::uint64_t number) override { return word(std::to_string(number)); }
  bool number_float(double number, const std::string&) override {
    return word(number_text(number));
  }
  bool string(std::string& text) override {
    value();
    write_text(text, out);
    return true;
  }
  bool binary(json::binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open('{'); }
  bool start_array(std::size_t) override { return open('['); }
  bool key(std::string& name) override {
    out += is_first_ ? "" : ",";
    is_first_ = false;
    if (pretty_)
      out.append("\n").append(levels_.size(), '\t');
    write_text(name, out);
    out += pretty_ ? ":\t" : ":";
    return true;
  }
  bool end_object() override {
    if (pretty_)
      out.append("\n").append(levels_.size() - 1, '\t');
    return close('}');
  }
  bool end_array() override { return close(']'); }
  bool parse_error(std::size_t, const std::string&, const json::exception&) override {
    return false;
  }

  std::string out;

private:
  /// Stands before each value.
  void value() {
    if (levels_.ends_with('[') && !is_first_)
      out += pretty_ ? ", " : ",";
    is_first_ = false;
  }
  bool word(const std::string& text) {
    value();
    out += text;
    return true;
  }
  bool open(char bracket) {
    if (levels_.size() >= levels_max_)
      return false;
    value();
    out += bracket;
    levels_ += bracket;
    is_first_ = true;
    return true;
  }
  bool close(char bracket) {
    out += bracket;
    levels_.pop_back();
    is_first_ = false;
    return true;
  }

  bool pretty_;
  bool is_first_ = true; ///< of its object or array
  std::string levels_;   ///< the brackets that are open
  std::size_t levels_max_ = depth_max;
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

void write_object(writer& w, std::string name) {
  w.key(name);
  w.start_object(0);
}

void write_properties(writer& w, const message_properties& p) {
  if (p == message_properties{})
    return;
  write_object(w, "properties");
  if (p.expiry_s)
    w.member("message-expiry-interval", *p.expiry_s);
  if (p.payload_is_utf8)
    w.member("payload-format-indicator", 1);
  if (!p.content_type.empty())
    w.member("content-type", p.content_type);
  if (!p.response_topic.empty())
    w.member("response-topic", p.response_topic);
  if (!p.correlation_data.empty())
    w.member("correlation-data", p.correlation_data);
  if (!p.users.empty()) {
    write_object(w, "user-properties");
    for (const auto& [name, value] : p.users) // of which several may have one name
      w.member(name, value);
    w.end_object();
  }
  w.end_object();
}

} // namespace

std::string to_json(const received& m, json_payload how, bool pretty) {
  writer w{pretty};
  w.start_object(0);
  w.member("tst", now_as_text());
  w.member("topic", m.topic);
  w.member("qos", static_cast<std::uint64_t>(m.qos));
  w.member("retain", m.retain ? 1 : 0);
  w.member("payloadlen", m.payload.size());
  if (m.qos != qos::at_most_once)
    w.member("mid", m.packet_id);
  write_properties(w, m.properties);
  if (how == json_payload::text && !m.payload.empty()) {
    w.member("payload", m.payload);
  } else {
    std::string name = "payload";
    w.key(name);
    if (m.payload.empty())
      w.null();
    else if (!w.payload(m.payload))
      return {};
  }
  w.end_object();
  return std::move(w.out);
}

} // namespace mqttzoo::cli
