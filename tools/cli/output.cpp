#include "tools/cli/output.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string_view>

namespace mqttzoo::cli {
namespace {

/// `%-010.5t`: what stands between the percent sign and the letter.
struct field {
  char align = 0, pad = ' ';
  int width = 0, precision = -1;
};

/// Prints one message by a format; mosquitto_sub's rules, its oddities included.
class formatter {
public:
  formatter(const options& o, const received& m) : options_(o), m_(m) {
    timespec t{};
    std::timespec_get(&t, TIME_UTC);
    ns_ = t.tv_nsec;
    seconds_ = t.tv_sec;
    localtime_r(&seconds_, &local_);
  }

  printed run() {
    const std::string_view format = *options_.format;
    for (std::size_t i = 0; i < format.size(); ++i) {
      if (format[i] == '%')
        i = percent(format, i + 1);
      else if (format[i] == '@' && i + 1 < format.size())
        time(format[++i]);
      else if (format[i] == '\\' && i + 1 < format.size())
        escape(format[++i]);
      else
        result_.out += format[i];
    }
    return std::move(result_);
  }

  static constexpr std::string_view letters = "%ACDEFIjJlmpPqRrStUxX";
  static constexpr std::string_view escapes = "\\0anretv";

private:
  std::size_t percent(std::string_view format, std::size_t at);
  void print(char letter, const field& f);
  void property(char letter, const field& f);
  void json(json_payload how);
  void text(const std::string& value, const field& f);
  void number(std::int64_t value, const field& f);
  void blank(const field& f) { result_.out.append(static_cast<std::size_t>(f.width), f.pad); }
  void payload(const field& f, const char* hex);
  void time(char letter);
  void escape(char letter);
  std::string time_by(const std::string& format) const;

