#include "zk/message_parts.hpp"

#include "zk/paths.hpp"
#include "zk/record_header.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace mqttzoo::zk {

namespace {

/// What two strings behind each other have from `from` on, at most `most` bytes.
std::string slice(std::string_view first, std::string_view second, std::size_t from,
                  std::size_t most) {
  std::string found{first.substr(std::min(from, first.size()), most)};
  const auto behind = from > first.size() ? from - first.size() : 0;
  return found.append(second.substr(std::min(behind, second.size()), most - found.size()));
}

/// A message that is being read; lives in the handler of its next part.
struct reading {
  store& in;
  executor& where;
  std::string head;
  stored_parts parts;
  handler<std::optional<message_body>> done;
  std::string bytes{};
  std::uint32_t next = 0;

  std::size_t expected_bytes() const noexcept {
    return std::size_t{parts.properties_bytes} + parts.payload_bytes;
  }
};

void read_next(const std::shared_ptr<reading>& r);

void end(reading& r) {
  if (r.bytes.size() != r.expected_bytes())
    return r.done(std::optional<message_body>{});
  message_body body;
  body.properties = r.bytes.substr(0, r.parts.properties_bytes);
  r.bytes.erase(0, r.parts.properties_bytes);
  body.payload = std::move(r.bytes);
  r.done(std::optional{std::move(body)});
}

void take(const std::shared_ptr<reading>& r, const expected<node, error>& found) {
  if (!found && found.error() != error::no_node)
    return r->done(unexpected(found.error()));
  const auto part =
      found ? decode_part(found->data) : decoded<std::string_view>{unexpected(record_error{})};
  if (!part || r->bytes.size() + part->size() > r->expected_bytes())
    return r->done(std::optional<message_body>{});
  r->bytes.append(*part);
  ++r->next;
  read_next(r);
}

void read_next(const std::shared_ptr<reading>& r) {
  if (r->next == r->parts.count)
    return end(*r);
  r->in.get(r->where, paths::mail_part(r->head, r->next), nullptr,
            [r](const expected<node, error>& found) { take(r, found); });
}

} // namespace

encoded encode_part(std::string_view bytes) {
  const auto size = record_header_bytes + bytes.size();
  if (size > record_bytes_max)
    return unexpected(record_error::too_large);
  byte_writer head{record_header_bytes};
  put_header(head, record_kind::part);
  auto data = head.take();
  data.reserve(size);
  return data.append(bytes);
}
decoded<std::string_view> decode_part(std::string_view data) {
  byte_reader in{data};
  if (const auto wrong = check_header(in, record_kind::part))
    return unexpected(*wrong);
  return data.substr(record_header_bytes);
}

stored_parts cut(std::size_t properties_bytes, std::size_t payload_bytes) noexcept {
  const auto bytes = properties_bytes + payload_bytes;
  return {static_cast<std::uint32_t>((bytes + part_bytes_max - 1) / part_bytes_max),
          static_cast<std::uint32_t>(properties_bytes), static_cast<std::uint32_t>(payload_bytes)};
}

std::string part_data(std::string_view properties, std::string_view payload, std::uint32_t number) {
  return encode_part(slice(properties, payload, number * part_bytes_max, part_bytes_max)).value();
}

void remove_parts(const std::string& head, std::uint32_t count, std::vector<op>& into) {
  while (count > 0)
    into.emplace_back(remove_op{paths::mail_part(head, --count)});
}

void read_parts(store& in, executor& where, std::string head, const stored_parts& parts,
                handler<std::optional<message_body>> done) {
  read_next(std::make_shared<reading>(reading{in, where, std::move(head), parts, std::move(done)}));
}

void put_together(message_record& record, message_body body) {
  record.parts = {};
  record.forwarded_properties = std::move(body.properties);
  record.payload = std::move(body.payload);
}

} // namespace mqttzoo::zk
