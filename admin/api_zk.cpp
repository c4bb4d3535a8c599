// The endpoint's answers about the store: one node with its version, its content, its children and
// who watches it; all that is watched.
#include "admin/api.hpp"
#include "admin/node_text.hpp"
#include "admin/query.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace mqttzoo::admin {

namespace {

/// Children of one node that are named; a bucket may have very many.
constexpr std::size_t children_told_max = 1'000;

json to_json(const zk::stat& s) {
  return {{"version", s.version},
          {"cversion", s.cversion},
          {"created_zxid", s.czxid},
          {"changed_zxid", s.mzxid},
          {"created_unix_ms", s.ctime_unix_ms},
          {"changed_unix_ms", s.mtime_unix_ms},
          {"ephemeral_owner", zk::hex16(static_cast<std::uint64_t>(s.ephemeral_owner))},
          {"data_bytes", s.data_bytes},
          {"children", s.children}};
}

/// Of one node; each actor has one at most.
constexpr std::size_t watches_told_max = 16;

json to_json(const zk::set_watch& w) {
  return {{"whose", w.whose}, {"data", w.data}, {"exists", w.exists}, {"children", w.children}};
}

response refusal(zk::error e) {
  if (e == zk::error::no_node)
    return make_error(404, "there is no such node");
  if (e == zk::error::invalid_path)
    return make_error(400, "that is no path");
  return make_error(503, "the store does not answer: " + std::string{zk::to_string(e)});
}

} // namespace

/// Nothing outside our own tree is shown: it may be somebody else's.
std::optional<std::string> api::own_path(const request& r) const {
  const auto& root = with_.pod.is.paths.root();
  const auto* wanted = r.argument("path");
  if (!wanted)
    return root;
  return *wanted == root || wanted->starts_with(root + '/') ? std::optional{*wanted} : std::nullopt;
}

void api::node(const request& r, answer then) const {
  const auto asked = own_path(r);
  if (!asked)
    return then(make_error(400, "path must be " + with_.pod.is.paths.root() + " or below"));
  const auto& path = *asked;
  auto& store = *with_.pod.is.store;
  store.get(with_.here, path, nullptr, [this, path, then](expected<zk::node, zk::error> got) {
    if (!got)
      return then(refusal(got.error()));
    auto text = decode_node(with_.pod.is.paths, path, got->data);
    auto j = std::make_shared<json>(json{{"path", path},
                                         {"kind", text.kind},
                                         {"stat", to_json(got->stat)},
                                         {"content", std::move(text.content)}});
    with_.pod.is.store->children(
        with_.here, path, nullptr,
        [this, j, path, then](expected<zk::child_list, zk::error> children) {
          if (!children)
            return then(refusal(children.error()));
          auto& names = children->names;
          const auto n = std::min(names.size(), children_told_max);
          std::partial_sort(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(n),
                            names.end());
          names.resize(n);
          (*j)["child_names"] = names;
          tell_watches(j, path, then);
        });
  });
}

/// Which of this pod's actors hear of the node's next change.
void api::tell_watches(const std::shared_ptr<json>& of, const std::string& path,
                       const answer& then) const {
  with_.pod.is.store->watches(with_.here, {path, {}, watches_told_max},
                              [of, path, then](expected<zk::watch_list, zk::error> found) {
                                if (!found)
                                  return then(refusal(found.error()));
                                auto watches = json::array();
                                for (const auto& w : found->watches)
                                  if (w.path == path) // the first ones
                                    watches.push_back(to_json(w));
                                (*of)["watches"] = std::move(watches);
                                then(make_json(*of));
                              });
}

void api::watches(const request& r, answer then) const {
  const auto path = own_path(r);
  if (!path)
    return then(make_error(400, "path must be " + with_.pod.is.paths.root() + " or below"));
  const auto* after = r.argument("after");
  with_.pod.is.store->watches(with_.here, {*path, after ? *after : std::string{}, page_max},
                              [then](expected<zk::watch_list, zk::error> found) {
                                if (!found)
                                  return then(refusal(found.error()));
                                json j{{"items", json::array()}, {"next", nullptr}};
                                for (const auto& w : found->watches) {
                                  json item{{"path", w.path}};
                                  item.update(to_json(w));
                                  j["items"].push_back(std::move(item));
                                }
                                if (found->more)
                                  j["next"] = found->watches.back().path;
                                then(make_json(j));
                              });
}

} // namespace mqttzoo::admin
