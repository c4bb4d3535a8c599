// What the log says of the connections that a session has had.
#include "actors/session.hpp"
#include "core/log.hpp"

#include <chrono>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

/// Two clients with one id take over from each other for as long as they run.
constinit core::log_throttle take_overs{10, std::chrono::seconds{1}};

const char* to_text(net::close_cause c) noexcept {
  switch (c) {
  case net::close_cause::by_peer:
    return "closed by its peer";
  case net::close_cause::io_error:
    return "the socket failed";
  case net::close_cause::write_stalled:
    return "its peer has taken nothing for net.outbox.stall.timeout";
  case net::close_cause::by_us:
    break;
  }
  return "closed";
}

} // namespace

std::string_view session::user() const noexcept {
  return who_ && who_->user ? std::string_view{*who_->user} : std::string_view{};
}

void session::note_begin(mqtt::presence state) const {
  if (!connection_ || !log.enabled(core::log_level::debug)) // words cost nothing that nobody reads
    return;
  log.debug("a client is here", {{"client", card_->client.str()},
                                 {"user", user()},
                                 {"peer", connection_->peer()},
                                 {"listener", connection_->listener()},
                                 {"resumed", state == mqtt::presence::resumed}});
}

void session::note_end(std::string_view why) {
  if (!connection_ || !log.enabled(core::log_level::debug))
    return;
  log.debug("a client is gone", {{"client", card_->client.str()},
                                 {"user", user()},
                                 {"peer", connection_->peer()},
                                 {"listener", connection_->listener()},
                                 {"why", why}});
}

void session::note_end(net::close_cause cause) {
  note_end(to_text(cause));
}

/// Of a client that has lost its connection and noticed first, or of two that have the same id.
void session::note_take_over(const std::string& new_peer) {
  services().counters.sessions_taken_over.add();
  if (log.enabled(core::log_level::warn))
    log.log(take_overs, core::log_level::warn,
            "a client has connected again, its old connection ends",
            {{"client", card_->client.str()},
             {"user", user()},
             {"old_peer", connection_->peer()},
             {"new_peer", new_peer}});
}

} // namespace mqttzoo::actors
