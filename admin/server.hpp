// The endpoint's HTTP server: connections, their bounds, and who may ask.
//
// Part of the admin service; all of it on the service's thread but open(), which is called before
// that runs. Bounded: admin.connections.max connections, of which one makes room (seat.hpp); a
// request's head and body by admin.request.bytes.max each, and admin.timeout for everything that is
// waited for.
#pragma once

#include "admin/access.hpp"
#include "admin/http.hpp"
#include "core/expected.hpp"
#include "core/settings.hpp"
#include "mqtt/counters.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace mqttzoo::admin {

class server {
public:
  struct counters {
    mqtt::counter requests;
    mqtt::counter denied;           ///< answered 401: without the right to ask
    mqtt::counter timed_out;        ///< whose answer took longer than admin.timeout
    mqtt::counter connections;      ///< now
    mqtt::counter connections_full; ///< closed, as there were too many
  };

  /// Whether open() could read address, token and certificates. The error is a sentence for the
  /// operator.
  static expected<void, std::string> check(const core::admin_settings& settings);
  /// Listens. Requests go to `h` with their standing; what it refuses is its business. On failure a
  /// sentence for the operator.
  static expected<std::unique_ptr<server>, std::string>
  open(boost::asio::io_context& on, const core::admin_settings& settings, handler h);
  ~server();

  std::uint16_t port() const noexcept;
  bool tls() const noexcept;
  const counters& counts() const noexcept;

private:
  struct state;
  explicit server(std::shared_ptr<state> s);

  std::shared_ptr<state> state_; ///< kept by the coroutines, too
};

} // namespace mqttzoo::admin
