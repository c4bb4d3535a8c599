#include "net/link_listener.hpp"

#include "core/log.hpp"
#include "net/framed_link.hpp"

#include <unordered_map>
#include <utility>

namespace mqttzoo::net {

namespace {

constexpr core::logger log{core::log_folder::net};
/// For lines that anyone who reaches the port can cause.
constinit core::log_throttle stranger_lines{10, std::chrono::seconds{10}};

} // namespace

/// The links of one loop that are not yet open. Loop thread only.
class link_listener::lobby final : private link_keeper {
public:
  lobby(loop& on, link_config_ptr config, std::shared_ptr<const open_handler> on_open)
      : loop_(on), config_(std::move(config)), on_open_(std::move(on_open)) {}

  ~lobby() override {
    for (const auto& [key, link] : greeting_)
      link->forget_keeper();
  }

  loop& on() noexcept { return loop_; }

  void enter(detached_socket socket) {
    const auto address = to_string(socket.peer);
    auto stream =
        open_link_stream(loop_, std::move(socket), link_greeting::role::accepts, *config_);
    if (!stream.connection) {
      loop_.counters().links.untrusted.add();
      log.log(stranger_lines, core::log_level::warn,
              "link refused: plain links may not leave this machine, see links.plain and links.tls",
              {{"address", address}});
      return;
    }
    auto link = framed_link::start(
        loop_, std::move(stream),
        link_greeting::accepting(config_->own, terms_of(config_->limits), *config_->known),
        config_->limits, *this);
    auto* const key = link.get();
    greeting_.emplace(key, std::move(link));
  }

private:
  void on_link_open(framed_link& link) override {
    log.info("link open", {{"pod", link.peer().pod},
                           {"incarnation", link.peer().incarnation},
                           {"address", link.address()}});
    auto opened = std::move(greeting_.extract(&link).mapped());
    opened->forget_keeper();
    (*on_open_)(loop_, std::move(opened));
  }

  void on_link_gone(framed_link& link, const link_end& end) override {
    log.log(stranger_lines, core::log_level::warn, "link not opened",
            {{"address", link.address()},
             {"cause", to_string(end.cause)},
             {"refusal", to_string(end.refusal)},
             {"detail", end.detail}});
    greeting_.erase(&link);
  }

  loop& loop_;
  link_config_ptr config_;
  std::shared_ptr<const open_handler> on_open_;
  std::unordered_map<framed_link*, std::shared_ptr<framed_link>> greeting_;
};

expected<std::unique_ptr<link_listener>, listen_error>
link_listener::open(const listen_options& options, loop& accepting, std::vector<loop*> loops,
                    ref<seating> seats, const link_config_ptr& config, open_handler on_open) {
  std::unique_ptr<link_listener> self{new link_listener};
  const auto handler = std::make_shared<const open_handler>(std::move(on_open));
  std::unordered_map<loop*, std::weak_ptr<lobby>> lobby_of;
  for (auto* const each : loops) {
    self->lobbies_.push_back(std::make_shared<lobby>(*each, config, handler));
    lobby_of.emplace(each, self->lobbies_.back());
  }
  auto listen = options;
  listen.seats_option = "links.max";
  auto opened = listener::open(
      listen, accepting, std::move(loops), std::move(seats),
      [lobby_of = std::move(lobby_of)](loop& on, detached_socket socket) {
        if (const auto at = lobby_of.at(&on).lock()) // otherwise the listener was stopped
          at->enter(std::move(socket));
      });
  if (!opened)
    return unexpected<listen_error>{std::move(opened.error())};
  self->listener_ = std::move(*opened);
  return self;
}

link_listener::~link_listener() {
  stop();
}

/// Each lobby ends on its own loop's thread. There is no listener when the port could not be had.
void link_listener::stop() {
  if (listener_)
    listener_->stop();
  for (auto& each : std::exchange(lobbies_, {})) {
    auto& on = each->on();
    on.post([last = std::move(each)] {});
  }
}

} // namespace mqttzoo::net
