#include "zk/paths.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>

namespace mqttzoo::zk {

namespace {

std::string hex(std::uint64_t value) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
  return {digits.data(), end};
}

/// Takes a hexadecimal number and the '-' behind it (or the end) off the front of `text`.
bool take_hex(std::string_view& text, std::uint64_t& value) noexcept {
  const auto size = std::min(text.find('-'), text.size());
  const auto* end = text.data() + size;
  const auto [stop, failed] = std::from_chars(text.data(), end, value, 16);
  if (failed != std::errc{} || stop != end)
    return false;
  text.remove_prefix(std::min(size + 1, text.size()));
  return true;
}

bool is_valid_level(std::string_view level) noexcept {
  return !level.empty() && level != "." && level != ".." &&
         std::all_of(level.begin(), level.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

std::string incarnation_name(std::string_view pod_name, std::uint64_t incarnation) {
  return std::string{pod_name} + '-' + hex(incarnation);
}

} // namespace

std::uint64_t name_hash(std::string_view name, const hash_key& key) noexcept {
  return core::sip_hash<2, 4>{key}.finish(name);
}

std::string hex16(std::uint64_t value) {
  const auto digits = hex(value);
  return std::string(16 - digits.size(), '0') + digits;
}

std::string format_mail_name(const mail_name& name) {
  return "m-" + hex(static_cast<std::uint64_t>(name.expires_at_unix_ms)) + '-' + hex(name.credits) +
         '-' + hex(static_cast<std::uint64_t>(name.writer)) + '-' + hex(name.number);
}

std::optional<mail_name> parse_mail_name(std::string_view last_level) noexcept {
  if (!last_level.starts_with("m-") || last_level.ends_with('-'))
    return std::nullopt;
  last_level.remove_prefix(2);
  std::uint64_t expires = 0;
  std::uint64_t writer = 0;
  mail_name name;
  if (!take_hex(last_level, expires) || !take_hex(last_level, name.credits) ||
      !take_hex(last_level, writer) || !take_hex(last_level, name.number) || !last_level.empty())
    return std::nullopt;
  name.expires_at_unix_ms = static_cast<std::int64_t>(expires);
  name.writer = static_cast<session_id>(writer);
  return name;
}

std::string_view parent_of(std::string_view path) noexcept {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos || slash == 0 ? std::string_view{"/"}
                                                       : path.substr(0, slash);
}

std::string_view last_level_of(std::string_view path) noexcept {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string child_path(std::string_view parent, std::string_view name) {
  std::string path;
  path.reserve(parent.size() + 1 + name.size());
  path += parent;
  path += '/';
  path += name;
  return path;
}

bool is_valid_path(std::string_view path) noexcept {
  if (path.empty() || path.front() != '/' || path.size() > path_bytes_max)
    return false;
  if (path.size() == 1)
    return true;
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto end = std::min(path.find('/'), path.size());
    if (!is_valid_level(path.substr(0, end)))
      return false;
    path.remove_prefix(end);
  }
  return true;
}

paths::paths(std::string root, const hash_key& key) : root_(std::move(root)), key_(key) {
  assert(is_valid_path(root_) && root_.size() > 1);
}

std::vector<std::string> paths::skeleton() const {
  std::vector<std::string> nodes;
  for (auto end = root_.find('/', 1); end != std::string::npos; end = root_.find('/', end + 1))
    nodes.push_back(root_.substr(0, end));
  for (const auto* below : {"", "/pods", "/epoch", "/bank", "/bank/free", "/bank/pods", "/topics",
                            "/wildcards", "/retained", "/sessions"})
    nodes.push_back(root_ + below);
  return nodes;
}

std::string paths::pods() const {
  return root_ + "/pods";
}
std::string paths::pod(std::string_view pod_name, std::uint64_t incarnation) const {
  return pods() + '/' + incarnation_name(pod_name, incarnation);
}
std::string paths::pod(const pod_life& life) const {
  return pods() + '/' + life.str();
}
std::string paths::mover() const {
  return child_path(pods(), mover_level);
}

std::string paths::leader() const {
  return root_ + "/leader";
}
std::string paths::epoch() const {
  return root_ + "/epoch";
}

std::string paths::bank_free() const {
  return root_ + "/bank/free";
}
std::string paths::bank_pods() const {
  return root_ + "/bank/pods";
}
std::string paths::bank_pod(std::string_view pod_name, std::uint64_t incarnation) const {
  return bank_pods() + '/' + incarnation_name(pod_name, incarnation);
}
std::string paths::bank_pod_in(std::string_view pod_name, std::uint64_t incarnation) const {
  return bank_pod(pod_name, incarnation) + "/in";
}
std::string paths::bank_pod_out(std::string_view pod_name, std::uint64_t incarnation) const {
  return bank_pod(pod_name, incarnation) + "/out";
}
std::string paths::bank_pod(const pod_life& life) const {
  return bank_pods() + '/' + life.str();
}
std::string paths::bank_pod_in(const pod_life& life) const {
  return bank_pod(life) + "/in";
}
std::string paths::bank_pod_out(const pod_life& life) const {
  return bank_pod(life) + "/out";
}

std::string paths::topics() const {
  return root_ + "/topics";
}
std::uint64_t paths::topic_hash(std::string_view topic) const noexcept {
  return name_hash(topic, key_);
}
std::string paths::topic_bucket(std::string_view topic) const {
  return topic_bucket(topic_hash(topic));
}
std::string paths::topic_bucket(std::uint64_t topic_hash) const {
  const auto digits = hex16(topic_hash);
  return topics() + '/' + digits.substr(0, 2) + '/' + digits.substr(2, 2);
}
std::string paths::mail_drop(std::string_view topic, const mail_name& name) const {
  return topic_bucket(topic) + '/' + format_mail_name(name);
}

std::string paths::mail_part(std::string_view mail_path, std::uint32_t number) {
  return child_path(mail_path, std::to_string(number));
}

std::string paths::wildcards() const {
  return root_ + "/wildcards";
}
std::string paths::wildcard_shard(std::string_view filter) const {
  const auto level = filter.substr(0, filter.find('/'));
  if (level == "+" || level == "#")
    return wildcards() + "/any";
  return wildcards() + '/' + hex16(name_hash(level, key_)).substr(0, 2);
}

std::string paths::retained() const {
  return root_ + "/retained";
}
std::string paths::retained(std::string_view topic, unsigned probe) const {
  return hashed("/retained/", topic, probe);
}

std::string paths::sessions() const {
  return root_ + "/sessions";
}
std::string paths::session(const client_id& client, unsigned probe) const {
  return hashed("/sessions/", client.str(), probe);
}

std::uint16_t paths::client_bucket(const client_id& client) const noexcept {
  return static_cast<std::uint16_t>(name_hash(client.str(), key_) >> 48);
}

std::string paths::session_owner(std::string_view session_path) {
  return std::string{session_path} + "/owner";
}
std::string paths::pointer_prefix(std::string_view session_path) {
  return std::string{session_path} + "/p-";
}
std::string paths::received(std::string_view session_path, std::uint16_t packet_id) {
  return std::string{session_path} + "/r-" + hex(packet_id);
}

std::string paths::hashed(std::string_view tree, std::string_view name, unsigned probe) const {
  const auto digits = hex16(name_hash(name, key_));
  auto path =
      root_ + std::string{tree} + digits.substr(0, 2) + '/' + digits.substr(2, 2) + '/' + digits;
  if (probe > 0)
    path += '-' + std::to_string(probe);
  return path;
}

} // namespace mqttzoo::zk
