#include "zk/tree_key.hpp"

#include <charconv>
#include <optional>
#include <utility>

namespace mqttzoo::zk {

namespace {

constexpr std::size_t digits_of_half = 16;
constexpr std::size_t digits_of_key = 2 * digits_of_half;

std::string to_data(const hash_key& key) {
  return hex16(key[0]) + hex16(key[1]);
}

/// The whole of `text` as a number.
template<class Number>
bool read(std::string_view text, Number& into, int base) {
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, into, base);
  return parsed.ec == std::errc{} && parsed.ptr == end;
}

/// The key's digits; behind a space the format, if it is not the first one.
std::optional<tree_root> to_root(std::string_view data) {
  if (data.empty())
    return tree_root{paths::default_key, 1};
  tree_root root{{}, 1};
  for (std::size_t half = 0; half < root.key.size(); ++half)
    if (data.size() < digits_of_key ||
        !read(data.substr(half * digits_of_half, digits_of_half), root.key[half], 16))
      return std::nullopt;
  data.remove_prefix(digits_of_key);
  if (!data.empty() && (data.front() != ' ' || !read(data.substr(1), root.format, 10)))
    return std::nullopt;
  return root;
}

void read_root(store& in, executor& where, std::string root, handler<tree_root> done) {
  in.get(where, std::move(root), nullptr, [done = std::move(done)](expected<node, error> found) {
    if (!found)
      return done(unexpected(found.error()));
    const auto said = to_root(found->data);
    if (!said)
      return done(unexpected(error::storage_damaged));
    done(*said);
  });
}

} // namespace

static_assert(tree_format == 1, "to_data must write the format");

void open_tree(store& in, executor& where, std::string root, const hash_key& fresh,
               handler<tree_root> done) {
  auto path = root;
  in.create(
      where, std::move(path), to_data(fresh), create_mode::persistent,
      [&in, &where, root = std::move(root), fresh, done = std::move(done)](auto made) mutable {
        if (made)
          return done(tree_root{fresh, tree_format});
        // Whoever was first drew the key, be it this call before a lost connection.
        if (made.error() == error::node_exists)
          return read_root(in, where, std::move(root), std::move(done));
        done(unexpected(made.error()));
      });
}

} // namespace mqttzoo::zk
