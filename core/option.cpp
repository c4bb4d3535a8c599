#include "core/option.hpp"

#include "core/listener_options.hpp"
#include "core/units.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <span>

namespace mqttzoo::core {

namespace {

using namespace std::chrono;

// --- Choices: the words of each enumeration, by value ---

constexpr std::string_view inherit = "inherit"; // an absent level
constexpr std::string_view off = "off";         // an absent number

constexpr auto level_words =
    std::to_array<std::string_view>({"trace", "debug", "info", "warn", "error", "off"});
constexpr auto format_words = std::to_array<std::string_view>({"text", "json"});
constexpr auto outage_words = std::to_array<std::string_view>({"deny", "cache"});

constexpr std::span<const std::string_view> words_for(log_level) {
  return level_words;
}
constexpr std::span<const std::string_view> words_for(log_format) {
  return format_words;
}
constexpr std::span<const std::string_view> words_for(anonymous_rule) {
  return anonymous_rule_words;
}
constexpr std::span<const std::string_view> words_for(hook_outage) {
  return outage_words;
}

template<class T>
concept enumeration = std::is_enum_v<T>;

// --- Numbers: read in the unit of the option's kind, held against its bounds ---

std::optional<std::uint64_t> read_number(option_kind kind, std::string_view text) {
  switch (kind) {
  case option_kind::integer:
    return units::read_integer(text);
  case option_kind::bytes:
    return units::read_bytes(text);
  default:
    return units::read_duration_ms(text);
  }
}

std::optional<std::uint64_t> read_bounded(const option& o, std::string_view text) {
  const auto kind = kind_of(o);
  const auto number = read_number(kind, text);
  if (!number || number < read_number(kind, o.least) || number > read_number(kind, o.most))
    return std::nullopt;
  return number;
}

// --- One `read` for each type of member; absent when `text` is not one of its values ---

template<std::unsigned_integral T>
std::optional<T> read(const option& o, std::string_view text, std::type_identity<T>) {
  const auto number = read_bounded(o, text);
  return number ? std::optional{static_cast<T>(*number)} : std::nullopt;
}

std::optional<milliseconds> read(const option& o, std::string_view text,
                                 std::type_identity<milliseconds>) {
  const auto number = read_bounded(o, text);
  return number ? std::optional{milliseconds{*number}} : std::nullopt;
}

std::optional<seconds> read(const option& o, std::string_view text, std::type_identity<seconds>) {
  const auto number = read_bounded(o, text);
  if (!number || *number % 1000 != 0)
    return std::nullopt;
  return seconds{*number / 1000};
}

std::optional<bool> read(const option&, std::string_view text, std::type_identity<bool>) {
  if (text != "true" && text != "false")
    return std::nullopt;
  return text == "true";
}

std::optional<std::string> read(const option&, std::string_view text,
                                std::type_identity<std::string>) {
  return std::string{text};
}

std::optional<std::vector<std::string>> read(const option&, std::string_view text,
                                             std::type_identity<std::vector<std::string>>) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const auto item = text.substr(0, text.find(','));
    if (!item.empty())
      items.emplace_back(item);
    text.remove_prefix(std::min(item.size() + 1, text.size()));
  }
  return items;
}

template<enumeration T>
std::optional<T> read(const option&, std::string_view text, std::type_identity<T>) {
  const auto words = words_for(T{});
  const auto found = std::find(words.begin(), words.end(), text);
  return found == words.end() ? std::nullopt : std::optional{static_cast<T>(found - words.begin())};
}

std::optional<std::optional<log_level>> read(const option& o, std::string_view text,
                                             std::type_identity<std::optional<log_level>>) {
  if (text == inherit)
    return std::optional<log_level>{};
  const auto level = read(o, text, std::type_identity<log_level>{});
  return level ? std::optional{level} : std::nullopt;
}

std::optional<std::optional<std::uint16_t>> read(const option& o, std::string_view text,
                                                 std::type_identity<std::optional<std::uint16_t>>) {
  if (text == off)
    return std::optional<std::optional<std::uint16_t>>{std::in_place};
  const auto number = read_bounded(o, text);
  if (!number)
    return std::nullopt;
  return std::optional<std::optional<std::uint16_t>>{std::in_place,
                                                     static_cast<std::uint16_t>(*number)};
}

// --- One `write` for each type of member, the inverse of `read` ---

