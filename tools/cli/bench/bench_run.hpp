// One run of `mqttzoo bench`: connects, publishes, waits for what is under way, and ends.
//
// Made once; everything happens on the thread of run(). Each stage ends with an event or a time:
//
//     connecting -> (leaving) -> publishing -> draining -> (returning -> collecting) -> closing
//
// Of the stages in brackets, subscribers of offline mail leave, return and collect; those of
// retained messages only collect, after which the messages are cleared.
#pragma once

#include "tools/cli/bench/connector.hpp"
#include "tools/cli/bench/pacer.hpp"
#include "tools/cli/bench/progress.hpp"
#include "tools/cli/bench/witness.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

namespace mqttzoo::cli {

class bench_run final : private load_events {
public:
  bench_run(bench_options o, std::vector<sdk::address> servers,
            std::optional<sdk::proxy_address> proxy);

  /// True if every promise was kept.
  bool run();
  const bench_figures& figures() const noexcept { return figures_; }

private:
  enum class stage : std::uint8_t {
    connecting,
    leaving,
    publishing,
    draining,
    returning,
    collecting,
    clearing,
    closing,
    wiping,
    over,
  };

  void on_ready(load_client& c, std::int64_t now_ns) override;
  void on_subscribed(load_client& c, std::int64_t now_ns) override;
  void on_ended(load_client& c, std::error_code why) override;
  void on_message(load_client& c, const mqtt::publish_packet& p, std::int64_t now_ns) override;
  void on_promise(load_client& c, std::int64_t due_ns, std::error_code how,
                  std::int64_t now_ns) override;
  void on_written(load_client& c, std::size_t messages) override;

  bool is_flow(pattern which) const noexcept {
    return o_.kind == bench_kind::flow && o_.shape == which;
  }
  bool is_subscriber(const load_client& c) const noexcept {
    return c.index() < plan_.subscribers.size();
  }
  load_client::session lasting(std::size_t index) const noexcept;
  void open(std::size_t index, load_client::session how);
  void settled(load_client& c);
  void stage_done();
  void begin_publishing();
  void drain();
  bool has_drained() const noexcept;
  void wait_until(bool (bench_run::*done)() const noexcept);
  void collect();
  bool has_collected() const noexcept;
  bool has_cleared() const noexcept { return pacer_.has_cleared(); }
  void close_all();
  void wipe();
  void give_up_waiting();
  void look_at_all();
  bool kept_promises() const noexcept;
  void note(std::error_code why);

  bench_options o_;
  std::vector<sdk::address> servers_;
  std::uint32_t run_;
  bench_plan plan_;
  bench_figures figures_;
  witness witness_;
  boost::asio::io_context io_{1};
  load_context context_;
  pacer pacer_;
  connector connector_;
  progress progress_;
  boost::asio::steady_timer stage_timer_, sweep_timer_;
  boost::asio::signal_set signals_;
  std::vector<std::shared_ptr<load_client>> clients_;
  std::vector<bool> waited_for_; ///< by client: this stage waits for it
  std::size_t waiting_ = 0;      ///< how many
  std::int64_t stage_ns_ = 0;    ///< when this one began
  stage stage_ = stage::connecting;
};

} // namespace mqttzoo::cli
