// How links to other pods come about; the real one dials (tools/pod_links), a simulation connects.
//
// Owned by whoever makes the pod, outlives its actors; called by the membership actor on the first
// unit's thread. Each link that opens, whoever dialled, is told to the membership as `linked`.
#pragma once

#include "core/ids.hpp"
#include "zk/pod_record.hpp"

namespace mqttzoo::actors {

class link_source {
public:
  virtual ~link_source() = default;

  /// A pod is a member: keep a link to it up, if it is this pod's part to dial.
  virtual void keep(const zk::pod_record& pod) = 0;
  /// It is no member any more: dial no more.
  virtual void let_go(const zk::pod_record& pod) = 0;
};

} // namespace mqttzoo::actors
