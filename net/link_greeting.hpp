// How two pods agree that they are who they mean: the frames before a link is open.
//
// Part of a link, until it is open. A state machine without I/O: frames go in, frames to send come
// out. The dialler says hello first, the other side judges it and answers with its own hello, the
// dialler judges that and says accept. Whoever does not like what it hears says refuse, with the
// reason, and the link is over. So a stranger that dials learns no names.
// Not thread-safe; `pod_incarnations` is.
#pragma once

#include "core/expected.hpp"
#include "net/link_frame.hpp"
#include "net/peer_proof.hpp"
#include "net/pod_incarnations.hpp"
#include "net/pod_link.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mqttzoo::net {

/// A change of the frames' meaning needs another one; pods of two versions refuse each other.
inline constexpr std::uint8_t link_protocol_version = 3;

/// Of a frame before the link is open: a stranger makes us keep no more than that.
inline constexpr std::size_t greeting_frame_bytes_max = 1024;

/// Of the names in a hello: a host name's length. Letters, digits, `-`, `_` and `.`, the first one
/// a letter or a digit.
inline constexpr std::size_t link_name_bytes_max = 253;
bool is_link_name(std::string_view name) noexcept;

/// The pod that lives on this side.
struct link_identity {
  std::string cluster;           ///< a link name; both sides must have the same
  std::string pod;               ///< a link name
  std::uint64_t incarnation = 0; ///< grows with each life of a pod of this name
};

/// What this side can take, said in its hello.
struct link_terms {
  std::size_t frame_bytes_max = 0;
  std::chrono::milliseconds silence_max{0};

  bool operator==(const link_terms&) const = default;
};

/// Of two pods the one with the lesser name dials, so that they never dial each other at once.
inline bool dials(std::string_view own, std::string_view peer) noexcept {
  return own < peer;
}

struct link_hello {
  std::string cluster;
  std::string from;
  std::string to; ///< whom the sender means
  std::uint64_t incarnation = 0;
  std::uint64_t incarnation_known = 0; ///< greatest the sender knows of `to`; 0 for none
  link_terms terms;

  bool operator==(const link_hello&) const = default;
};

void append_hello(std::string& out, const link_hello& hello);
/// `version` or `malformed`.
expected<link_hello, link_refusal> read_hello(std::string_view body);

class link_greeting {
public:
  enum class role : std::uint8_t { dials, accepts };
  enum class progress : std::uint8_t {
    waiting, ///< for the next frame
    open,
    refused,         ///< by us; `out` holds the frame that says so
    refused_by_peer, ///< refusal() is what it said
  };

  /// For the side that dials `peer`.
  static link_greeting dialling(link_identity own, link_terms terms, std::string peer,
                                pod_incarnations& known);
  static link_greeting accepting(link_identity own, link_terms terms, pod_incarnations& known);

  /// Once, when bytes can be sent. The frame to send is appended to `out`, if there is one.
  void start(std::string& out);

  /// `proof` knows who is at the other end; null on a plain stream, where a name is believed. Not
  /// after an outcome.
  progress on_frame(const link_frame& frame, const peer_proof* proof, std::string& out);

  /// Complete once open.
  const link_peer& peer() const noexcept { return peer_; }
  const link_terms& peer_terms() const noexcept { return peer_terms_; }
  link_refusal refusal() const noexcept { return refusal_; }

private:
  link_greeting(role r, link_identity own, link_terms terms, std::string peer,
                pod_incarnations& known);

  progress on_hello(std::string_view body, const peer_proof* proof, std::string& out);
  progress on_accept(std::string_view body, std::string& out);
  progress on_refuse(std::string_view body);
  progress refuse(link_refusal why, std::string& out);
  progress open();
  link_refusal judge(const link_hello& hello, const peer_proof* proof) const;
  void say_hello(std::string& out) const;

  role role_;
  bool heard_hello_ = false;
  link_identity own_;
  link_terms terms_;
  link_terms peer_terms_;
  link_peer peer_;
  pod_incarnations& known_;
  link_refusal refusal_ = link_refusal::none;
};

} // namespace mqttzoo::net
