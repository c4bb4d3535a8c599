// What a subscription gives to the application: a stream of messages.
//
// A `subscription` is a handle, made by client::subscribe(); its destruction ends the subscription
// at the server. Functions may be called from any thread; completions run on the handler's
// executor, by default the one the client was made with.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mqttzoo/detail/operation.hpp>
#include <mqttzoo/error.hpp>
#include <mqttzoo/message.hpp>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace mqttzoo {

namespace sdk {
class receipt;
class stream;
} // namespace sdk

/// A message that came. `retain` says that it was kept for us; `qos` how it came.
class received : public message {
public:
  /// The server sent it before, and cannot know whether it arrived (DUP).
  bool duplicate = false;
  /// Its packet identifier on the connection that brought it; 0 for QoS 0.
  std::uint16_t packet_id = 0;

  /// Tells the server that it has been handled; for acknowledging::manual, else without effect.
  /// From any thread; only the first call counts, on whichever copy. The server hears of messages
  /// in the order in which they came, so one that is never acknowledged holds back those behind it.
  void acknowledge() const;

private:
  friend class sdk::stream;
  std::shared_ptr<sdk::receipt> receipt_;
};

/// The messages of one filter, in order.
///
///     auto [error, news] = co_await client.subscribe("news/#");
///     for (;;) {
///       auto [ended, m] = co_await news.next();
///       if (ended)
///         break;
///       std::cout << m.topic << ": " << m.payload << '\n';
///     }
class subscription {
  using next_operation = sdk::operation<void(std::error_code, received)>;

public:
  subscription() = default;
  subscription(subscription&&) noexcept = default;
  subscription& operator=(subscription&& other) noexcept {
    close();
    stream_ = std::move(other.stream_);
    return *this;
  }
  ~subscription() { close(); }

  /// The next message: `void(std::error_code, received)`. Errors: errc::closed after close(), what
  /// ended the client, std::errc::operation_canceled. With acknowledging::automatic the call also
  /// says that the message before has been handled; ask for one at a time then.
  template<sdk::token_not<std::chrono::milliseconds> Token = boost::asio::use_awaitable_t<>>
  auto next(Token&& token = Token{}) {
    return wait_next(std::nullopt, std::forward<Token>(token));
  }

  /// The same, with std::errc::timed_out if none came within `timeout`.
  template<class Token = boost::asio::use_awaitable_t<>>
  auto next(std::chrono::milliseconds timeout, Token&& token = Token{}) {
    return wait_next(timeout, std::forward<Token>(token));
  }

  /// Ends it: unsubscribes, and completes a waiting next() with errc::closed. What was not taken is
  /// acknowledged. Without effect if it has ended.
  void close();

  /// Whether it stands for anything.
  explicit operator bool() const noexcept { return stream_ != nullptr; }
  /// The filter it was made with.
  const std::string& filter() const noexcept;
  /// The most that the server delivers with.
  qos granted() const noexcept;

private:
  friend class client;
  explicit subscription(std::shared_ptr<sdk::stream> stream) : stream_(std::move(stream)) {}

  template<class Token>
  auto wait_next(std::optional<std::chrono::milliseconds> timeout, Token&& token) {
    return boost::asio::async_initiate<Token, void(std::error_code, received)>(
        [stream = stream_, timeout](auto handler) {
          const auto number = next_number(stream);
          start_next(stream, timeout,
                     next_operation::make(number, std::move(handler), executor_of(stream),
                                          [&stream, number] {
                                            return [weak = std::weak_ptr{stream}, number] {
                                              cancel_next(weak, number);
                                            };
                                          }));
        },
        token);
  }
  static std::uint64_t next_number(const std::shared_ptr<sdk::stream>& stream);
  static boost::asio::any_io_executor executor_of(const std::shared_ptr<sdk::stream>& stream);
  static void cancel_next(const std::weak_ptr<sdk::stream>& stream, std::uint64_t number);
  static void start_next(const std::shared_ptr<sdk::stream>& stream,
                         std::optional<std::chrono::milliseconds> timeout, next_operation op);

  std::shared_ptr<sdk::stream> stream_;
};

} // namespace mqttzoo
