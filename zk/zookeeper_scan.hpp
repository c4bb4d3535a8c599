// A scan over ZooKeeper: children and their data in waves of pipelined requests, handed over page
// by page.
//
// Kept alive by the requests and the job that it waits for. Never at two places at once: either the
// answers to a wave are awaited, on the client's thread, or a page is with its handler, on the
// caller's executor; so it needs no lock.
#pragma once

#include "zk/zookeeper_inbox.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mqttzoo::zk {

class zookeeper_scan : public std::enable_shared_from_this<zookeeper_scan> {
public:
  zookeeper_scan(executor& where, std::string path, scan_options options, page_handler page,
                 handler<std::size_t> done, std::weak_ptr<zookeeper_inbox> inbox);

  /// The request that it begins with.
  request_ptr first_request();

private:
  /// Requests under way together: hides the round trip without holding many large nodes.
  static constexpr std::size_t wave_max = 128;

  void advance(outbox* out);
  void read_wave(outbox* out);
  void list_wave(outbox* out);
  void ask(std::vector<request_ptr> wave, outbox* out);
  request_ptr list(const std::string& parent);
  void listed(const std::string& parent, expected<child_list, error> result, outbox& out);
  void was_read(std::size_t slot, expected<node, error> result, outbox& out);
  void answered(std::optional<error> failed, outbox& out);

  bool has_page() const noexcept;
  std::vector<scanned_node> take_page();
  void hand_over(outbox* out);
  void end(expected<std::size_t, error> result, outbox* out);
  void deliver(std::function<void()> call, outbox* out);

  executor& where_;
  const std::string path_;
  const scan_options options_;
  const page_handler page_;
  const handler<std::size_t> done_;
  const std::weak_ptr<zookeeper_inbox> inbox_;

  bool begun_ = false;
  std::deque<std::string> unread_;                // known by name
  std::vector<std::string> unlisted_;             // read, and has children
  std::vector<std::optional<scanned_node>> wave_; // read in order; empty for one that is gone
  std::size_t awaited_ = 0;
  std::optional<error> failed_;
  std::deque<scanned_node> ready_;
  std::size_t ready_bytes_ = 0;
  std::size_t handed_over_ = 0;
};

} // namespace mqttzoo::zk
