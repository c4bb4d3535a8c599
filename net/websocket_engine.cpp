#include "net/websocket_engine.hpp"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

namespace mqttzoo::net {

namespace http = boost::beast::http;

namespace {

/// Why an end of the connection closes it; RFC 6455, section 7.4.1.
enum close_status : std::uint16_t {
  normal = 1000,
  protocol_error = 1002,
  unsupported_data = 1003,
};

constexpr std::size_t control_bytes_max = 125;

/// [MQTT-6.0.0-4] [MQTT-6.0.0-4 v3] No other is spoken.
constexpr std::string_view subprotocol = "mqtt";

bool offers_mqtt(std::string_view offered) {
  return http::token_list{{offered.data(), offered.size()}}.exists(
      {subprotocol.data(), subprotocol.size()});
}

/// Proves that the request was read: RFC 6455, section 4.2.2.
std::string accept_of(std::string key) {
  key += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  unsigned int size = 0;
  EVP_Digest(key.data(), key.size(), digest.data(), &size, EVP_sha1(), nullptr);
  std::array<unsigned char, 32> text{};
  const int length = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(size));
  return {reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(length)};
}

/// 16 bytes in base64.
bool is_key(std::string_view key) {
  return key.size() == 24 && key.ends_with("==");
}

/// A frame of a server: not masked, never in parts.
void append_frame(wslay_opcode opcode, std::string_view payload, std::string& out) {
  out += static_cast<char>(0x80 | opcode);
  const auto size = payload.size();
  if (size <= control_bytes_max) {
    out += static_cast<char>(size);
  } else if (size <= 0xffff) {
    out += {static_cast<char>(126), static_cast<char>(size >> 8), static_cast<char>(size & 0xff)};
  } else {
    out += static_cast<char>(127);
    for (int shift = 56; shift >= 0; shift -= 8)
      out += static_cast<char>(static_cast<std::uint64_t>(size) >> shift & 0xff);
  }
  out += payload;
}

void append_close(std::uint16_t status, std::string& out) {
  const std::array<char, 2> text{static_cast<char>(status >> 8), static_cast<char>(status & 0xff)};
  append_frame(WSLAY_CONNECTION_CLOSE, {text.data(), text.size()}, out);
}

} // namespace

struct websocket_engine::answer {
  http::status status = http::status::switching_protocols;
  std::string why;    ///< of a refusal
  std::string fields; ///< of the response, each with its end of line
};

websocket_engine::websocket_engine(std::shared_ptr<const websocket_rules> rules)
    : rules_(std::move(rules)) {
  wslay_frame_callbacks callbacks{};
  callbacks.recv_callback = [](uint8_t* into, size_t size_max, int, void* self) {
    auto& in = static_cast<websocket_engine*>(self)->in_;
    const auto size = in.copy(reinterpret_cast<char*>(into), size_max);
    in.remove_prefix(size);
    return size > 0 ? static_cast<ssize_t>(size) : ssize_t{-1};
  };
  if (wslay_frame_context_init(&frames_, &callbacks, this) != 0)
    throw std::bad_alloc{};
}

websocket_engine::~websocket_engine() {
  wslay_frame_context_free(frames_);
}

stream_engine::progress websocket_engine::shake_hands(std::string_view& in, std::string& out) {
  constexpr std::string_view end = "\r\n\r\n";
  const auto known = head_.size();
  const auto taken = std::min(in.size(), head_bytes_max - known);
  head_ += in.substr(0, taken);
  const auto at = head_.find(end, known > end.size() ? known - end.size() : 0);
  answer a{http::status::request_header_fields_too_large, "the request is too long", {}};
  if (at != std::string::npos) {
    in.remove_prefix(at + end.size() - known);
    head_.resize(at + end.size());
    a = judge(head_);
  } else {
    in.remove_prefix(taken);
    if (head_.size() < head_bytes_max)
      return progress::waiting;
  }
  head_ = {};
  out += "HTTP/1.1 " + std::to_string(static_cast<unsigned>(a.status)) + ' ' +
         std::string{http::obsolete_reason(a.status)} + "\r\n" + a.fields;
  if (a.status == http::status::switching_protocols) {
    out += "\r\n";
    return progress::established;
  }
  out += "Connection: close\r\nContent-Type: text/plain\r\nContent-Length: " +
         std::to_string(a.why.size() + 1) + "\r\n\r\n" + a.why + '\n';
  failure_ = std::move(a.why);
  return progress::failed;
}

