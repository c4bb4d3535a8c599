// Messages that do not fit into one node: a head and, below it, its parts.
//
// The head's record says how many parts there are and how many bytes; the parts bear the properties
// and then the payload, one behind the other. The head is created first, under a name that says
// what all of it costs; nothing points to it before its last part stands there, so whoever finds a
// pointer finds a message. Parts go with their head, in one transaction: removals are small.
//
// Pure functions but for `read_parts`, which reads one part at a time; any thread.
#pragma once

#include "zk/records.hpp"
#include "zk/store.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::zk {

/// Of one part: a transaction holds one and what goes with it.
inline constexpr std::size_t part_bytes_max = std::size_t{768} * 1024;

/// What stands in the parts of a message, one string behind the other.
struct message_body {
  std::string properties;
  std::string payload;
};

/// How a message with so many bytes is cut.
stored_parts cut(std::size_t properties_bytes, std::size_t payload_bytes) noexcept;

/// One part of a message: a record of whatever bytes.
encoded encode_part(std::string_view bytes);
decoded<std::string_view> decode_part(std::string_view data);

/// The data of a part.
std::string part_data(std::string_view properties, std::string_view payload, std::uint32_t number);

/// Removes the parts below `head`, the last one first, to go before the head's own removal.
void remove_parts(const std::string& head, std::uint32_t count, std::vector<op>& into);

/// Gives `done` what stands below `head`; nothing if that is not what `parts` says.
void read_parts(store& in, executor& where, std::string head, const stored_parts& parts,
                handler<std::optional<message_body>> done);

/// Makes a record whole.
void put_together(message_record& record, message_body body);

} // namespace mqttzoo::zk
