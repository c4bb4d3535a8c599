// How a fuzzer's input becomes a frame between pods: the first byte is the kind, counted from the
// first of the users' kinds, the rest the body. Shared by the target and by the program that writes
// its seeds.
#pragma once

#include "actors/frame_kinds.hpp"
#include "actors/messages.hpp"
#include "actors/publish_ticket.hpp" // what messages of groups hold

#include <string>
#include <string_view>

namespace mqttzoo::fuzz {

inline constexpr auto first_kind = static_cast<unsigned>(net::link_kind::first_of_user);

/// `bytes` must not be empty.
inline actors::pod_frame parse_frame(std::string_view bytes) {
  const auto n = static_cast<unsigned char>(bytes[0]);
  return {static_cast<net::link_kind>(static_cast<unsigned char>(first_kind + n)),
          std::string{bytes.substr(1)}, nullptr};
}

inline std::string input_of(const actors::pod_frame& f) {
  std::string input{static_cast<char>(static_cast<unsigned>(f.kind) - first_kind)};
  input += f.body;
  if (f.payload)
    input += f.payload->payload();
  return input;
}

} // namespace mqttzoo::fuzz
