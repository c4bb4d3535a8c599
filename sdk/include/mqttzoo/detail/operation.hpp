// From a handler of the application to an operation of ours: its completion and its cancellation.
//
// What <mqttzoo/client.hpp> is made with; no part of what it promises.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <cstdint>
#include <mqttzoo/detail/callback.hpp>
#include <tuple>
#include <type_traits>
#include <utility>

namespace mqttzoo::sdk {

/// A completion token, told from an optional argument that may stand in its place.
template<class T, class Argument>
concept token_not = !std::is_convertible_v<T, Argument>;

template<class Signature>
struct operation;

/// One asynchronous call.
template<class... Args>
struct operation<void(Args...)> {
  std::uint64_t number = 0; ///< unique in its client
  bool can_be_cancelled = false;
  callback<void(Args...)> done;

  /// `done` posts `handler` to its executor, `fallback` if it has none; the executor counts as busy
  /// until then. What `cancellation()` gives is called when the operation is cancelled; most cannot
  /// be.
  template<class Handler, class Cancellation>
  static operation make(std::uint64_t number, Handler handler,
                        const boost::asio::any_io_executor& fallback, Cancellation cancellation) {
    namespace asio = boost::asio;
    operation op;
    op.number = number;
    if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected()) {
      op.can_be_cancelled = true;
      slot.assign([cancel = cancellation()](asio::cancellation_type type) {
        if (type != asio::cancellation_type::none)
          cancel();
      });
    }
    auto executor = asio::prefer(asio::get_associated_executor(handler, fallback),
                                 asio::execution::outstanding_work.tracked);
    op.done = [handler = std::move(handler), executor = std::move(executor)](Args... args) mutable {
      asio::post(executor, [handler = std::move(handler),
                            values = std::tuple<Args...>{std::move(args)...}]() mutable {
        std::apply([&](auto&... each) { std::move(handler)(std::move(each)...); }, values);
      });
    };
    return op;
  }
};

} // namespace mqttzoo::sdk
