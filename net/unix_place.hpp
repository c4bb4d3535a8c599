// A socket's file (AF_UNIX) that somebody listens on.
//
// Owned by the listener on it; made on the main thread, gone with the listener. Removes the file
// when it goes, unless another has taken its path meanwhile. Two processes that start at the same
// instant and find the same file left behind may both believe that the path is theirs: whoever
// manages them has to prevent that, as for the same directory of a store.
#pragma once

#include "core/expected.hpp"
#include "net/listen_error.hpp"
#include "net/unique_fd.hpp"

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <utility>

namespace mqttzoo::net {

class unix_place {
public:
  struct opened;

  /// Binds and listens. The file has `mode` before anybody can connect. What a process left behind
  /// that did not end in peace is removed; where somebody answers, nothing is.
  static expected<opened, listen_error> open(const std::string& path, std::uint16_t mode,
                                             int backlog);

  unix_place() = default;
  unix_place(unix_place&& other) noexcept
      : path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_) {}
  unix_place& operator=(unix_place&& other) noexcept;
  ~unix_place() { remove(); }

  /// Idempotent.
  void remove() noexcept;

private:
  std::string path_; ///< empty: nothing to remove
  dev_t device_{};
  ino_t inode_{};
};

struct unix_place::opened {
  unique_fd fd; ///< listens, non-blocking
  unix_place place;
};

} // namespace mqttzoo::net
