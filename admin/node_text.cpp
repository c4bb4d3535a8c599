#include "admin/node_text.hpp"

#include "zk/ledger.hpp"
#include "zk/pod_record.hpp"
#include "zk/records.hpp"
#include "zk/wants.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::admin {

namespace {

json of(const zk::message_record& m) {
  return {{"topic", m.topic},
          {"publisher", m.publisher.str()},
          {"qos", m.qos},
          {"retain", m.retain},
          {"stored_at_unix_ms", m.stored_at_unix_ms},
          {"expires_at_unix_ms", m.expires_at_unix_ms},
          {"payload_bytes", m.parts.count == 0 ? m.payload.size() : m.parts.payload_bytes},
          {"parts", m.parts.count}};
}

json of(const zk::retained_record& r) {
  auto j = of(static_cast<const zk::message_record&>(r));
  j["credits"] = r.credits;
  j["paid_until_unix_ms"] = r.paid_until_unix_ms;
  j["renewed_by"] = r.writer.str();
  return j;
}

json of(const zk::session_record& s) {
  auto subscriptions = json::array();
  for (const auto& sub : s.subscriptions)
    subscriptions.push_back({{"filter", sub.filter}, {"qos", sub.qos}});
  json j{{"client", s.client_id.str()},
         {"expiry_interval_s", s.session_expiry_interval_s},
         {"connected", s.disconnected_at_unix_ms == 0},
         {"disconnected_at_unix_ms", s.disconnected_at_unix_ms},
         {"subscriptions", std::move(subscriptions)},
         {"will", nullptr}};
  if (s.will)
    j["will"] = of(s.will->message);
  return j;
}

json of(const zk::pointer_record& p) {
  constexpr const char* states[] = {"queued", "sent", "released"};
  return {{"mail", p.mail_path},
          {"qos", p.qos},
          {"state", states[static_cast<std::size_t>(p.state)]},
          {"packet_id", p.packet_id},
          {"dup", p.dup}};
}

json of(const zk::received_record& r) {
  return {{"packet_id", r.packet_id}};
}
json of(const zk::free_record& r) {
  return {{"free_credits", r.credits}, {"total_credits", r.total}};
}
json of(const zk::granted_record& r) {
  return {{"granted_credits", r.granted}};
}
json of(const zk::spent_record& r) {
  return {{"transactions", r.seq}, {"spent_credits", r.spent}};
}
json of(const zk::pod_record& r) {
  return {{"name", r.name}, {"incarnation", r.incarnation}, {"links", r.links},
          {"mqtt", r.mqtt}, {"version", r.version},         {"admin", r.admin}};
}

json of(const zk::bucket_record& r) {
  auto pods = json::array();
  for (const auto& w : r.pods) {
    auto topics = json::array();
    for (const auto t : w.topics)
      topics.push_back(zk::hex16(t));
    pods.push_back({{"life", w.life.str()}, {"topic_hashes", std::move(topics)}});
  }
  return {{"pods", std::move(pods)}};
}

json of(const zk::filter_log_record& r) {
  auto changes = json::array();
  for (const auto& c : r.changes)
    changes.push_back({{"wanted", c.wanted}, {"filter", c.filter}});
  return {{"part", r.part}, {"parts", r.parts}, {"changes", std::move(changes)}};
}

template<class Decoded>
node_text text(const char* kind, const Decoded& d) {
  return {kind, d ? of(*d) : json{}};
}

/// Levels below the tree's root, counted from 1: "/mqttzoo/pods" has one.
std::size_t depth_below(std::string_view root, std::string_view path) {
  std::size_t n = 0;
  for (const char c : path.substr(root.size()))
    n += c == '/' ? 1 : 0;
  return n;
}

} // namespace

node_text decode_node(const zk::paths& paths, std::string_view path, std::string_view data) {
  const auto last = zk::last_level_of(path);
  const auto depth = depth_below(paths.root(), path);
  const auto below = [&](const std::string& tree) {
    return path.size() > tree.size() && path.starts_with(tree) && path[tree.size()] == '/';
  };
  if (path == paths.root()) // the key of the hashes is nobody's business
    return {"key", json{}};
  if (path == paths.bank_free())
    return text("bank free", zk::decode_free(data));
  if (below(paths.bank_pods()) && last == "in")
    return text("lease", zk::decode_granted(data));
  if (below(paths.bank_pods()) && last == "out")
    return text("spent", zk::decode_spent(data));
  if (path == paths.mover())
    return {"mover", json(std::string{data})};
  if (below(paths.pods()))
    return text("pod", zk::decode_pod(data));
  if (below(paths.sessions()) && depth == 4)
    return text("session", zk::decode_session(data));
  if (below(paths.sessions()) && last.starts_with("p-"))
    return text("pointer", zk::decode_pointer(data));
  if (below(paths.sessions()) && last.starts_with("r-"))
    return text("received", zk::decode_received(data));
  if (below(paths.topics()) && depth == 3 && !data.empty())
    return text("wants of topics", zk::decode_bucket(data));
  if (below(paths.topics()) && depth == 4) {
    auto t = text("mail", zk::decode_mail(data));
    if (const auto name = zk::parse_mail_name(last); name && t.content.is_object()) {
      t.content["credits"] = name->credits;
      t.content["held_until_unix_ms"] = name->expires_at_unix_ms;
    }
    return t;
  }
  if (below(paths.retained()) && depth == 4)
    return text("retained", zk::decode_retained(data));
  if (below(paths.wildcards()) && depth == 3)
    return text("wants of filters", zk::decode_filter_log(data));
  const bool is_text =
      std::all_of(data.begin(), data.end(), [](char c) { return c >= ' ' && c <= '~'; });
  return {data.empty() ? "level" : "unknown", is_text && !data.empty() ? json(data) : json{}};
}

} // namespace mqttzoo::admin
