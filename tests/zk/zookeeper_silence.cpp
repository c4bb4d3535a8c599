// The store of a cluster and a server that greets and then falls silent; needs no ZooKeeper.
#define CAF_SUITE zk.zookeeper_silence

#include "tests/zk/client.hpp"
#include "zk/zookeeper_store.hpp"

#include <boost/asio/io_context.hpp>
#include <caf/test/dsl.hpp>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <future>
#include <memory>
#include <netinet/in.h>
#include <string>
#include <sys/resource.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

using namespace mqttzoo;
using namespace mqttzoo::zk;
using namespace mqttzoo::zk::test;

namespace {

// What the protocol calls a request.
constexpr std::int32_t exists_code = 3;
constexpr std::int32_t get_code = 4;

std::int32_t number_at(const std::string& bytes, std::size_t offset) {
  std::uint32_t read = 0;
  std::memcpy(&read, bytes.data() + offset, sizeof read);
  return static_cast<std::int32_t>(ntohl(read));
}

void append(std::string& to, std::int32_t number) {
  const auto ordered = htonl(static_cast<std::uint32_t>(number));
  to.append(reinterpret_cast<const char*>(&ordered), sizeof ordered);
}

std::string with_length(const std::string& body) {
  std::string framed;
  append(framed, static_cast<std::int32_t>(body.size()));
  return framed + body;
}

/// Takes one connection at a time, begins a session, says that the root is there and nothing else.
class silent_server {
public:
  enum class greeting : std::uint8_t { at_once, when_told };

  explicit silent_server(greeting how = greeting::at_once)
      : listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (::bind(listening_, reinterpret_cast<sockaddr*>(&at), size) != 0 ||
        ::listen(listening_, 1) != 0 ||
        ::getsockname(listening_, reinterpret_cast<sockaddr*>(&at), &size) != 0)
      CAF_FAIL("no port on loopback");
    address_ = "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
    if (how == greeting::at_once)
      greet();
    thread_ = std::thread{[this] { serve(); }};
  }
  silent_server(const silent_server&) = delete;
  silent_server& operator=(const silent_server&) = delete;
  ~silent_server() {
    greet();
    ::shutdown(listening_, SHUT_RDWR);
    thread_.join();
    ::close(listening_);
  }

  zookeeper_options options(std::chrono::milliseconds session_timeout) const {
    zookeeper_options made;
    made.servers = address_;
    made.session_timeout = session_timeout;
    return made;
  }

  void greet() {
    if (!std::exchange(told_to_greet_, true))
      may_greet_.set_value();
  }
  bool was_greeted() const { return was_greeted_; }
  bool was_asked_for_the_root() const { return was_asked_for_the_root_; }
  /// Once.
  void wait_for_get() { get_came_.get_future().wait(); }

private:
  void serve() {
    for (int peer = 0; (peer = ::accept(listening_, nullptr, nullptr)) >= 0; ::close(peer))
      talk(peer);
  }

  void talk(int peer) {
    const auto hello = read_frame(peer);
    if (!hello.empty()) {
      was_greeted_ = true;
      may_greet_now_.wait();
      begin_session(peer, number_at(hello, 12)); // behind the version and the last transaction seen
    }
    for (auto asked = read_frame(peer); asked.size() >= 8; asked = read_frame(peer))
      answer(peer, asked);
  }

  static void begin_session(int peer, std::int32_t timeout_ms) {
    std::string body;
    append(body, 0); // version
    append(body, timeout_ms);
    append(body, 0);
    append(body, 7); // the session
    append(body, 16);
    body.append(16, 'p'); // its password
    body += '\0';         // not read-only
    send(peer, with_length(body));
  }

  void answer(int peer, const std::string& asked) {
    const auto code = number_at(asked, 4);
    if (code == get_code && !std::exchange(told_of_get_, true))
      get_came_.set_value();
    if (code != exists_code)
      return;
    std::string body = asked.substr(0, 4);
    body.append(8, '\0');  // transaction
    append(body, 0);       // no error
    body.append(68, '\0'); // stat
    was_asked_for_the_root_ = true;
    send(peer, with_length(body));
  }

  static void send(int peer, const std::string& bytes) {
    static_cast<void>(::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }

  /// Empty at the end of the connection.
  static std::string read_frame(int peer) {
    const auto length = read(peer, 4);
    return length.empty() ? length : read(peer, static_cast<std::size_t>(number_at(length, 0)));
  }

  static std::string read(int peer, std::size_t size) {
    std::string bytes(size, '\0');
    if (::recv(peer, bytes.data(), size, MSG_WAITALL) != static_cast<ssize_t>(size))
      bytes.clear();
    return bytes;
  }

  const int listening_;
  std::string address_;
  bool told_to_greet_ = false;
  std::promise<void> may_greet_;
  const std::shared_future<void> may_greet_now_{may_greet_.get_future()};
  std::atomic<bool> was_greeted_ = false;
  std::atomic<bool> was_asked_for_the_root_ = false;
  bool told_of_get_ = false;
  std::promise<void> get_came_;
  std::thread thread_;
};

/// While it lives nobody in this process gets another descriptor.
class descriptor_famine {
public:
  descriptor_famine() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{0, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  descriptor_famine(const descriptor_famine&) = delete;
  descriptor_famine& operator=(const descriptor_famine&) = delete;
  ~descriptor_famine() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
  rlimit before_{};
};

} // namespace

CAF_TEST(closing ends also if the link breaks while it waits for an answer) {
  silent_server server;
  const std::shared_ptr<zookeeper_store> owned =
      *zookeeper_store::open(server.options(std::chrono::seconds{2}));
  client c{*owned};
  std::string heard;
  owned->get(c.jobs, "/x", {}, [&](const auto& found) { heard = outcome(found); });
  server.wait_for_get();
  const auto closed = std::make_shared<std::promise<void>>();
  std::thread closing{[owned, closed] {
    owned->close();
    closed->set_value();
  }};
  if (closed->get_future().wait_for(std::chrono::seconds{20}) != std::future_status::ready) {
    closing.detach(); // it keeps the store
    CAF_FAIL("closing does not end");
  }
  closing.join();
  c.wait([&] { return !heard.empty(); });
  CAF_CHECK_EQUAL(heard, "connection_loss");
}

CAF_TEST(a link that comes while descriptors are short is watched once there are some) {
  silent_server server{silent_server::greeting::when_told};
  // On this thread, so that no turn is under way when the test goes on.
  boost::asio::io_context io{1};
  auto options = server.options(std::chrono::minutes{1}); // no turn comes but for a reason
  options.loop = &io;
  const auto owned = *zookeeper_store::open(options);
  client c{*owned, [&] { io.run_one_for(std::chrono::milliseconds{10}); }};
  c.wait([&] { return server.was_greeted(); });
  {
    const descriptor_famine famine;
    server.greet();
    c.wait([&] { return server.was_asked_for_the_root(); });
  }
  owned->attach(c.jobs, c.ears());
  c.wait([&] { return !c.heard.empty() && c.heard.back() == "connected 7"; });
  std::atomic<bool> closed = false;
  std::thread closing{[&] {
    owned->close();
    closed = true;
  }};
  while (!closed)
    io.run_one_for(std::chrono::milliseconds{10});
  closing.join();
}
