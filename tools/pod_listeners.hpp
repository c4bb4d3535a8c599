// Where clients come in: the listeners of net.*, net.tls.*, net.websocket.* and net.listeners.
//
// Part of a pod, made before its loops run and gone after them. start() and stop() are called on
// the first loop's thread, the rest on the main thread. All listeners share the seats of
// `net.connections.max`, or those for which there are open files, and what `limits.address` leaves
// an address; each may have a bound of its own within, and has a pace of its own. figures() may
// outlive it.
#pragma once

#include "core/expected.hpp"
#include "core/settings.hpp"
#include "net/listener.hpp"
#include "net/listener_figures.hpp"
#include "net/loop.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::tools {

class pod_listeners {
public:
  /// Gets each accepted socket, with its layers, on the thread of the loop it is meant for.
  using admit_handler = std::function<void(net::loop&, net::detached_socket)>;
  using figures_list = std::vector<std::shared_ptr<const net::listener_figures>>;

  struct place {
    std::string_view what; ///< "MQTT over TLS"
    std::string where;     ///< "127.0.0.1:8883", "unix:/run/mqttzoo.sock"
    std::string address;   ///< without its port; empty: a socket's file
    std::uint16_t port = 0;
  };

  /// Whether open() could read addresses, certificates and keys. The error is a sentence for the
  /// operator.
  static expected<void, std::string> check(const core::settings& settings);
  /// Binds and listens. On failure a sentence for the operator.
  static expected<std::unique_ptr<pod_listeners>, std::string>
  open(const core::settings& settings, std::vector<net::loop*> loops, admit_handler admit);
  ~pod_listeners();

  void start();
  /// Frees the ports and removes the sockets' files at once.
  void stop();

  /// Takes certificates, rules and bounds anew, for connections to come. If a file is not as it
  /// should be all stays as it is: a listener's rules may count on its certificate. The error says
  /// which.
  expected<void, std::string> reload(const core::settings& settings);

  /// All there are, that of net.port first if there is one.
  const std::vector<place>& places() const noexcept { return places_; }
  /// The first of them with a port; null: there is none.
  const place* first_port() const noexcept;
  figures_list figures() const;

private:
  struct rules;
  struct gate;
  using rules_ptr = std::shared_ptr<const rules>;

  explicit pod_listeners(std::uint32_t seats_max);

  using figures_ref = std::shared_ptr<const net::listener_figures>;
  static expected<rules_ptr, std::string> make_rules(const core::listener_settings& l,
                                                     figures_ref figures);
  static void receive(const gate& at, const admit_handler& admit, net::loop& on,
                      net::detached_socket socket);
  static void dress(net::detached_socket& socket, const rules& with);

  struct opening;
  expected<void, std::string> prepare(const core::listener_settings& l);
  expected<void, std::string> listen(const core::listener_settings& l,
                                     const std::shared_ptr<gate>& g, const opening& with);
  struct change;
  static expected<std::vector<change>, std::string>
  read_changes(const std::vector<std::shared_ptr<gate>>& gates,
               const std::vector<core::listener_settings>& wanted);
  static void apply(const change& c, net::listener& at);

  ref<net::seating> seats_;
  std::vector<std::shared_ptr<gate>> gates_;
  std::vector<std::unique_ptr<net::listener>> listeners_; ///< of the gates, in their order
  std::vector<place> places_;                             ///< likewise
};

} // namespace mqttzoo::tools
