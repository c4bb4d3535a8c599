#include "tests/zookeeper/server.hpp"

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <netinet/in.h>
#include <random>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace mqttzoo::zk::test {

namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}

bool is_free(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const auto at = loopback(port);
  const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
  ::close(fd);
  return bound;
}

/// Below the ports that the kernel hands out: on one of those, whoever asks whether the server
/// serves may be connected to himself.
std::uint16_t free_port() {
  std::random_device dice;
  for (int tries = 0; tries < 1000; ++tries)
    if (const auto port = static_cast<std::uint16_t>(20'000 + dice() % 12'000); is_free(port))
      return port;
  throw std::runtime_error{"no port on loopback"};
}

void write_config(const std::string& directory, std::uint16_t port) {
  std::ofstream config{directory + "/zoo.cfg"};
  config << "tickTime=200\ndataDir=" << directory
         << "/data\nclientPortAddress=127.0.0.1\nclientPort=" << port
         << "\nminSessionTimeout=400\nmaxSessionTimeout=60000\nmaxClientCnxns=0\n"
            "admin.enableServer=false\n4lw.commands.whitelist=srvr\n";
}

[[noreturn]] void become_server(const std::string& directory) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int output = ::open((directory + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  const auto config = directory + "/zoo.cfg";
  ::execlp("java", "java", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
           "-Dzookeeper.forceSync=no", "-Dzookeeper.closeSessionTxn.enabled=false",
           "-Djute.maxbuffer=16777216", "-cp",
           "/usr/share/java/zookeeper.jar:/usr/share/java/slf4j-simple.jar",
           "org.apache.zookeeper.server.quorum.QuorumPeerMain", config.c_str(), nullptr);
  ::_exit(127);
}

} // namespace

server& server::shared() {
  static server only;
  only.start();
  return only;
}

server::server() : port_(free_port()), address_("127.0.0.1:" + std::to_string(port_)) {
  write_config(directory_.path(), port_);
  start();
}

server::~server() {
  kill();
}

void server::kill() {
  if (pid_ < 0)
    return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void server::start() {
  if (pid_ < 0) {
    pid_ = ::fork();
    if (pid_ == 0)
      become_server(directory_.path());
  }
  // There is nothing to await: a server says on request only that it serves.
  for (int i = 0; i < 600 && !serves(); ++i) {
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error{
          "the ZooKeeper server ended at once; are Debian's packages zookeeper "
          "and default-jre-headless installed?"};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
}

/// The four-letter word `srvr`.
bool server::serves() const {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const timeval patience{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const auto at = loopback(port_);
  std::string said;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 &&
      ::send(fd, "srvr", 4, MSG_NOSIGNAL) == 4) {
    char buffer[1024];
    for (ssize_t got = 0; (got = ::recv(fd, buffer, sizeof buffer, 0)) > 0;)
      said.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(fd);
  return said.find("Mode:") != std::string::npos;
}

} // namespace mqttzoo::zk::test
