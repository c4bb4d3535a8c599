#include "tools/cli/payloads.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cerrno>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <utility>

namespace mqttzoo::cli {
namespace {

namespace asio = boost::asio;

/// `-m` with `--repeat`: one payload, with pauses.
class repeated final : public payloads {
public:
  repeated(const options& o, asio::io_context& on) : options_(o), timer_(on) {}

  answer take(std::string& into) override {
    if (taken_ == options_.repeat)
      return answer::over;
    if (taken_ > 0 && options_.repeat_delay.count() > 0 && !std::exchange(due_, false))
      return answer::later;
    into = options_.payload;
    ++taken_;
    return answer::taken;
  }

  void when_there(std::function<void()> go_on) override {
    timer_.expires_after(options_.repeat_delay);
    timer_.async_wait([this, f = std::move(go_on)](const boost::system::error_code&) {
      due_ = true;
      f();
    });
  }

private:
  const options& options_;
  asio::steady_timer timer_;
  unsigned taken_ = 0;
  bool due_ = false; ///< the pause after the last one is over
};

/// Lines of the standard input. It stays in blocking mode, which it may share with a shell: so it
/// is watched through an epoll instance of our own, and read only when something is there.
class lines final : public payloads {
public:
  explicit lines(asio::io_context& on) : watched_(on, epoll_create1(EPOLL_CLOEXEC)) {
    epoll_event readable{};
    readable.events = EPOLLIN;
    always_readable_ =
        epoll_ctl(watched_.native_handle(), EPOLL_CTL_ADD, STDIN_FILENO, &readable) != 0;
  }

  answer take(std::string& into) override {
    while (!cut(into)) {
      if (ended_)
        return take_rest(into);
      if (!is_readable())
        return answer::later;
      read_some();
    }
    return answer::taken;
  }

  void when_there(std::function<void()> go_on) override {
    watched_.async_wait(asio::posix::descriptor_base::wait_read,
                        [f = std::move(go_on)](const boost::system::error_code&) { f(); });
  }

private:
  /// The next line that is there as a whole.
  bool cut(std::string& into) {
    const auto end = buffer_.find('\n', searched_);
    if (end == std::string::npos) {
      searched_ = buffer_.size();
      return false;
    }
    into.assign(buffer_, begin_, end - begin_);
    begin_ = searched_ = end + 1;
    return true;
  }

  /// What follows the last newline is a line, too, unless it is empty.
  answer take_rest(std::string& into) {
    if (begin_ == buffer_.size())
      return answer::over;
    into.assign(buffer_, begin_);
    begin_ = searched_ = buffer_.size();
    return answer::taken;
  }

  bool is_readable() const {
    pollfd in{STDIN_FILENO, POLLIN, 0};
    return always_readable_ || poll(&in, 1, 0) > 0;
  }

  void read_some() {
    buffer_.erase(0, begin_);
    searched_ -= std::exchange(begin_, 0);
    const auto old = buffer_.size();
    buffer_.resize(old + chunk_bytes);
    const auto got = read(STDIN_FILENO, buffer_.data() + old, chunk_bytes);
    buffer_.resize(old + (got > 0 ? static_cast<std::size_t>(got) : 0));
    ended_ = got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN);
  }

  static constexpr std::size_t chunk_bytes = 64 * 1024;

  asio::posix::stream_descriptor watched_;
  bool always_readable_ = false; ///< a file, which cannot be watched and need not be
  std::string buffer_;
  std::size_t begin_ = 0;    ///< of the first line that was not taken
  std::size_t searched_ = 0; ///< from begin_ to here is no newline
  bool ended_ = false;       ///< there is no more to be read
};

} // namespace

std::unique_ptr<payloads> payloads_of(const options& o, asio::io_context& on) {
  if (o.from == source::lines)
    return std::make_unique<lines>(on);
  return std::make_unique<repeated>(o, on);
}

} // namespace mqttzoo::cli
