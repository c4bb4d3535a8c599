// The frames that peers write and read themselves: messages, and what becomes of them.
//
// Pure functions and values; any thread. Reading trusts nothing: what is not complete, or out of
// bounds, is a failure, and the link with it (peer.cpp).
#pragma once

#include "actors/frame_bytes.hpp"
#include "actors/messages.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::actors {

/// A payload from here on travels by reference.
inline constexpr std::size_t payload_copied_max = 4096;
/// No further message is put into a frame that has so many bytes.
inline constexpr std::size_t messages_frame_bytes = 32 * 1024;

/// Writes the messages of a batch into frames, as many to one as fit.
class messages_writer {
public:
  /// `first_number`: of the first message; 0: none of them is answered. `client`: who published
  /// them; may be empty.
  messages_writer(std::string_view topic, const std::vector<departed_pod>& orphans_of,
                  std::uint64_t first_number, std::string_view client = {});

  /// False if the frame is to be sent first: take() it, and begin another one.
  bool has_room() const noexcept;
  void add(const mqtt::message_ref& m, mqtt::time_point now);
  bool empty() const noexcept { return count_ == 0; }
  pod_frame take();

private:
  std::size_t count_at_;
  std::uint32_t count_ = 0;
  pod_frame frame_;
};

/// Reads them.
class messages_reader {
public:
  explicit messages_reader(std::string_view body);

  bool failed() const noexcept { return in_.failed(); }
  std::string_view topic() const noexcept { return topic_; }
  const std::vector<departed_pod>& orphans_of() const noexcept { return orphans_of_; }
  std::uint64_t first_number() const noexcept { return first_number_; }
  std::string_view client() const noexcept { return client_; }
  /// Null at the end; look at failed() then.
  mqtt::message_ref next(const mqtt::topic_ref& topic, mqtt::time_point now);

private:
  frame_reader in_;
  std::string_view topic_;
  std::vector<departed_pod> orphans_of_;
  std::uint64_t first_number_ = 0;
  std::string_view client_;
  std::uint32_t left_ = 0;
};

/// One message with all it has but its topic, at the end of `out`; true if its payload is left out,
/// to follow by reference.
bool append_message(std::string& out, const mqtt::message& m, mqtt::time_point now);
/// Null if it is empty.
std::shared_ptr<const client_id> to_client(std::string_view name);

/// Null if `in` has none; it has failed then.
mqtt::message_ref read_message(frame_reader& in, const mqtt::topic_ref& topic,
                               mqtt::time_point now);

pod_frame encode_settled(const far_receipt& r);
std::optional<far_receipt> decode_settled(std::string_view body);

struct numbered_word {
  std::uint64_t number = 0;
  std::vector<zk::op> ops; ///< creations and checks only
};
pod_frame encode_word(std::uint64_t number, const std::vector<zk::op>& ops);
std::optional<numbered_word> decode_word(std::string_view body);

struct numbered_outcome {
  std::uint64_t number = 0;
  mqtt::reason_code outcome{};
};
pod_frame encode_outcome(const numbered_outcome& o);
std::optional<numbered_outcome> decode_outcome(std::string_view body);

pod_frame encode_group(const group_mail& mail, mqtt::time_point now);
/// Without pod and promise.
std::optional<group_mail> decode_group(std::string_view body, mqtt::time_point now);

pod_frame encode_returned(std::uint64_t number);
std::optional<std::uint64_t> decode_returned(std::string_view body);

} // namespace mqttzoo::actors
