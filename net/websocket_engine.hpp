// The server's end of WebSocket (RFC 6455) without a socket: section 6 of MQTT.
//
// Its handshake is an HTTP request, of at most `head_bytes_max`; then MQTT stands in binary frames,
// whose borders mean nothing. Keeps at most what two control frames hold, and 4 KiB
// of wslay's: of PINGs that were not answered the newest counts. See stream_engine.
#pragma once

#include "net/stream_engine.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include <wslay/wslay.h>

namespace mqttzoo::net {

/// What a server accepts; shared by all connections of a listener, immutable.
struct websocket_rules {
  std::string path = "/mqtt"; ///< without a query
  /// Pages that may connect, such as "https://shop.example"; empty: every one. A client that names
  /// no origin is no browser and may always.
  std::vector<std::string> origins;
};

class websocket_engine final : public stream_engine {
public:
  static constexpr std::size_t head_bytes_max = 8 * 1024;

  explicit websocket_engine(std::shared_ptr<const websocket_rules> rules);
  ~websocket_engine() override;

  progress shake_hands(std::string_view& in, std::string& out) override;
  reading read(std::string_view in, std::string& plain, std::string& out) override;
  bool write(std::string_view plain, std::string& out) override;
  void end(std::string& out) override;

  bool owes_answer() const noexcept override { return owes_pong_ && !ended_; }
  void give_answer(std::string& out) override;

  bool proves(std::string_view) const override { return false; }
  const std::string& failure() const noexcept override { return failure_; }

private:
  struct answer; ///< to the request

  answer judge(std::string_view head) const;
  reading take_part(const wslay_frame_iocb& part, std::string& plain, std::string& out);
  reading take_control(const wslay_frame_iocb& part, std::string& out);
  reading fail(std::uint16_t status, std::string why, std::string& out);

  std::shared_ptr<const websocket_rules> rules_;
  wslay_frame_context_ptr frames_ = nullptr; ///< unmasks
  std::string_view in_;                      ///< what wslay may read, during one call
  std::string head_;                         ///< of the request, until it is whole
  std::string control_;                      ///< payload of a control frame, until it is whole
  std::string pong_;                         ///< what the newest PING holds
  std::uint64_t frame_bytes_ = 0;            ///< of the frame that is being received, so far
  bool in_message_ = false;                  ///< a binary message goes on in the next frame
  bool owes_pong_ = false;                   ///< to a PING that was not answered yet
  bool ended_ = false;                       ///< our close frame was written
  std::string failure_;
};

} // namespace mqttzoo::net
