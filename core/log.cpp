#include "core/log.hpp"

#include "core/settings.hpp"

#include <array>
#include <cassert>
#include <cerrno>
#include <charconv>
#include <climits>
#include <ctime>
#include <unistd.h>

namespace mqttzoo::core {

namespace {

constexpr std::size_t line_bytes_max = PIPE_BUF; // a longer write to a pipe may interleave
constexpr std::size_t value_bytes_max = 256;     // of a field, before escaping; then "..."

constexpr auto level_names =
    std::to_array<std::string_view>({"trace", "debug", "info", "warn", "error", "off"});
constexpr auto folder_names =
    std::to_array<std::string_view>({"mqtt", "net", "zk", "actors", "admin", "tools"});
static_assert(folder_names.size() == log_folder_count);

std::atomic<log_format> format{log_format::text};
std::atomic<int> sink{STDERR_FILENO};

/// One line being built, on the stack. What does not fit is left out, field by field.
class line {
public:
  explicit line(log_format form) : json_(form == log_format::json) {
    if (json_)
      put('{');
  }

  void add(std::string_view key, const log_field::value_type& value) {
    const auto before = size_;
    if (before > 1)
      put(json_ ? ',' : ' ');
    if (json_)
      put('"');
    put(key);
    put(json_ ? std::string_view{"\":"} : std::string_view{"="});
    std::visit([this](auto v) { this->value(v); }, value);
    if (overflowed_) { // half a field would be read as a whole one
      size_ = before;
      overflowed_ = false;
    }
  }

  std::string_view finish() {
    if (json_)
      buffer_[size_++] = '}';
    buffer_[size_++] = '\n';
    return {buffer_.data(), size_};
  }

private:
  static constexpr std::size_t ending_bytes = 2; // "}\n"

  void put(char c) {
    if (size_ + ending_bytes < buffer_.size())
      buffer_[size_++] = c;
    else
      overflowed_ = true;
  }

  void put(std::string_view text) {
    for (const char c : text)
      put(c);
  }

  void value(bool v) { put(v ? "true" : "false"); }

  template<class Number>
  void value(Number v) {
    std::array<char, 32> digits;
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), v);
    put(std::string_view{digits.data(), static_cast<std::size_t>(end - digits.data())});
  }

  void value(std::string_view text) {
    const auto shown = text.substr(0, value_bytes_max);
    const bool plain = !json_ && shown.size() == text.size() && is_plain(text);
    if (plain)
      return put(text);
    put('"');
    for (const char c : shown)
      escaped(static_cast<unsigned char>(c));
    if (shown.size() < text.size())
      put("...");
    put('"');
  }

  /// Whether `text` can stand in key=value without quotes.
  static bool is_plain(std::string_view text) {
    if (text.empty())
      return false;
    for (const char c : text)
      if (c <= ' ' || c > '~' || c == '"' || c == '\\' || c == '=')
        return false;
    return true;
  }

  /// Only printable ASCII leaves as it is: bytes of a client must not steer a terminal, forge a
  /// line or make JSON invalid, and whether they are UTF-8 at all is unknown here.
  void escaped(unsigned char c) {
    constexpr std::string_view hex = "0123456789abcdef";
    if (c == '"' || c == '\\') {
      put('\\');
      put(static_cast<char>(c));
    } else if (c >= ' ' && c <= '~') {
      put(static_cast<char>(c));
    } else {
      put("\\u00");
      put(hex[c >> 4]);
      put(hex[c & 15]);
    }
  }

  std::array<char, line_bytes_max> buffer_;
  std::size_t size_ = 0;
  const bool json_;
  bool overflowed_ = false;
};

/// RFC 3339 in UTC with milliseconds. `text` needs 25 bytes.
std::string_view timestamp(std::array<char, 32>& text) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  tm utc{};
  gmtime_r(&now.tv_sec, &utc);
  auto size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S.", &utc);
  const auto ms = static_cast<int>(now.tv_nsec / 1'000'000);
  for (const int digit : {ms / 100, ms / 10 % 10, ms % 10})
    text[size++] = static_cast<char>('0' + digit);
  text[size++] = 'Z';
  return {text.data(), size};
}

} // namespace

std::atomic<log_level> logger::levels_[log_folder_count] = {log_level::info, log_level::info,
                                                            log_level::info, log_level::info,
                                                            log_level::info, log_level::info};

void configure_log(const log_settings& settings) noexcept {
  for (std::size_t i = 0; i < log_folder_count; ++i)
    logger::levels_[i] = settings.level_of[i].value_or(settings.level);
  format = settings.format;
}

void redirect_log(int fd) noexcept {
  sink = fd;
}

void logger::write(log_level level, std::string_view event, log_fields fields,
                   std::uint64_t swallowed) const noexcept {
  assert(level != log_level::off);
  std::array<char, 32> time;
  line l{format.load(std::memory_order_relaxed)};
  l.add("time", timestamp(time));
  l.add("level", level_names[static_cast<std::size_t>(level)]);
  l.add("folder", folder_names[static_cast<std::size_t>(folder_)]);
  l.add("event", event);
  for (const auto& field : fields)
    l.add(field.key(), field.value());
  if (swallowed > 0)
    l.add("swallowed", swallowed);
  const auto text = l.finish();
  // A log that cannot be written has nobody to tell; only an interrupted call is worth a repeat.
  while (::write(sink.load(std::memory_order_relaxed), text.data(), text.size()) < 0 &&
         errno == EINTR) {
  }
}

bool log_throttle::admit(std::chrono::steady_clock::time_point now,
                         std::uint64_t& swallowed) noexcept {
  const auto now_ns = std::chrono::nanoseconds{now.time_since_epoch()}.count();
  auto start = period_start_ns_.load(std::memory_order_relaxed);
  // Whoever moves the period on also resets the count; a line more or less in a race is harmless.
  if ((start == 0 || now_ns - start >= std::chrono::nanoseconds{period_}.count()) &&
      period_start_ns_.compare_exchange_strong(start, now_ns, std::memory_order_relaxed))
    written_.store(0, std::memory_order_relaxed);
  if (written_.fetch_add(1, std::memory_order_relaxed) >= lines_) {
    swallowed_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  swallowed = swallowed_.exchange(0, std::memory_order_relaxed);
  return true;
}

} // namespace mqttzoo::core
