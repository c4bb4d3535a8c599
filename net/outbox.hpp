// What a connection has accepted and its socket has not yet taken.
//
// Part of a connection, loop thread only. A sequence of owned buffers, appended to, and of message
// payloads that many outboxes share by reference. An empty one is 48 bytes and owns nothing.
#pragma once

#include "core/ring.hpp"
#include "mqtt/message.hpp"
#include "net/buffer_pool.hpp"

#include <boost/asio/buffer.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace mqttzoo::net {

class outbox {
public:
  /// A shorter payload is cheaper to copy than to refer to.
  static constexpr std::size_t copied_payload_bytes_max = 1024;
  /// A buffer that has grown to this is put aside, so that no append copies more.
  static constexpr std::size_t buffer_bytes_sealed = buffer_pool::buffer_bytes_max / 2;

  /// Where to append: the same string for the life of the outbox. Call it before each series of
  /// appends; a buffer that has become large is put aside first.
  std::string& tail(buffer_pool& pool) {
    if (tail_.capacity() < buffer_pool::buffer_bytes_min || tail_.size() >= buffer_bytes_sealed)
      change_tail(pool);
    return tail_;
  }

  /// Appends the payload of `m`.
  void append(mqtt::message_ref m, buffer_pool& pool);

  bool empty() const noexcept { return size_bytes() == 0; }
  std::size_t size_bytes() const noexcept {
    return (sealed_ ? sealed_->bytes : 0) + tail_.size() - taken_of_first_;
  }

  /// Describes the first bytes; returns how many entries of `into` it filled.
  std::size_t gather(std::span<boost::asio::const_buffer> into) const noexcept;

  /// The socket took the first `n` bytes. Gives emptied buffers back.
  void consume(std::size_t n, buffer_pool& pool);

  void clear(buffer_pool& pool) { consume(size_bytes(), pool); }

private:
  /// One of the two is empty.
  struct segment {
    std::string buffer;
    mqtt::message_ref message;

    std::string_view bytes() const noexcept {
      return message ? message->payload() : std::string_view{buffer};
    }
  };

  /// What stands before the tail; allocated while there is any.
  struct sealed {
    ring<segment> segments;
    std::size_t bytes = 0;
  };

  void change_tail(buffer_pool& pool);
  void seal(segment s);
  void seal_tail();

  std::string tail_;
  std::unique_ptr<sealed> sealed_;
  std::size_t taken_of_first_ = 0; ///< of the first segment, or of the tail if there is none
};

static_assert(sizeof(outbox) <= 48);

} // namespace mqttzoo::net
