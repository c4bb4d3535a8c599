#include "tools/cli/session.hpp"

#include "core/version.hpp"
#include "mqtt/reason_code.hpp"
#include "tools/cli/commands.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

#include <iostream>
#include <mqttzoo/error.hpp>

namespace mqttzoo::cli {
namespace {

const char* name_of(program which) {
  return which == program::pub ? "mqttzoo pub" : "mqttzoo sub";
}

/// Whether the server, or the way to it, broke what stood.
bool is_loss(std::error_code why) {
  namespace asio = boost::asio;
  for (const boost::system::error_code each : {boost::system::error_code{asio::error::eof},
                                               {asio::error::connection_reset},
                                               {asio::error::connection_aborted},
                                               {asio::error::broken_pipe},
                                               {asio::ssl::error::stream_truncated}}) {
    if (why == static_cast<std::error_code>(each))
      return true;
  }
  return why == errc::connection_lost || why == errc::keep_alive_timeout;
}

} // namespace

std::optional<int> settle(program which, const parsed& p) {
  switch (p.what) {
  case parsed::next::run:
    return std::nullopt;
  case parsed::next::show_help:
    std::cout << help(which);
    return 1; // as mosquitto's tools do
  case parsed::next::show_version:
    std::cout << name_of(which) << " version " << core::version() << ".\n";
    return 1;
  case parsed::next::fail:
    std::cerr << "Error: " << p.error << "\n\nUse '" << name_of(which)
              << " --help' to see usage.\n";
    return 1;
  }
  return 1;
}

void complain(const options& o, const std::string& text) {
  if (!o.quiet)
    std::cerr << text << std::endl;
}

void debug(const options& o, const std::string& text) {
  if (o.debug)
    std::cout << "Client " << (o.client.client_id.empty() ? "null" : o.client.client_id) << ' '
              << text << std::endl;
}

int connection_failed(const options& o, std::error_code why) {
  if (is_loss(why)) {
    complain(o, "Error: The connection was lost.");
    return connection_lost_status;
  }
  if (why.category() != reason_category()) {
    complain(o, "Error: " + why.message());
    return 1;
  }
  complain(o, "Connection error: " + why.message() + '.');
  const auto code = static_cast<mqtt::reason_code>(why.value());
  return o.client.version == protocol::v5 ? why.value() : static_cast<int>(to_return_code(code));
}

} // namespace mqttzoo::cli
