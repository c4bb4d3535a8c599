// The embedded tree's parents at hand: their ids, and the counters that every create and remove
// changes.
//
// Owned by embedded_tree, used on the writer thread only. A transaction of 50 creates under one
// parent changes the parent's counters 50 times but writes them once, at its end. Bounded by
// `directories_max` plus what one request can name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mqttzoo::zk {

/// A node seen as a parent.
struct directory {
  std::int64_t parent_id = 0; ///< Together with the last level of its path the key of its row.
  std::int64_t id = 0;
  std::int64_t created = 0;  ///< Children ever created: numbers sequential nodes.
  std::int64_t children = 0; ///< Children now.
  bool ephemeral = false;
  bool dirty = false; ///< Counters differ from the row's.
};

class directory_cache {
public:
  /// Entries kept between transactions; about 200 bytes each.
  static constexpr std::size_t directories_max = 4096;

  /// Null if unknown. Pointers stay valid until the entry is erased.
  directory* find(std::string_view path) {
    const auto found = entries_.find(path);
    return found == entries_.end() ? nullptr : &found->second;
  }

  directory* insert(std::string_view path, const directory& value) {
    touched_.emplace_back(path);
    return &entries_.insert_or_assign(std::string{path}, value).first->second;
  }

  /// Counters of `known`, the entry at `path`, have changed.
  void mark_dirty(std::string_view path, directory& known) {
    if (known.dirty)
      return;
    known.dirty = true;
    touched_.emplace_back(path);
  }

  void erase(std::string_view path) {
    if (const auto found = entries_.find(path); found != entries_.end())
      entries_.erase(found);
  }

  /// Paths of the entries made or changed in the running transaction; some may be erased, some
  /// named twice.
  const std::vector<std::string>& touched() const noexcept { return touched_; }

  /// The transaction is written: what it touched is what the table says. Makes room if there are
  /// too many.
  void settle() noexcept {
    touched_.clear();
    if (entries_.size() > directories_max)
      entries_.clear();
  }

  /// The transaction is undone: what it touched may be wrong.
  void undo() {
    for (const auto& path : touched_)
      entries_.erase(path);
    touched_.clear();
  }

  /// More than one transaction is undone: forgets everything.
  void clear() noexcept {
    entries_.clear();
    touched_.clear();
  }

private:
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  std::unordered_map<std::string, directory, hash, std::equal_to<>> entries_;
  std::vector<std::string> touched_;
};

} // namespace mqttzoo::zk
