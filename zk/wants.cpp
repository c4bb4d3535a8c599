// Layouts, version 1; numbers and texts as in records.cpp.
//
//   bucket      header(6) u32 count, count times: text life, u32 topics, topics times u64 hash
//   filter_log  header(7) u32 part, u32 parts, u32 count, count times: u8 wanted (0 or 1), text
//               filter
#include "zk/wants.hpp"

#include "core/numbers.hpp"
#include "zk/record_header.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace mqttzoo::zk {

namespace {

constexpr std::size_t sequence_digits = 10;

template<class Pods>
auto find_pod(Pods& pods, const pod_life& life) {
  return std::lower_bound(pods.begin(), pods.end(), life,
                          [](const topic_wants& w, const pod_life& l) { return w.life < l; });
}

bool strictly_rising(const std::vector<std::uint64_t>& numbers) {
  return std::adjacent_find(numbers.begin(), numbers.end(), std::greater_equal<>{}) ==
         numbers.end();
}

bool is_valid(const bucket_record& b) {
  for (std::size_t i = 0; i < b.pods.size(); ++i) {
    const auto& p = b.pods[i];
    if (p.life.empty() || p.topics.empty() || !strictly_rising(p.topics) ||
        (i > 0 && !(b.pods[i - 1].life < p.life)))
      return false;
  }
  return true;
}

bool is_valid(const filter_log_record& r) {
  return r.part < r.parts && std::none_of(r.changes.begin(), r.changes.end(),
                                          [](const auto& c) { return c.filter.empty(); });
}

} // namespace

const topic_wants* bucket_record::find(const pod_life& life) const noexcept {
  const auto at = find_pod(pods, life);
  return at != pods.end() && at->life == life ? &*at : nullptr;
}

bool bucket_record::add(const pod_life& life, std::uint64_t topic) {
  auto at = find_pod(pods, life);
  if (at == pods.end() || at->life != life)
    at = pods.insert(at, topic_wants{life, {}});
  auto& topics = at->topics;
  const auto where = std::lower_bound(topics.begin(), topics.end(), topic);
  if (where != topics.end() && *where == topic)
    return false;
  topics.insert(where, topic);
  return true;
}

bool bucket_record::remove(const pod_life& life, std::uint64_t topic) {
  const auto at = find_pod(pods, life);
  if (at == pods.end() || at->life != life)
    return false;
  auto& topics = at->topics;
  const auto where = std::lower_bound(topics.begin(), topics.end(), topic);
  if (where == topics.end() || *where != topic)
    return false;
  topics.erase(where);
  if (topics.empty())
    pods.erase(at);
  return true;
}

encoded encode_bucket(const bucket_record& record) {
  if (!is_valid(record))
    return unexpected(record_error::bad_value);
  auto size = record_header_bytes + 4;
  for (const auto& p : record.pods)
    size += packed_size(p.life.str()) + 4 + 8 * p.topics.size();
  if (size > record_bytes_max)
    return unexpected(record_error::too_large);
  byte_writer out{size};
  put_header(out, record_kind::bucket);
  out.number(static_cast<std::uint32_t>(record.pods.size()));
  for (const auto& p : record.pods) {
    out.text(p.life.str());
    out.number(static_cast<std::uint32_t>(p.topics.size()));
    for (const auto topic : p.topics)
      out.number(topic);
  }
  return out.take();
}

decoded<bucket_record> decode_bucket(std::string_view data) {
  bucket_record record;
  if (data.empty())
    return record;
  byte_reader in{data};
  if (const auto wrong = check_header(in, record_kind::bucket))
    return unexpected(*wrong);
  const auto count = in.number<std::uint32_t>();
  // Grows as it reads and stops at the first that is not there: a claimed count allocates nothing.
  for (std::uint32_t i = 0; i < count && !in.truncated(); ++i) {
    topic_wants p;
    p.life = pod_life{std::string{in.text()}};
    const auto topics = in.number<std::uint32_t>();
    for (std::uint32_t n = 0; n < topics && !in.truncated(); ++n)
      p.topics.push_back(in.number<std::uint64_t>());
    record.pods.push_back(std::move(p));
  }
  const bool ok = is_valid(record);
  return finish(in, ok, std::move(record));
}

encoded encode_filter_log(const filter_log_record& record) {
  if (!is_valid(record))
    return unexpected(record_error::bad_value);
  auto size = record_header_bytes + 3 * 4;
  for (const auto& c : record.changes)
    size += encoded_bytes(c);
  if (size > record_bytes_max)
    return unexpected(record_error::too_large);
  byte_writer out{size};
  put_header(out, record_kind::filter_log);
  out.number(record.part);
  out.number(record.parts);
  out.number(static_cast<std::uint32_t>(record.changes.size()));
  for (const auto& c : record.changes) {
    out.number(static_cast<std::uint8_t>(c.wanted ? 1 : 0));
    out.text(c.filter);
  }
  return out.take();
}

decoded<filter_log_record> decode_filter_log(std::string_view data) {
  byte_reader in{data};
  if (const auto wrong = check_header(in, record_kind::filter_log))
    return unexpected(*wrong);
  filter_log_record record;
  record.part = in.number<std::uint32_t>();
  record.parts = in.number<std::uint32_t>();
  const auto count = in.number<std::uint32_t>();
  bool ok = true;
  for (std::uint32_t i = 0; i < count && !in.truncated(); ++i) {
    const auto wanted = in.number<std::uint8_t>();
    ok = ok && wanted <= 1;
    record.changes.push_back({wanted == 1, std::string{in.text()}});
  }
  ok = ok && is_valid(record);
  return finish(in, ok, std::move(record));
}

std::string log_node_prefix(const pod_life& life, log_node_name::kind is) {
  return life.str() + (is == log_node_name::kind::snapshot ? ".s-" : ".d-");
}

std::string to_string(const log_node_name& name) {
  const auto digits = std::to_string(name.sequence);
  return log_node_prefix(name.life, name.is) +
         std::string(sequence_digits - std::min(sequence_digits, digits.size()), '0') + digits;
}

std::optional<log_node_name> parse_log_node_name(std::string_view last_level) {
  constexpr std::size_t mark = 3; // ".d-"
  if (last_level.size() <= sequence_digits + mark)
    return std::nullopt;
  const auto digits = last_level.substr(last_level.size() - sequence_digits);
  const auto type = last_level.substr(last_level.size() - sequence_digits - mark, mark);
  const auto sequence = core::read_number<decltype(log_node_name::sequence)>(digits);
  if (!sequence || (type != ".d-" && type != ".s-"))
    return std::nullopt;
  log_node_name name;
  name.sequence = *sequence;
  name.is = type == ".s-" ? log_node_name::kind::snapshot : log_node_name::kind::delta;
  name.life =
      pod_life{std::string{last_level.substr(0, last_level.size() - sequence_digits - mark)}};
  return name;
}

} // namespace mqttzoo::zk
