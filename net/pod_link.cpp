#include "net/pod_link.hpp"

namespace mqttzoo::net {

const char* to_string(link_refusal why) noexcept {
  switch (why) {
  case link_refusal::none:
    return "none";
  case link_refusal::malformed:
    return "malformed greeting";
  case link_refusal::version:
    return "another version of the protocol";
  case link_refusal::wrong_cluster:
    return "another cluster";
  case link_refusal::wrong_name:
    return "another pod was meant";
  case link_refusal::older_incarnation:
    return "a later incarnation of the sender is known";
  case link_refusal::superseded:
    return "a later incarnation was meant";
  case link_refusal::not_proven:
    return "the certificate is not of that pod";
  case link_refusal::wrong_direction:
    return "the pod with the lesser name has to dial";
  case link_refusal::other:
    break;
  }
  return "an unknown reason";
}

const char* to_string(link_cause cause) noexcept {
  switch (cause) {
  case link_cause::by_us:
    return "closed";
  case link_cause::by_peer:
    return "closed by the peer";
  case link_cause::io_error:
    return "socket error";
  case link_cause::not_secured:
    return "no TLS";
  case link_cause::refused_by_us:
    return "refused";
  case link_cause::refused_by_peer:
    return "refused by the peer";
  case link_cause::greeting_timeout:
    return "greeting took too long";
  case link_cause::bad_frame:
    return "bad frame";
  case link_cause::silent:
    return "silent peer";
  case link_cause::write_stalled:
    return "peer takes nothing";
  }
  return "unknown";
}

} // namespace mqttzoo::net
