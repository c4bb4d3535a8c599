// An MQTT client, 3.1, 3.1.1 and 5.0, on Boost.Asio.
//
// A `client` keeps a connection to one of several servers, publishes with a promise, and
// subscribes. It makes a strand on the executor it is given and does all its work there; its
// functions may be called from any thread. Each asynchronous function takes any completion token,
// `use_awaitable` if none is given; its handler runs on the handler's associated executor, by
// default the client's executor, and never inside of the call. Nothing throws but std::bad_alloc: a
// result begins with a std::error_code (<mqttzoo/error.hpp>). Per-operation cancellation is
// supported for all of them.
//
//     asio::awaitable<void> hello(asio::any_io_executor executor) {
//       mqttzoo::client client{executor, {.servers = {"mqtt://localhost"}}};
//       if (auto error = co_await client.connect())
//         co_return;
//       co_await client.publish({"hello", "zoo", mqttzoo::qos::at_least_once});
//       co_await client.disconnect();
//     }
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <mqttzoo/error.hpp>
#include <mqttzoo/message.hpp>
#include <mqttzoo/options.hpp>
#include <mqttzoo/subscription.hpp>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace mqttzoo {

namespace sdk {
class client_core;
} // namespace sdk

/// Whether there is a connection.
enum class connection_state : std::uint8_t {
  connected, ///< CONNACK came
  away,      ///< lost or refused; it is tried again
  ended,     ///< disconnect(), or given up
};

/// One client. Movable; its destruction closes the connection without a DISCONNECT and completes
/// what waits with std::errc::operation_canceled.
class client {
public:
  /// Called on the client's strand for each message of a filter; must not throw, and may call
  /// anything of the client.
  using message_handler = std::function<void(const received&)>;
  /// Called on the client's strand; the error says why it is away or has ended. As above: it may
  /// disconnect() when the client is away, or connect() when it has ended.
  using state_handler = std::function<void(connection_state, std::error_code)>;

  /// Does nothing yet. A mistake in `options` is reported by connect().
  client(boost::asio::any_io_executor executor, client_options options);
  client(client&& other) noexcept = default;
  client& operator=(client&& other) noexcept;
  ~client();

  /// Connects, and stays connected as client_options::reconnect says: `void(std::error_code)`,
  /// when CONNACK came. Errors that no retry cures (reason::not_authorized, ...) end the client's
  /// efforts; others only with reconnecting::never or later. `timeout` bounds the call, not the
  /// client's efforts.
  template<sdk::token_not<std::chrono::milliseconds> Token = boost::asio::use_awaitable_t<>>
  auto connect(Token&& token = Token{}) {
    return start<void(std::error_code)>(std::forward<Token>(token), [](auto& core, auto op) {
      start_connect(core, {}, std::move(op));
    });
  }
  template<class Token = boost::asio::use_awaitable_t<>>
  auto connect(std::chrono::milliseconds timeout, Token&& token = Token{}) {
    return start<void(std::error_code)>(std::forward<Token>(token), [timeout](auto& core, auto op) {
      start_connect(core, timeout, std::move(op));
    });
  }

  /// Sends DISCONNECT and closes: `void(std::error_code)`. What is not promised yet stays in the
  /// outbox for another connect(), which may be called before this is complete.
  template<sdk::token_not<disconnect_options> Token = boost::asio::use_awaitable_t<>>
  auto disconnect(Token&& token = Token{}) {
    return disconnect(disconnect_options{}, std::forward<Token>(token));
  }
  template<class Token = boost::asio::use_awaitable_t<>>
  auto disconnect(disconnect_options how, Token&& token = Token{}) {
    return start<void(std::error_code)>(std::forward<Token>(token),
                                        [how = std::move(how)](auto& core, auto op) mutable {
                                          start_disconnect(core, std::move(how), std::move(op));
                                        });
  }

  /// Publishes: `void(std::error_code)`, when what `how.until` names has come. Also while away: the
  /// message waits in the outbox. A server that is full (0x97 with `retry-after`, as MQTTZoo's bank
  /// says it) is asked again after that time, unless the deadline is earlier. Errors:
  /// errc::outbox_full, invalid_topic, packet_too_large, expired, connection_lost (QoS 0),
  /// store_failed, std::errc::timed_out, and what the server answered.
  template<class Token = boost::asio::use_awaitable_t<>>
  auto publish(message m, const publish_options& how, Token&& token = Token{}) {
    return start<void(std::error_code)>(
        std::forward<Token>(token),
        [m = std::make_unique<message>(std::move(m)), how](auto& core, auto op) mutable {
          start_publish(core, std::move(m), how, std::move(op));
        });
  }
  template<sdk::token_not<publish_options> Token = boost::asio::use_awaitable_t<>>
  auto publish(message m, Token&& token = Token{}) {
    return publish(std::move(m), publish_options{}, std::forward<Token>(token));
  }

