// Writes the parts of messages that do not fit into one node, below heads that stand already.
//
// Part of the post office, on its thread, for as long as it. One part is under way at a time,
// whatever number of messages wait, and they take turns: so what waits in the bank and in the store
// stays small, and a small message is never behind more than one part. What waits here is paid for:
// the bank's capacity bounds it.
#pragma once

#include "actors/bank_commit.hpp"
#include "mqtt/message.hpp"
#include "zk/records.hpp"
#include "zk/store.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mqttzoo::actors {

/// What a message takes in one node, with what goes with it, at most.
std::size_t node_bytes(const mqtt::message& m) noexcept;
/// Whether that is a node's.
bool fits_a_node(const mqtt::message& m) noexcept;
/// How it is cut.
zk::stored_parts cut(const mqtt::message& m) noexcept;
/// How it is stored if nothing else goes with it; none if it fits.
zk::stored_parts parts_of(const mqtt::message& m) noexcept;

class parts_writer {
public:
  /// What became of a message.
  struct outcome {
    std::uint32_t written = 0;             ///< parts that stand; all, unless it failed or
                                           ///< nobody wanted it any more
    std::optional<zk::multi_error> failed; ///< why the next one does not
  };
  struct job {
    mqtt::message_ref message;
    std::string head;             ///< path
    std::uint32_t count = 0;      ///< of its parts
    std::function<bool()> wanted; ///< asked before each part
    std::function<void(const outcome&)> done;
  };
  /// Hands a transaction to the bank; answers as the post office.
  using commit = std::function<void(std::vector<zk::op>, std::function<void(zk::multi_result)>)>;

  explicit parts_writer(commit with) : commit_(std::move(with)) {}

  void begin(job j);
  /// Nobody hears of anything any more.
  void stop();
  /// Messages that are being written.
  std::size_t size() const noexcept { return jobs_.size() + (busy_ ? 1 : 0); }

private:
  struct turn {
    job what;
    std::uint32_t written = 0;
  };

  void go_on();
  void part_written(turn t, const zk::multi_result& result);

  const commit commit_;
  std::deque<turn> jobs_;
  bool busy_ = false;
};

} // namespace mqttzoo::actors