websocket_engine::answer websocket_engine::judge(std::string_view head) const {
  http::request_parser<http::empty_body> parser;
  boost::system::error_code error;
  parser.header_limit(head_bytes_max);
  parser.put(boost::asio::buffer(head.data(), head.size()), error);
  if (error || !parser.is_header_done())
    return {http::status::bad_request, "no HTTP request: " + error.message(), {}};
  const auto& request = parser.get();
  const auto text = [&](http::field f) { return std::string{request[f]}; };
  const std::string target{request.target()};
  if (target.substr(0, target.find('?')) != rules_->path)
    return {http::status::not_found, "MQTT is at " + rules_->path, {}};
  if (!boost::beast::websocket::is_upgrade(request))
    return {http::status::upgrade_required, "MQTT over WebSocket only", "Upgrade: websocket\r\n"};
  if (text(http::field::sec_websocket_version) != "13")
    return {http::status::upgrade_required, "version 13 of WebSocket only",
            "Sec-WebSocket-Version: 13\r\n"};
  const auto origin = text(http::field::origin);
  if (!origin.empty() && !rules_->origins.empty() &&
      std::ranges::find(rules_->origins, origin) == rules_->origins.end())
    return {http::status::forbidden, "pages of this origin may not connect", {}};
  const auto key = text(http::field::sec_websocket_key);
  if (!is_key(key))
    return {http::status::bad_request, "Sec-WebSocket-Key is no 16 bytes in base64", {}};
  if (!offers_mqtt(text(http::field::sec_websocket_protocol)))
    return {http::status::bad_request, "the subprotocol mqtt is not offered", {}};
  return {http::status::switching_protocols,
          {},
          "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept_of(key) +
              "\r\nSec-WebSocket-Protocol: " + std::string{subprotocol} + "\r\n"};
}

stream_engine::reading websocket_engine::read(std::string_view in, std::string& plain,
                                              std::string& out) {
  in_ = in;
  for (;;) {
    wslay_frame_iocb part{};
    const auto size = wslay_frame_recv(frames_, &part);
    if (size == WSLAY_ERR_WANT_READ)
      return reading::goes_on;
    if (size < 0)
      return fail(protocol_error, "no frame of WebSocket", out);
    if (const auto r = take_part(part, plain, out); r != reading::goes_on)
      return r;
  }
}

/// A frame comes in one or more parts, each with what is known of the frame. Where frames begin and
/// end means nothing above. [MQTT-6.0.0-2] [MQTT-6.0.0-2 v3]
stream_engine::reading websocket_engine::take_part(const wslay_frame_iocb& part, std::string& plain,
                                                   std::string& out) {
  if (part.mask == 0)
    return fail(protocol_error, "a frame of a client that is not masked", out);
  if (part.rsv != 0)
    return fail(protocol_error, "an extension that was not agreed on", out);
  if (wslay_is_ctrl_frame(part.opcode))
    return take_control(part, out);
  const bool begins = frame_bytes_ == 0;
  const bool continues = part.opcode == WSLAY_CONTINUATION_FRAME;
  if (!continues && part.opcode != WSLAY_BINARY_FRAME) // [MQTT-6.0.0-1] [MQTT-6.0.0-1 v3]
    return fail(part.opcode == WSLAY_TEXT_FRAME ? unsupported_data : protocol_error,
                "a frame that is not binary", out);
  if (begins && continues != in_message_)
    return fail(protocol_error, "a frame that does not follow the one before", out);
  plain.append(reinterpret_cast<const char*>(part.data), part.data_length);
  frame_bytes_ += part.data_length;
  if (frame_bytes_ == part.payload_length) {
    frame_bytes_ = 0;
    in_message_ = part.fin == 0;
  }
  return reading::goes_on;
}

/// wslay has looked at its length, and that it is whole in itself.
stream_engine::reading websocket_engine::take_control(const wslay_frame_iocb& part,
                                                      std::string& out) {
  const bool known = part.opcode == WSLAY_CONNECTION_CLOSE || part.opcode == WSLAY_PING ||
                     part.opcode == WSLAY_PONG;
  if (!known)
    return fail(protocol_error, "a control frame of an unknown kind", out);
  control_.append(reinterpret_cast<const char*>(part.data), part.data_length);
  if (control_.size() < part.payload_length)
    return reading::goes_on;
  auto payload = std::exchange(control_, {});
  if (part.opcode == WSLAY_PING) { // RFC 6455, section 5.5.3: the newest is the one to answer
    pong_ = std::move(payload);
    owes_pong_ = true;
  }
  return part.opcode == WSLAY_CONNECTION_CLOSE ? reading::ended : reading::goes_on;
}

void websocket_engine::give_answer(std::string& out) {
  if (owes_answer())
    append_frame(WSLAY_PONG, std::exchange(pong_, {}), out);
  owes_pong_ = false;
}

bool websocket_engine::write(std::string_view plain, std::string& out) {
  append_frame(WSLAY_BINARY_FRAME, plain, out);
  return true;
}

void websocket_engine::end(std::string& out) {
  if (!std::exchange(ended_, true))
    append_close(normal, out);
}

stream_engine::reading websocket_engine::fail(std::uint16_t status, std::string why,
                                              std::string& out) {
  if (!std::exchange(ended_, true))
    append_close(status, out);
  failure_ = std::move(why);
  return reading::failed;
}

} // namespace mqttzoo::net