  /// Subscribes to `filter`: `void(std::error_code, subscription)`, when the server granted it.
  /// Also while away, and before connect(), which a client that resumes a session should do:
  /// messages come at once. Restored by itself when the server has lost the session.
  ///
  /// Subscriptions whose filters overlap each get a message once, if the server sends one PUBLISH
  /// for each message, as MQTTZoo does, or if it names the subscription in each (5.0). In 3.x a
  /// server may also send one PUBLISH for each filter that matches; nothing tells these apart from
  /// messages that are equal, so each of the subscriptions gets all of them.
  template<class Token = boost::asio::use_awaitable_t<>>
  auto subscribe(std::string filter, const subscribe_options& how, Token&& token = Token{}) {
    return listen(std::move(filter), how, message_handler{}, std::forward<Token>(token));
  }
  template<sdk::token_not<subscribe_options> Token = boost::asio::use_awaitable_t<>>
  auto subscribe(std::string filter, Token&& token = Token{}) {
    return subscribe(std::move(filter), subscribe_options{}, std::forward<Token>(token));
  }
  /// The same with a handler, which is called until the subscription ends; next() is of no use
  /// then.
  template<class Token = boost::asio::use_awaitable_t<>>
  auto listen(std::string filter, const subscribe_options& how, message_handler on_message,
              Token&& token = Token{}) {
    return start<void(std::error_code, subscription)>(
        std::forward<Token>(token),
        [filter = std::move(filter), how, on_message = std::move(on_message)](auto& core,
                                                                              auto op) mutable {
          start_subscribe(core, std::move(filter), how, std::move(on_message), std::move(op));
        });
  }

  /// Unsubscribes: `void(std::error_code)`, when the server said so. All subscriptions to this very
  /// filter end. Also for filters that an earlier life of the session left.
  template<sdk::token_not<unsubscribe_options> Token = boost::asio::use_awaitable_t<>>
  auto unsubscribe(std::string filter, Token&& token = Token{}) {
    return unsubscribe(std::move(filter), unsubscribe_options{}, std::forward<Token>(token));
  }
  template<class Token = boost::asio::use_awaitable_t<>>
  auto unsubscribe(std::string filter, unsubscribe_options how, Token&& token = Token{}) {
    return start<void(std::error_code)>(
        std::forward<Token>(token),
        [filter = std::move(filter), how = std::move(how)](auto& core, auto op) mutable {
          start_unsubscribe(core, std::move(filter), std::move(how), std::move(op));
        });
  }

  /// Publishes a request and waits for its answer (5.0): `void(std::error_code, message)`. The
  /// response topic and the correlation data are the client's. Errors: as publish() and
  /// subscribe(), std::errc::timed_out, errc::too_many_requests, errc::not_supported in 3.x.
  template<class Token = boost::asio::use_awaitable_t<>>
  auto request(message m, std::chrono::milliseconds timeout, Token&& token = Token{}) {
    return start<void(std::error_code, message)>(
        std::forward<Token>(token), [m = std::move(m), timeout](auto& core, auto op) mutable {
          start_request(core, std::move(m), timeout, std::move(op));
        });
  }

  /// What it counts: `void(client_figures)`.
  template<class Token = boost::asio::use_awaitable_t<>>
  auto figures(Token&& token = Token{}) {
    return start<void(client_figures)>(std::forward<Token>(token), [](auto& core, auto op) {
      start_figures(core, std::move(op));
    });
  }

  /// Sets who hears of connections and their ends. To be called before connect().
  void on_state(state_handler handler);

private:
  using core_ptr = std::shared_ptr<sdk::client_core>;
  template<class... Args>
  using op_of = sdk::operation<void(Args...)>;

  template<class Signature, class Token, class Start>
  auto start(Token&& token, Start how) {
    return boost::asio::async_initiate<Token, Signature>(
        [core = core_, how = std::move(how)](auto handler) mutable {
          const auto number = next_number(core);
          how(core, sdk::operation<Signature>::make(
                        number, std::move(handler), executor_of(core), [&core, number] {
                          return [weak = std::weak_ptr{core}, number] { cancel(weak, number); };
                        }));
        },
        token);
  }

  static std::uint64_t next_number(const core_ptr& core);
  static boost::asio::any_io_executor executor_of(const core_ptr& core);
  static void cancel(const std::weak_ptr<sdk::client_core>& core, std::uint64_t number);
  static void start_connect(const core_ptr& core, std::optional<std::chrono::milliseconds> timeout,
                            op_of<std::error_code> op);
  static void start_disconnect(const core_ptr& core, disconnect_options how,
                               op_of<std::error_code> op);
  static void start_publish(const core_ptr& core, std::unique_ptr<message> m,
                            const publish_options& how, op_of<std::error_code> op);
  static void start_subscribe(const core_ptr& core, std::string filter,
                              const subscribe_options& how, message_handler on_message,
                              op_of<std::error_code, subscription> op);
  static void start_unsubscribe(const core_ptr& core, std::string filter, unsubscribe_options how,
                                op_of<std::error_code> op);
  static void start_request(const core_ptr& core, message m, std::chrono::milliseconds timeout,
                            op_of<std::error_code, message> op);
  static void start_figures(const core_ptr& core, op_of<client_figures> op);

  core_ptr core_;
};

/// The answer to a request: its response topic, correlation data and QoS, and a payload.
inline message answer_to(const message& request, std::string payload) {
  message m;
  m.topic = request.properties.response_topic;
  m.payload = std::move(payload);
  m.qos = request.qos;
  m.properties.correlation_data = request.properties.correlation_data;
  return m;
}

} // namespace mqttzoo
