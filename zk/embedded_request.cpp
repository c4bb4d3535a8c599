#include "zk/embedded_request.hpp"

#include <utility>

namespace mqttzoo::zk {

namespace {

std::function<void()> refusal_of(multi_request& wanted, error code) {
  return [done = std::move(wanted.done), code] {
    done(unexpected(multi_error{code, multi_error::whole}));
  };
}

std::function<void()> refusal_of(scan_request& wanted, error code) {
  return [scan = wanted.scan, code] { scan->done(unexpected(code)); };
}

std::function<void()> refusal_of(attach_request&, error) {
  return [] {};
}
std::function<void()> refusal_of(expire_request&, error) {
  return [] {};
}

/// Those with nothing but a handler to call.
template<class Request>
std::function<void()> refusal_of(Request& wanted, error code) {
  return [done = std::move(wanted.done), code] { done(unexpected(code)); };
}

} // namespace

std::function<void()> refusal(embedded_request& request, error code) {
  return std::visit([code](auto& wanted) { return refusal_of(wanted, code); }, request.what);
}

} // namespace mqttzoo::zk
