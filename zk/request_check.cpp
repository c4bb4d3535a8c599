#include "zk/request_check.hpp"

#include "zk/paths.hpp"

namespace mqttzoo::zk {

namespace {

bool is_acceptable(const create_op& wanted) {
  const bool sequential = wanted.mode == create_mode::persistent_sequential ||
                          wanted.mode == create_mode::ephemeral_sequential;
  // With a number in its place the prefix "/a/" is fine too.
  return is_valid_path(sequential ? wanted.path + "0000000000" : wanted.path);
}
bool is_acceptable(const remove_op& wanted) {
  return is_valid_path(wanted.path) && wanted.path != "/";
}
bool is_acceptable(const set_op& wanted) {
  return is_valid_path(wanted.path);
}
bool is_acceptable(const check_op& wanted) {
  return is_valid_path(wanted.path);
}

std::size_t bytes_of(const create_op& o) noexcept {
  return o.path.size() + o.data.size();
}
std::size_t bytes_of(const set_op& o) noexcept {
  return o.path.size() + o.data.size();
}
std::size_t bytes_of(const remove_op& o) noexcept {
  return o.path.size();
}
std::size_t bytes_of(const check_op& o) noexcept {
  return o.path.size();
}

} // namespace

std::size_t payload_bytes(const op& operation) noexcept {
  return std::visit([](const auto& o) { return bytes_of(o); }, operation);
}

std::size_t payload_bytes(const std::vector<op>& ops) noexcept {
  std::size_t bytes = 0;
  for (const auto& operation : ops)
    bytes += payload_bytes(operation);
  return bytes;
}

std::optional<multi_error> check_request(const std::vector<op>& ops) {
  for (std::size_t i = 0; i < ops.size(); ++i)
    if (!std::visit([](const auto& o) { return is_acceptable(o); }, ops[i]))
      return multi_error{error::invalid_path, i};
  if (payload_bytes(ops) > request_bytes_max)
    return multi_error{error::too_large, multi_error::whole};
  return std::nullopt;
}

} // namespace mqttzoo::zk
