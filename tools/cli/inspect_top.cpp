#include "tools/cli/inspect_top.hpp"

#include "core/json_text.hpp"
#include "tools/cli/inspect_tables.hpp"

#include <iostream>
#include <optional>
#include <poll.h>
#include <string>
#include <termios.h>
#include <unistd.h>

namespace mqttzoo::cli {

namespace {

/// Keys come one by one while it lives.
class raw_terminal {
public:
  raw_terminal() {
    if (::isatty(STDIN_FILENO) == 0 || ::tcgetattr(STDIN_FILENO, &before_) != 0)
      return;
    changed_ = true;
    termios raw = before_;
    raw.c_lflag &= static_cast<tcflag_t>(~(ICANON | ECHO));
    ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  }
  raw_terminal(const raw_terminal&) = delete;
  raw_terminal& operator=(const raw_terminal&) = delete;
  ~raw_terminal() {
    if (changed_)
      ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  bool is_one() const noexcept { return changed_; }

private:
  termios before_{};
  bool changed_ = false;
};

/// A key pressed within that time; 0: none.
char await_key(std::chrono::milliseconds wait, bool keyboard) {
  pollfd in{STDIN_FILENO, POLLIN, 0};
  char key = 0;
  if (::poll(&in, keyboard ? 1 : 0, static_cast<int>(wait.count())) > 0 &&
      ::read(STDIN_FILENO, &key, 1) == 1)
    return key;
  return 0;
}

std::optional<std::string> order_of(char key) {
  switch (key) {
  case 'b':
    return "busy";
  case 'm':
    return "messages";
  case 'x':
    return "mailbox";
  case 'w':
    return "wait";
  default:
    return std::nullopt;
  }
}

/// What one round shows: `pod`, and the busiest of its `actors`; or what was wrong.
expected<json, std::string> look(const inspect_client& pod, const std::string& order,
                                 const std::string& more) {
  auto self = pod.ask("/api/v1/pod");
  if (!self)
    return unexpected(self.error().what);
  auto actors = pod.ask("/api/v1/actors?sort=" + order + more);
  if (!actors)
    return unexpected(actors.error().what);
  return json{{"pod", *std::move(self)}, {"actors", actors->value("items", json::array())}};
}

std::string draw(const json& seen, const std::string& order) {
  const auto& self = seen.at("pod");
  return printable(self.value("name", "")) + ": " +
         std::to_string(self.value("clients_connected", 0)) + " clients, " +
         std::to_string(self.value("sessions", 0)) + " sessions, " +
         std::to_string(self.value("actors", 0)) + " actors, " +
         std::to_string(self.value("stuck_count", 0)) + " stuck; by " + order +
         "  (b busy, m messages, x mailbox, w wait, q quit)\n\n" + render_actors(seen.at("actors"));
}

/// For programs a round is a line.
std::string write(const json& seen) {
  return core::to_text(seen) + '\n';
}

} // namespace

int inspect_top(const inspect_options& o) {
  const inspect_client pod{o.connection};
  std::string order = "busy";
  std::string limit = "20";
  std::string more;
  for (const auto& [name, value] : o.query)
    if (name == "sort")
      order = value;
    else if (name == "limit")
      limit = value;
    else
      more += '&' + name + '=' + percent_encode(value);
  more += "&limit=" + percent_encode(limit);
  const bool for_people = o.as == inspect_options::form::for_people;
  const auto rounds = o.rounds == 0 && !for_people ? 1 : o.rounds;
  const raw_terminal terminal;
  const bool screen = for_people && ::isatty(STDOUT_FILENO) != 0;
  for (std::uint32_t round = 1;; ++round) {
    const auto seen = look(pod, order, more);
    if (!seen && !screen)
      return inspect_failed(seen.error());
    if (screen)
      std::cout << "\x1b[H\x1b[2J";
    std::cout << (!seen        ? seen.error() + '\n'
                  : for_people ? draw(*seen, order)
                               : write(*seen))
              << std::flush;
    if (round == rounds)
      return seen ? 0 : 1;
    const char key = await_key(o.interval, terminal.is_one());
    if (key == 'q')
      return 0;
    if (const auto by = order_of(key))
      order = *by;
  }
}

} // namespace mqttzoo::cli
