// A listener on a socket's file: who finds what there, and what stays of it.
#define CAF_SUITE net.unix_place

#include "net/unix_place.hpp"

#include "net/listener.hpp"
#include "tests/net/loopback.hpp"
#include "tests/scratch_directory.hpp"

#include <caf/test/dsl.hpp>

#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <sys/un.h>

using namespace mqttzoo;
using namespace mqttzoo::net;
using namespace mqttzoo::net::test;

namespace {

struct fixture {
  expected<unix_place::opened, listen_error> open(std::uint16_t mode = 0600) {
    return unix_place::open(path, mode, 16);
  }

  listen_error::kind fault() {
    const auto opened = open();
    CAF_REQUIRE(!opened);
    CAF_MESSAGE(opened.error().message);
    CAF_CHECK_NOT_EQUAL(opened.error().message.find(path), std::string::npos);
    return opened.error().what;
  }

  /// `own` is the path of the client's end, if it has one.
  peer_socket connect(const std::string& own = {}) const {
    unique_fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const auto address_of = [](const std::string& at) {
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      at.copy(address.sun_path, sizeof address.sun_path - 1);
      return address;
    };
    const auto to = address_of(path), from = address_of(own);
    if (!own.empty())
      require(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&from), sizeof from) == 0, "bind");
    require(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0, "connect");
    return peer_socket{std::move(fd)};
  }

  mqttzoo::test::scratch_directory directory;
  std::string path = directory.path() + "/socket";
  core::manual_clock clock;
  loop io{clock};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(unix_place_tests, fixture)

CAF_TEST(the file has the mode that is asked for and goes with its owner) {
  for (const std::uint16_t mode : {0600, 0666, 0770}) {
    const auto opened = open(mode);
    CAF_REQUIRE(opened);
    struct stat found {};
    CAF_REQUIRE_EQUAL(::stat(path.c_str(), &found), 0);
    CAF_CHECK_EQUAL(found.st_mode & 07777u, mode);
  }
  CAF_CHECK(!std::filesystem::exists(path));
}

CAF_TEST(a file that is left behind is replaced and one in use is not ) {
  {
    auto left = open();
    CAF_REQUIRE(left);
    CAF_CHECK(fault() == listen_error::kind::address_in_use);
    std::filesystem::create_hard_link(path, path + ".kept");
  }
  std::filesystem::rename(path + ".kept", path); // nobody listens on it any more
  const auto again = open();
  CAF_REQUIRE(again);
  connect();
}

CAF_TEST(what is no socket stays) {
  std::ofstream{path} << "text";
  CAF_CHECK(fault() == listen_error::kind::not_a_socket);
  CAF_CHECK_EQUAL(std::filesystem::file_size(path), 4u);
}

CAF_TEST(a path that cannot be is refused) {
  path = directory.path() + "/missing/socket";
  CAF_CHECK(fault() == listen_error::kind::system);
  path = directory.path() + '/' + std::string(108, 'x');
  CAF_CHECK(fault() == listen_error::kind::bad_address);
}

CAF_TEST(a path that another has taken meanwhile is not removed) {
  auto first = open();
  CAF_REQUIRE(first);
  std::filesystem::remove(path);
  const auto second = open();
  CAF_REQUIRE(second);
  first->place.remove();
  CAF_CHECK(std::filesystem::exists(path));
}

CAF_TEST(clients come in by the file and bytes go both ways) {
  listen_options options;
  options.unix_path = path;
  std::vector<detached_socket> accepted;
  auto opened = listener::open(options, io, {&io}, make_ref<seating>(10u),
                               [&](loop&, detached_socket s) { accepted.push_back(std::move(s)); });
  CAF_REQUIRE(opened);
  CAF_CHECK_EQUAL((*opened)->local_port(), 0);
  (*opened)->start();
  const auto nameless = connect();
  const auto named =
      connect(directory.path() + "/a-client-that-has-a-path-of-its-own-which-is-long");
  run_until(io, [&] { return accepted.size() == 2; });
  for (auto& socket : accepted) {
    recorder events;
    const auto& client = &socket == &accepted.front() ? nameless : named;
    const auto ours = tcp_connection::adopt(io, std::move(socket));
    CAF_CHECK_EQUAL(ours->peer(), "unix");
    ours->attach_events(events);
    client.send("in");
    run_until(io, [&] { return events.input == "in"; });
    ours->out() += "out";
    ours->flush_later();
    ours->close();
    client.end_stream();
    settle(io);
    CAF_CHECK_EQUAL(client.receive_all().value_or("reset"), "out");
  }
  (*opened)->stop();
  CAF_CHECK(!std::filesystem::exists(path));
}

CAF_TEST_FIXTURE_SCOPE_END()
