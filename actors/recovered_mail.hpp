// What the post office must know of a store that other processes wrote.
//
// Values: made by recovery at start, by the adopter and the reaper of sessions and retained
// messages of pods that departed; the post office takes them in.
#pragma once

#include "actors/session_card.hpp"
#include "core/ids.hpp"
#include "mqtt/message.hpp"
#include "zk/records.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mqttzoo::actors {

/// A retained message as it stands in the store.
struct found_retained {
  zk::retained_record record; ///< without its properties and payload if it is in parts
  zk::version version = 0;
  std::int64_t mzxid = 0;    ///< of the transaction that wrote it
  mqtt::message_ref message; ///< null: to be made of the record, or of its parts
};

/// Mail without a pointer, and how many nodes are below it.
struct unwanted_mail {
  std::string path;
  std::uint32_t parts = 0;
};

/// Sessions and their mail.
struct recovered_mail {
  struct pointer {
    card_ref session;
    mqtt::stored_number number{};
    /// Shared by all pointers to one mail drop; null: only PUBREL is left to send, or its mail's
    /// time is over.
    mqtt::message_ref message;
    std::string mail_path;
    zk::pointer_record record;
    client_id publisher;     ///< of the mail
    std::uint32_t parts = 0; ///< below it, if nobody else removes it
  };
  std::vector<pointer> pointers;
  std::vector<std::pair<card_ref, std::vector<mqtt::packet_id>>> received;
  /// In a cluster: the versions of the sessions' owner nodes.
  std::vector<std::pair<card_ref, zk::version>> owners;
  /// In a cluster, at start: as recovery found them.
  std::vector<std::pair<std::string, std::int64_t>> retained_zxids;
  // Of a pod that is alone:
  std::vector<unwanted_mail> unwanted;  ///< nobody points to it
  std::vector<found_retained> retained; ///< all there are
};

} // namespace mqttzoo::actors
