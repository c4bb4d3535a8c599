// What a pod says of itself in its ephemeral node below `pods`: a small JSON object, so that an
// operator with zkCli can read it. Values; any thread.
#pragma once

#include "core/expected.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace mqttzoo::zk {

struct pod_record {
  std::string name;
  std::uint64_t incarnation = 0; ///< grows with each life of a pod of that name
  std::string links;             ///< where other pods link to: a numeric "address:port"
  std::string mqtt;              ///< where clients connect, for people
  std::string version;
  std::string admin = {}; ///< the endpoint for operators, as a URL; empty: there is none

  friend bool operator==(const pod_record&, const pod_record&) = default;
};

std::string encode_pod(const pod_record& record);
/// The error is a few words for the log.
expected<pod_record, std::string> decode_pod(std::string_view data);

} // namespace mqttzoo::zk
