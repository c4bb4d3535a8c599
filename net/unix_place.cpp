#include "net/unix_place.hpp"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace mqttzoo::net {

namespace {

using kind = listen_error::kind;

unexpected<listen_error> failure(const std::string& path, kind what, const std::string& why) {
  return unexpected<listen_error>{{what, "cannot listen on '" + path + "': " + why}};
}

unexpected<listen_error> failure(const std::string& path) {
  const auto code = errno;
  const bool forbidden = code == EACCES || code == EPERM;
  return failure(path, forbidden ? kind::not_permitted : kind::system, std::strerror(code));
}

unique_fd make_socket() {
  return unique_fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
}

/// Calls bind(2) or connect(2).
int with_address(int (*call)(int, const sockaddr*, socklen_t), int fd, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return call(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

/// A file that nobody listens on any more stands in nobody's way.
expected<void, listen_error> clear(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT)
      return {};
    return failure(path);
  }
  if (!S_ISSOCK(found.st_mode))
    return failure(path, kind::not_a_socket, "there is a file that is no socket");
  const auto asking = make_socket();
  if (!asking)
    return failure(path);
  if (with_address(::connect, asking.get(), path) == 0 || errno == EAGAIN)
    return failure(path, kind::address_in_use, "another process listens there");
  if (errno != ECONNREFUSED || ::unlink(path.c_str()) != 0)
    return failure(path);
  return {};
}

} // namespace

expected<unix_place::opened, listen_error> unix_place::open(const std::string& path,
                                                            std::uint16_t mode, int backlog) {
  if (path.empty() || path.size() >= sizeof sockaddr_un::sun_path)
    return failure(path, kind::bad_address, "a socket's path has 1 to 107 bytes");
  if (auto cleared = clear(path); !cleared)
    return unexpected{cleared.error()};
  opened made{make_socket(), {}};
  // The file gets the descriptor's mode as far as the umask lets it; the rest it gets before
  // listen(2), until which nobody can connect.
  struct stat bound {};
  if (!made.fd || ::fchmod(made.fd.get(), mode) != 0 ||
      with_address(::bind, made.fd.get(), path) != 0 || ::lstat(path.c_str(), &bound) != 0)
    return failure(path);
  made.place.path_ = path;
  made.place.device_ = bound.st_dev;
  made.place.inode_ = bound.st_ino;
  if (::chmod(path.c_str(), mode) != 0 || ::listen(made.fd.get(), backlog) != 0)
    return failure(path);
  return made;
}

unix_place& unix_place::operator=(unix_place&& other) noexcept {
  remove();
  path_ = std::exchange(other.path_, {});
  device_ = other.device_;
  inode_ = other.inode_;
  return *this;
}

void unix_place::remove() noexcept {
  struct stat now {};
  if (!path_.empty() && ::lstat(path_.c_str(), &now) == 0 && now.st_dev == device_ &&
      now.st_ino == inode_)
    ::unlink(path_.c_str());
  path_.clear();
}

} // namespace mqttzoo::net
