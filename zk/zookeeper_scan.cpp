#include "zk/zookeeper_scan.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::zk {

zookeeper_scan::zookeeper_scan(executor& where, std::string path, scan_options options,
                               page_handler page, handler<std::size_t> done,
                               std::weak_ptr<zookeeper_inbox> inbox)
    : where_(where), path_(std::move(path)), options_(options), page_(std::move(page)),
      done_(std::move(done)), inbox_(std::move(inbox)) {}

request_ptr zookeeper_scan::first_request() {
  awaited_ = 1;
  return list(path_);
}

/// Whatever comes next. Without `out` the caller is on `where_`, with a page just handled.
void zookeeper_scan::advance(outbox* out) {
  if (failed_)
    end(unexpected(*failed_), out);
  else if (has_page())
    hand_over(out);
  else if (!unread_.empty())
    read_wave(out);
  else if (!unlisted_.empty())
    list_wave(out);
  else if (!ready_.empty())
    hand_over(out);
  else
    end(handed_over_, out);
}

// --- waves ---

void zookeeper_scan::read_wave(outbox* out) {
  const auto count = std::min({unread_.size(), wave_max, options_.page_nodes_max});
  wave_.assign(count, std::nullopt);
  std::vector<request_ptr> requests;
  requests.reserve(count);
  for (std::size_t slot = 0; slot < count; ++slot) {
    wave_[slot] = scanned_node{std::move(unread_.front()), {}, {}};
    unread_.pop_front();
    requests.push_back(
        make_get(wave_[slot]->path, {},
                 [self = shared_from_this(), slot](expected<node, error> result, outbox& o) {
                   self->was_read(slot, std::move(result), o);
                 }));
  }
  ask(std::move(requests), out);
}

/// The last found are listed first, so that few names are held at a time.
void zookeeper_scan::list_wave(outbox* out) {
  const auto count = std::min(unlisted_.size(), wave_max);
  std::vector<request_ptr> requests;
  requests.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    requests.push_back(list(unlisted_.back()));
    unlisted_.pop_back();
  }
  ask(std::move(requests), out);
}

request_ptr zookeeper_scan::list(const std::string& parent) {
  return make_children(
      parent, {},
      [self = shared_from_this(), parent](expected<child_list, error> result, outbox& out) {
        self->listed(parent, std::move(result), out);
      });
}

void zookeeper_scan::ask(std::vector<request_ptr> wave, outbox* out) {
  awaited_ = wave.size();
  const auto inbox = inbox_.lock();
  // Once they are in, answers may come on the other thread at any moment.
  if (!inbox || inbox->add_always(wave))
    end(unexpected(error::closed), out);
}

void zookeeper_scan::listed(const std::string& parent, expected<child_list, error> result,
                            outbox& out) {
  if (!result) {
    // Removed since it was read; but where the scan begins there must be a node.
    const bool gone = begun_ && result.error() == error::no_node;
    return answered(gone ? std::nullopt : std::optional{result.error()}, out);
  }
  begun_ = true;
  const auto prefix = parent == "/" ? parent : parent + '/';
  for (const auto& name : result->names)
    unread_.push_back(prefix + name);
  answered(std::nullopt, out);
}

void zookeeper_scan::was_read(std::size_t slot, expected<node, error> result, outbox& out) {
  if (!result) {
    wave_[slot].reset();
    const bool gone = result.error() == error::no_node;
    return answered(gone ? std::nullopt : std::optional{result.error()}, out);
  }
  wave_[slot]->data = std::move(result->data);
  wave_[slot]->stat = result->stat;
  answered(std::nullopt, out);
}

void zookeeper_scan::answered(std::optional<error> failed, outbox& out) {
  if (failed && !failed_)
    failed_ = failed;
  if (--awaited_ > 0)
    return;
  for (auto& found : wave_) {
    if (!found)
      continue;
    if (options_.depth == scan_depth::subtree && found->stat.children > 0)
      unlisted_.push_back(found->path);
    ready_bytes_ += found->data.size();
    ready_.push_back(std::move(*found));
  }
  wave_.clear();
  advance(&out);
}

// --- pages ---

bool zookeeper_scan::has_page() const noexcept {
  return ready_.size() >= options_.page_nodes_max || ready_bytes_ >= options_.page_bytes_max;
}

std::vector<scanned_node> zookeeper_scan::take_page() {
  std::vector<scanned_node> page;
  std::size_t bytes = 0;
  while (!ready_.empty() && page.size() < options_.page_nodes_max &&
         bytes < options_.page_bytes_max) {
    bytes += ready_.front().data.size();
    page.push_back(std::move(ready_.front()));
    ready_.pop_front();
  }
  ready_bytes_ -= bytes;
  handed_over_ += page.size();
  return page;
}

void zookeeper_scan::hand_over(outbox* out) {
  deliver(
      [self = shared_from_this(), page = take_page()]() mutable {
        self->page_(std::move(page));
        self->advance(nullptr);
      },
      out);
}

void zookeeper_scan::end(expected<std::size_t, error> result, outbox* out) {
  deliver([self = shared_from_this(), result] { self->done_(result); }, out);
}

void zookeeper_scan::deliver(std::function<void()> call, outbox* out) {
  if (out != nullptr)
    out->add(where_, std::move(call));
  else
    where_.post(std::move(call));
}

} // namespace mqttzoo::zk