template<std::unsigned_integral T>
std::string write(T value) {
  return std::same_as<T, std::size_t> ? units::show_bytes(value) : std::to_string(value);
}
std::string write(milliseconds value) {
  return units::show_duration(value);
}
std::string write(const std::vector<listener_settings>& entries) {
  return show_listeners(entries);
}
std::string write(bool value) {
  return value ? "true" : "false";
}
std::string write(const std::string& value) {
  return value;
}
std::string write(const std::vector<std::string>& items) {
  std::string text;
  for (const auto& item : items)
    text += (text.empty() ? "" : ",") + item;
  return text;
}
template<enumeration T>
std::string write(T value) {
  return std::string{words_for(value)[static_cast<std::size_t>(value)]};
}
std::string write(const std::optional<log_level>& value) {
  return value ? write(*value) : std::string{inherit};
}
std::string write(const std::optional<std::uint16_t>& value) {
  return value ? write(*value) : std::string{off};
}

template<class T>
constexpr bool is_number =
    std::unsigned_integral<T> || std::same_as<T, std::optional<std::uint16_t>>;

bool may_be_off(const option& o) noexcept {
  return std::holds_alternative<std::optional<std::uint16_t>& (*)(settings&)>(o.member);
}

} // namespace

option_kind kind_of(const option& o) noexcept {
  return std::visit(
      []<class T>(T& (*)(settings&)) {
        if constexpr (std::same_as<T, bool>)
          return option_kind::boolean;
        else if constexpr (std::same_as<T, std::size_t>)
          return option_kind::bytes;
        else if constexpr (is_number<T>)
          return option_kind::integer;
        else if constexpr (std::same_as<T, milliseconds>)
          return option_kind::duration;
        else if constexpr (std::same_as<T, seconds>)
          return option_kind::seconds;
        else if constexpr (std::same_as<T, std::string>)
          return option_kind::text;
        else if constexpr (std::same_as<T, std::vector<std::string>>)
          return option_kind::list;
        else if constexpr (std::same_as<T, std::vector<listener_settings>>)
          return option_kind::objects;
        else
          return option_kind::choice;
      },
      o.member);
}

std::vector<std::string_view> words_of(const option& o) {
  return std::visit(
      []<class T>(T& (*)(settings&)) {
        std::vector<std::string_view> words;
        if constexpr (enumeration<T>)
          words.assign(words_for(T{}).begin(), words_for(T{}).end());
        if constexpr (std::same_as<T, std::optional<log_level>>) {
          words.assign(level_words.begin(), level_words.end());
          words.push_back(inherit);
        }
        return words;
      },
      o.member);
}

std::string describe(const option& o) {
  const auto range = " from " + std::string{o.least} + " to " + std::string{o.most};
  switch (kind_of(o)) {
  case option_kind::integer:
    return "an integer" + range + (may_be_off(o) ? ", or off" : "");
  case option_kind::bytes:
    return "a size" + range;
  case option_kind::duration:
    return "a duration" + range;
  case option_kind::seconds:
    return "a duration in whole seconds" + range;
  case option_kind::boolean:
    return "true or false";
  case option_kind::text:
    return "text";
  case option_kind::list:
    return "a list";
  case option_kind::objects:
    return "a JSON array of objects";
  case option_kind::choice:
    break;
  }
  std::string text = "one of";
  for (const auto word : words_of(o))
    text.append(text == "one of" ? " " : ", ").append(word);
  return text;
}

namespace {

/// Its error says more than what the kind accepts.
expected<void, std::string> assign_objects(std::vector<listener_settings>& into,
                                           const option_text& text) {
  auto entries = read_listeners(text);
  if (!entries)
    return unexpected{entries.error()};
  into = *std::move(entries);
  return {};
}

} // namespace

expected<void, std::string> assign(const option& o, const option_text& text, settings& into) {
  if (const auto* member = std::get_if<std::vector<listener_settings>& (*)(settings&)>(&o.member))
    return assign_objects((*member)(into), text);
  const auto store = [&]<class T>(T& (*member)(settings&)) -> bool {
    if (const auto* items = std::get_if<std::vector<std::string>>(&text)) {
      if constexpr (std::same_as<T, std::vector<std::string>>)
        member(into) = *items;
      return std::same_as<T, std::vector<std::string>>;
    }
    if constexpr (std::same_as<T, std::vector<listener_settings>>) {
      return false;
    } else {
      auto value = read(o, std::get<std::string>(text), std::type_identity<T>{});
      if (value)
        member(into) = *std::move(value);
      return value.has_value();
    }
  };
  if (!std::visit(store, o.member))
    return unexpected<std::string>{"must be " + describe(o)};
  return {};
}

std::string show(const option& o, const settings& from) {
  // Members are found by functions from settings& to T&; this one is only read.
  auto& readable = const_cast<settings&>(from);
  return std::visit([&](auto member) { return write(std::as_const(member(readable))); }, o.member);
}

void copy(const option& o, const settings& from, settings& to) {
  auto& readable = const_cast<settings&>(from); // as in `show`
  std::visit([&](auto member) { member(to) = std::as_const(member(readable)); }, o.member);
}

} // namespace mqttzoo::core
