#include "sdk/include/mqttzoo/client.hpp"

#include "sdk/client_core.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/system_executor.hpp>

namespace mqttzoo {
namespace {

namespace asio = boost::asio;
using sdk::client_core;
using core_ptr = std::shared_ptr<client_core>;

void stop(const core_ptr& core) {
  if (core)
    asio::post(core->strand(), [core] { core->stop(); });
}

} // namespace

client::client(asio::any_io_executor executor, client_options options)
    : core_(std::make_shared<client_core>(std::move(executor), std::move(options))) {}

client& client::operator=(client&& other) noexcept {
  stop(core_);
  core_ = std::move(other.core_);
  return *this;
}

client::~client() {
  stop(core_);
}

void client::on_state(state_handler handler) {
  core_->submit([handler = std::move(handler)](client_core& core) mutable {
    core.set_state_handler(std::move(handler));
  });
}

std::uint64_t client::next_number(const core_ptr& core) {
  return core->next_number();
}

asio::any_io_executor client::executor_of(const core_ptr& core) {
  return core->executor();
}

void client::cancel(const std::weak_ptr<client_core>& core, std::uint64_t number) {
  // Posted, so that it comes after the operation itself.
  if (const auto alive = core.lock())
    asio::post(alive->strand(), [alive, number] {
      alive->cancel(number, std::make_error_code(std::errc::operation_canceled));
    });
}

void client::start_connect(const core_ptr& core, std::optional<std::chrono::milliseconds> timeout,
                           op_of<std::error_code> op) {
  core->submit([timeout, op = std::move(op)](client_core& c) mutable {
    c.connect(op.number, timeout, std::move(op.done));
  });
}

void client::start_disconnect(const core_ptr& core, disconnect_options how,
                              op_of<std::error_code> op) {
  core->submit([how = std::move(how), op = std::move(op)](client_core& c) mutable {
    c.disconnect(how, std::move(op.done));
  });
}

void client::start_publish(const core_ptr& core, std::unique_ptr<message> m,
                           const publish_options& how, op_of<std::error_code> op) {
  core->submit([m = std::move(m), how, op = std::move(op)](client_core& c) mutable {
    const bool can_end_early = op.can_be_cancelled || how.timeout;
    c.publish(std::move(*m), how, can_end_early ? op.number : 0, std::move(op.done));
  });
}

void client::start_subscribe(const core_ptr& core, std::string filter, const subscribe_options& how,
                             message_handler on_message, op_of<std::error_code, subscription> op) {
  core->submit([filter = std::move(filter), how, on_message = std::move(on_message),
                op = std::move(op)](client_core& c) mutable {
    c.subscribe(
        std::move(filter), how, op.number, std::move(on_message),
        [done = std::move(op.done)](std::error_code error, std::shared_ptr<sdk::stream> s) mutable {
          done(error, subscription{std::move(s)});
        });
  });
}

void client::start_unsubscribe(const core_ptr& core, std::string filter, unsubscribe_options how,
                               op_of<std::error_code> op) {
  core->submit([filter = std::move(filter), how = std::move(how),
                op = std::move(op)](client_core& c) mutable {
    c.unsubscribe(filter, how, op.number, std::move(op.done));
  });
}

void client::start_request(const core_ptr& core, message m, std::chrono::milliseconds timeout,
                           op_of<std::error_code, message> op) {
  core->submit([m = std::move(m), timeout, op = std::move(op)](client_core& c) mutable {
    c.request(std::move(m), timeout, op.number, std::move(op.done));
  });
}

void client::start_figures(const core_ptr& core, op_of<client_figures> op) {
  core->submit([op = std::move(op)](client_core& c) mutable { op.done(c.figures()); });
}

// ---------------------------------------------------------------- subscriptions

void received::acknowledge() const {
  if (receipt_)
    receipt_->acknowledge();
}

void subscription::close() {
  const auto gone = std::exchange(stream_, nullptr);
  if (!gone)
    return;
  if (const auto core = gone->core())
    asio::dispatch(core->strand(), [core, gone] { core->close(gone); });
}

const std::string& subscription::filter() const noexcept {
  static const std::string none;
  return stream_ ? stream_->filter() : none;
}

qos subscription::granted() const noexcept {
  return stream_ ? stream_->granted() : qos::at_most_once;
}

std::uint64_t subscription::next_number(const std::shared_ptr<sdk::stream>& stream) {
  const auto core = stream ? stream->core() : nullptr;
  return core ? core->next_number() : 0;
}

asio::any_io_executor subscription::executor_of(const std::shared_ptr<sdk::stream>& stream) {
  const auto core = stream ? stream->core() : nullptr;
  return core ? core->executor() : asio::any_io_executor{asio::system_executor{}};
}

void subscription::cancel_next(const std::weak_ptr<sdk::stream>& stream, std::uint64_t number) {
  const auto alive = stream.lock();
  if (const auto core = alive ? alive->core() : nullptr)
    asio::post(core->strand(), [core, alive, number] {
      alive->cancel_next(number, std::make_error_code(std::errc::operation_canceled));
    });
}

void subscription::start_next(const std::shared_ptr<sdk::stream>& stream,
                              std::optional<std::chrono::milliseconds> timeout, next_operation op) {
  const auto core = stream ? stream->core() : nullptr;
  if (!core)
    return op.done(errc::closed, {});
  core->submit([stream, timeout, op = std::move(op)](client_core& c) mutable {
    c.next(stream, op.number, timeout, std::move(op.done));
  });
}

} // namespace mqttzoo
