#include "zk/ledger.hpp"

#include "zk/paths.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace mqttzoo::zk {

namespace {

constexpr std::size_t unit_bytes = 1024;

/// Takes a decimal number off the front, as std::to_string writes it and no other way.
std::optional<record_error> take(std::string_view& text, std::int64_t& value) noexcept {
  if (text.empty() || text == "-")
    return record_error::truncated;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || value > credits_max || value < -credits_max)
    return record_error::bad_value;
  const auto size = static_cast<std::size_t>(end - text.data());
  std::array<char, 24> canonical{};
  const auto written = std::to_chars(canonical.begin(), canonical.end(), value).ptr;
  if (std::string_view{canonical.data(), written} != text.substr(0, size))
    return record_error::bad_value;
  text.remove_prefix(size);
  return std::nullopt;
}

/// So many numbers with one space between two, and nothing else.
template<std::size_t N>
decoded<std::array<std::int64_t, N>> take_all(std::string_view text) {
  std::array<std::int64_t, N> values{};
  for (std::size_t i = 0; i < N; ++i) {
    if (i > 0) {
      if (text.empty())
        return unexpected(record_error::truncated);
      if (text.front() != ' ')
        return unexpected(record_error::bad_value);
      text.remove_prefix(1);
    }
    if (const auto wrong = take(text, values[i]))
      return unexpected(*wrong);
  }
  if (!text.empty())
    return unexpected(record_error::trailing_bytes);
  return values;
}

std::int64_t units_of(std::size_t bytes) noexcept {
  return static_cast<std::int64_t>(bytes / unit_bytes + (bytes % unit_bytes != 0 ? 1 : 0));
}

std::int64_t cost_by_name(std::string_view path) noexcept {
  const auto name = parse_mail_name(last_level_of(path));
  if (!name)
    return 0;
  return static_cast<std::int64_t>(
      std::min<std::uint64_t>(name->credits, static_cast<std::uint64_t>(credits_max)));
}

} // namespace

std::string encode_free(const free_record& record) {
  return std::to_string(record.credits) + ' ' + std::to_string(record.total);
}

decoded<free_record> decode_free(std::string_view data) {
  const auto values = take_all<2>(data);
  if (!values)
    return unexpected(values.error());
  const free_record r{(*values)[0], (*values)[1]};
  if (r.credits < 0 || r.credits > r.total)
    return unexpected(record_error::bad_value);
  return r;
}

std::string encode_granted(const granted_record& record) {
  return std::to_string(record.granted);
}

decoded<granted_record> decode_granted(std::string_view data) {
  const auto values = take_all<1>(data);
  if (!values)
    return unexpected(values.error());
  return granted_record{(*values)[0]};
}

std::string encode_spent(const spent_record& record) {
  return std::to_string(record.seq) + ' ' + std::to_string(record.spent);
}

decoded<spent_record> decode_spent(std::string_view data) {
  const auto values = take_all<2>(data);
  if (!values)
    return unexpected(values.error());
  if ((*values)[0] < 0)
    return unexpected(record_error::bad_value);
  return spent_record{static_cast<std::uint64_t>((*values)[0]), (*values)[1]};
}

std::int64_t credits_of(std::size_t bytes, const ttl_bounds& ttl) noexcept {
  return static_cast<std::int64_t>(bytes / unit_bytes) * std::int64_t{ttl.least.count()};
}

std::int64_t cost_of(std::size_t bytes, std::chrono::seconds held, const ttl_bounds& ttl) noexcept {
  return units_of(bytes) * std::int64_t{std::max(held, ttl.least).count()};
}

std::int64_t mail_cost(const std::vector<op>& ops) noexcept {
  std::int64_t cost = 0;
  for (const auto& o : ops)
    if (const auto* made = std::get_if<create_op>(&o))
      cost += cost_by_name(made->path);
    else if (const auto* gone = std::get_if<remove_op>(&o))
      cost -= cost_by_name(gone->path);
  return cost;
}

} // namespace mqttzoo::zk
