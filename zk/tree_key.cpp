#include "zk/tree_key.hpp"

#include <charconv>
#include <optional>
#include <utility>

namespace mqttzoo::zk {

namespace {

std::string to_data(const hash_key& key) {
  return hex16(key[0]) + hex16(key[1]);
}

std::optional<hash_key> to_key(std::string_view data) {
  if (data.empty())
    return paths::default_key;
  constexpr std::size_t digits = 16;
  hash_key key{};
  if (data.size() != digits * key.size())
    return std::nullopt;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const auto* begin = data.data() + i * digits;
    const auto [end, problem] = std::from_chars(begin, begin + digits, key[i], 16);
    if (problem != std::errc{} || end != begin + digits)
      return std::nullopt;
  }
  return key;
}

void read_key(store& in, executor& where, std::string root, handler<hash_key> done) {
  in.get(where, std::move(root), nullptr, [done = std::move(done)](expected<node, error> found) {
    if (!found)
      return done(unexpected(found.error()));
    const auto key = to_key(found->data);
    if (!key)
      return done(unexpected(error::storage_damaged));
    done(*key);
  });
}

} // namespace

void open_tree(store& in, executor& where, std::string root, const hash_key& fresh,
               handler<hash_key> done) {
  auto path = root;
  in.create(
      where, std::move(path), to_data(fresh), create_mode::persistent,
      [&in, &where, root = std::move(root), fresh, done = std::move(done)](auto made) mutable {
        if (made)
          return done(fresh);
        // Whoever was first drew the key, be it this call before a lost connection.
        if (made.error() == error::node_exists)
          return read_key(in, where, std::move(root), std::move(done));
        done(unexpected(made.error()));
      });
}

} // namespace mqttzoo::zk