  const options& options_;
  const received& m_;
  printed result_;
  std::time_t seconds_ = 0;
  long ns_ = 0;
  std::tm local_{};
};

std::size_t percent_end(std::string_view format, std::size_t at, field& f) {
  const auto digits = [&](int& into) {
    for (into = 0; at < format.size() && format[at] >= '0' && format[at] <= '9' && into < 10'000;
         ++at)
      into = into * 10 + format[at] - '0';
  };
  if (at < format.size() && format[at] == '-')
    f.align = format[at++];
  if (at < format.size() && format[at] == '0')
    f.pad = format[at++];
  digits(f.width);
  if (at < format.size() && format[at] == '.') {
    ++at;
    digits(f.precision);
  }
  return at;
}

std::size_t formatter::percent(std::string_view format, std::size_t at) {
  field f;
  at = percent_end(format, at, f);
  print(format[at], f);
  return at;
}

void formatter::print(char letter, const field& f) {
  auto& out = result_.out;
  switch (letter) {
  case '%':
    out += '%';
    break;
  case 'I':
    text(time_by("%Y-%m-%dT%H:%M:%S%z"), f);
    break;
  case 'j':
    json(json_payload::text);
    break;
  case 'J':
    json(json_payload::json);
    break;
  case 'l':
    number(static_cast<std::int64_t>(m_.payload.size()), f);
    break;
  case 'm':
    number(m_.packet_id, f);
    break;
  case 'p':
    payload(f, nullptr);
    break;
  case 'q':
    out += static_cast<char>('0' + static_cast<int>(m_.qos));
    break;
  case 'r':
    out += m_.retain ? '1' : '0';
    break;
  case 't':
    text(m_.topic, f);
    break;
  case 'U': {
    std::array<char, 40> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%lld.%09ld", static_cast<long long>(seconds_),
                  ns_);
    out += buffer.data();
    break;
  }
  case 'x':
    payload(f, "0123456789abcdef");
    break;
  case 'X':
    payload(f, "0123456789ABCDEF");
    break;
  default:
    property(letter, f);
  }
}

void formatter::property(char letter, const field& f) {
  const auto& p = m_.properties;
  switch (letter) {
  case 'C':
    text(p.content_type, f);
    break;
  case 'D':
    result_.out += p.correlation_data;
    break;
  case 'E':
    p.expiry_s ? number(*p.expiry_s, f) : blank(f);
    break;
  case 'F':
    p.payload_is_utf8 ? number(1, f) : blank(f);
    break;
  case 'P':
    for (std::size_t i = 0; i < p.users.size(); ++i)
      result_.out += (i > 0 ? " " : "") + p.users[i].first + ':' + p.users[i].second;
    break;
  case 'R':
    if (!p.response_topic.empty())
      text(p.response_topic, f);
    break;
  default: // A and S: topic aliases and subscription identifiers are the client's own business
    break;
  }
}

void formatter::json(json_payload how) {
  auto text = to_json(m_, how, options_.pretty);
  if (text.empty())
    result_.error = "Error: Message payload is not valid JSON on topic " + m_.topic + ".\n";
  result_.out += text;
}

void formatter::text(const std::string& value, const field& f) {
  const auto shown =
      f.precision >= 0 ? value.substr(0, static_cast<std::size_t>(f.precision)) : value;
  const auto width = static_cast<std::size_t>(f.width);
  const std::string fill(width > shown.size() ? width - shown.size() : 0, ' ');
  result_.out += f.align == '-' ? shown + fill : fill + shown;
}

void formatter::number(std::int64_t value, const field& f) {
  const auto shown = std::to_string(value);
  const auto width = static_cast<std::size_t>(f.width);
  const std::string fill(width > shown.size() ? width - shown.size() : 0,
                         f.align == '-' ? ' ' : f.pad);
  result_.out += f.align == '-' ? shown + fill : fill + shown;
}

/// A width cuts the payload; that of hexadecimal digits counts digits after it has counted bytes.
void formatter::payload(const field& f, const char* hex) {
  auto size = m_.payload.size();
  std::size_t fill = 0;
  if (f.width > 0) {
    const auto width = static_cast<std::size_t>(f.width);
    size = std::min(size, width);
    if (hex)
      size /= 2;
    fill = width - (hex ? size * 2 : size);
  }
  std::string shown = m_.payload.substr(0, size);
  if (hex) {
    std::string digits;
    for (const auto c : shown) {
      digits += hex[static_cast<unsigned char>(c) >> 4];
      digits += hex[static_cast<unsigned char>(c) & 15];
    }
    shown = std::move(digits);
  }
  const std::string padding(fill, f.pad);
  result_.out += f.align == '-' ? shown + padding : padding + shown;
}

void formatter::time(char letter) {
  if (letter == '@') {
    result_.out += '@';
  } else if (letter == 'N') {
    std::array<char, 16> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%09ld", ns_);
    result_.out += buffer.data();
  } else {
    result_.out += time_by(std::string{'%', letter});
  }
}

std::string formatter::time_by(const std::string& format) const {
  std::array<char, 128> buffer{};
  return {buffer.data(), std::strftime(buffer.data(), buffer.size(), format.c_str(), &local_)};
}

void formatter::escape(char letter) {
  constexpr std::string_view meant{"\\\0\a\n\r\033\t\v", 8};
  const auto at = escapes.find(letter);
  if (at != std::string_view::npos)
    result_.out += meant[at];
}

} // namespace

std::string check_format(const std::string& format) {
  for (std::size_t i = 0; i < format.size(); ++i) {
    const char kind = format[i];
    if (kind != '%' && kind != '\\' && kind != '@')
      continue;
    field f;
    ++i;
    if (kind == '%')
      i = percent_end(format, i, f);
    if (i >= format.size())
      return kind == '\\' ? "Incomplete escape specifier." : "Incomplete format specifier.";
    if (kind == '%' && formatter::letters.find(format[i]) == std::string_view::npos)
      return std::string{"Invalid format specifier '"} + format[i] + "'.";
    if (kind == '\\' && formatter::escapes.find(format[i]) == std::string_view::npos)
      return std::string{"Invalid escape specifier '"} + format[i] + "'.";
  }
  return {};
}

printed print(const options& o, const received& m) {
  printed result;
  if (o.format)
    result = formatter{o, m}.run();
  else if (m.payload.empty() && (!o.verbose || o.no_newline))
    return result;
  else if (o.verbose)
    result.out = m.topic + ' ' + (m.payload.empty() ? "(null)" : m.payload);
  else
    result.out = m.payload;
  if (!o.no_newline)
    result.out += '\n';
  return result;
}

} // namespace mqttzoo::cli
