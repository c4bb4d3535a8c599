// The inside of a client: a machine, the transport of its connection, its timer, and what waits.
//
// Shared by the `client`, its subscriptions and the operations under way; used on its strand. It
// lives until stop() and the last operation. Output is collected and written once a turn of the
// strand, so what is published together leaves together.
#pragma once

#include "sdk/alarms.hpp"
#include "sdk/dial_plan.hpp"
#include "sdk/include/mqttzoo/client.hpp"
#include "sdk/machine.hpp"
#include "sdk/registry.hpp"
#include "sdk/transport.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <atomic>
#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace mqttzoo::sdk {

class client_core final : public transport_port,
                          public machine_port,
                          public std::enable_shared_from_this<client_core> {
public:
  using done = callback<void(std::error_code)>;
  using timeout = std::optional<std::chrono::milliseconds>;
  using subscribed = callback<void(std::error_code, std::shared_ptr<stream>)>;
  using answered = callback<void(std::error_code, message)>;
  using strand_type = boost::asio::strand<boost::asio::any_io_executor>;

  client_core(boost::asio::any_io_executor executor, client_options options);
  ~client_core() override;

  // ---- any thread
  const strand_type& strand() const noexcept { return strand_; }
  const boost::asio::any_io_executor& executor() const noexcept { return executor_; }
  /// A number that cancels an operation: unique in this client.
  std::uint64_t next_number() noexcept { return ++last_number_; }
  using task = callback<void(client_core&)>;
  /// Runs `what` on the strand: at once if this is it, else in order with what else is submitted
  /// until the strand has its turn, because entering it takes longer than publishing.
  void submit(task what);

  // ---- the strand
  void set_state_handler(client::state_handler handler) { on_state_ = std::move(handler); }
  void connect(std::uint64_t number, timeout limit, done finished);
  void disconnect(const disconnect_options& how, done finished);
  /// Nothing happens after it.
  void stop();
  void publish(message&& m, const publish_options& how, std::uint64_t number, done finished);
  void subscribe(std::string filter, const subscribe_options& how, std::uint64_t number,
                 client::message_handler on_message, subscribed finished);
  void unsubscribe(const std::string& filter, const unsubscribe_options& how, std::uint64_t number,
                   done finished);
  void next(const std::shared_ptr<stream>& s, std::uint64_t number, timeout limit,
            stream::taken finished);
  void request(message m, std::chrono::milliseconds limit, std::uint64_t number, answered finished);
  client_figures figures() const;
  void close(const std::shared_ptr<stream>& s);
  /// Ends the waiting of any operation but next().
  void cancel(std::uint64_t number, std::error_code why);
  /// A holder of a received message lets go of it.
  void release(receipt_number number);
  void cancel_alarm(alarms::handle& alarm) { alarms_.cancel(alarm); }

private:
  /// An operation that waits, beside what the machine keeps.
  struct waiting {
    done finished;
    alarms::handle alarm;
  };
  struct unclaimed {
    received what;
    receipt_number number;
    time_point until;
  };
  struct pending_request {
    answered finished;
    alarms::handle alarm;
  };

  void on_opened(std::error_code error) override;
  void on_bytes(std::string_view bytes) override;
  void on_written(std::error_code error) override;
  void on_lost(std::error_code error) override;
  void on_connected(const mqtt::connack_packet& p) override;
  void on_message(const mqtt::publish_packet& p, receipt_number number) override;

  std::error_code configure();
  void dial();
  void dial_after(std::chrono::milliseconds wait);
  void end_attempt_after(std::chrono::milliseconds limit, std::error_code why);
  void close_transport();
  void connection_ended(std::error_code why);
  void ended_as_asked();
  bool follow_reference(std::error_code why);
  void give_up(std::error_code why);
  void finish_disconnect();
  void tell(connection_state state, std::error_code why);
  void close_after_writing(std::error_code why);

  std::uint64_t wait_for(std::uint64_t number, timeout limit, done finished);
  done ending(std::uint64_t number);
  void resolve(std::uint64_t number, std::error_code how);
  void claim(const std::shared_ptr<stream>& s);
  void give_up_unclaimed();
  void settle_untaken(bool session_present);
  void ready_for_answers(done then);
  void send_request(std::uint64_t correlation, message m);
  void answer(const message& m);
  void finish_request(std::uint64_t correlation, std::error_code how, message m);
  void end_all(std::error_code why);

  void run_submitted();
  void changed();
  void flush();
  void arm();
  void on_timer();

  boost::asio::any_io_executor executor_;
  strand_type strand_;
  std::mutex submitting_; ///< for the next two
  bool turn_posted_ = false;
  std::vector<task> submitted_; ///< bounded by the calls that the application has under way
  std::vector<task> running_;   ///< the strand's
  client_options options_;
  std::error_code mistake_; ///< in the options
  machine machine_;
  std::optional<dial_plan> plan_;
  std::optional<proxy_address> proxy_;
  std::shared_ptr<transport> transport_;
  boost::asio::steady_timer timer_;
  time_point armed_ = time_point::max();
  alarms alarms_;
  alarms::handle attempt_alarm_, dial_alarm_, unclaimed_alarm_;
  std::string writing_;
  bool open_ = false; ///< the transport can be written
  bool flush_posted_ = false;
  bool wanted_ = false; ///< by the application, to be connected
  bool stopped_ = false;
  bool was_connected_ = false;             ///< since connect()
  std::optional<std::error_code> closing_; ///< why, once output is written
  std::vector<std::uint64_t> connecting_;  ///< numbers of waiting connect()s
  std::vector<done> disconnecting_;
  std::map<std::uint64_t, waiting> waiting_;
  registry registry_;
  std::vector<std::shared_ptr<stream>> targets_; ///< used again, for its memory
  received scratch_;                             ///< likewise
  std::list<unclaimed> unclaimed_;               ///< a list, which takes nothing while it is empty
  std::map<std::uint64_t, pending_request> requests_; ///< by correlation
  std::string answers_topic_;
  std::shared_ptr<stream> answers_;
  std::vector<done> awaiting_answers_; ///< until answers_ is granted
  client::state_handler on_state_;
  client_figures figures_;
  std::atomic<std::uint64_t> last_number_{0};
};

} // namespace mqttzoo::sdk
