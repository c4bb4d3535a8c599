// Which subscriptions of the application a message is for.
//
// Part of a `client_core`, on its strand. A message that names subscription identifiers (5.0) is
// for those; else for all whose filter matches. Subscriptions to one filter share an identifier,
// and one subscription at the server.
#pragma once

#include "mqtt/filter_trie.hpp"
#include "mqtt/packet.hpp"
#include "sdk/stream.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace mqttzoo::sdk {

class registry {
public:
  /// One filter that the server knows.
  struct entry {
    std::string filter;  ///< as the server gets it
    std::string matched; ///< without `$share/<name>/`
    std::uint32_t identifier = 0;
    std::vector<std::shared_ptr<stream>> streams;
  };

  /// `matched` is the filter without `$share/<name>/`. Valid until the last stream of it is
  /// removed.
  entry& add(std::shared_ptr<stream> s, std::string_view matched);
  /// Says whether it was the last one of its filter.
  bool remove(const std::shared_ptr<stream>& s);
  /// Those of one filter.
  std::vector<std::shared_ptr<stream>> of(const std::string& filter) const;
  /// Calls `what(stream&)` for each.
  template<class What>
  void for_each(What what) const {
    for (const auto& [filter, e] : by_filter_)
      for (const auto& s : e->streams)
        what(*s);
  }
  /// Takes all out.
  std::vector<std::shared_ptr<stream>> take_all();

  /// Appends to `out` whom a message is for.
  void find(const mqtt::publish_packet& p, std::vector<std::shared_ptr<stream>>& out);

private:
  using topics = mqtt::filter_trie<std::vector<entry*>>;
  static constexpr std::uint32_t identifier_max = 268'435'455;

  std::map<std::string, std::unique_ptr<entry>> by_filter_;
  std::unordered_map<std::uint32_t, entry*> by_identifier_;
  std::unique_ptr<topics> by_topic_; ///< not before there is a filter: it takes kilobytes
  std::uint32_t last_identifier_ = 0;
};

} // namespace mqttzoo::sdk
