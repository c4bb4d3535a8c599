// The real workers: some threads behind one queue.
//
// Owned by the pod, from its start to its end; stop() drops what waits and joins the threads.
#pragma once

#include "net/workers.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <thread>
#include <vector>

namespace mqttzoo::net {

class worker_pool final : public workers {
public:
  explicit worker_pool(unsigned threads);
  ~worker_pool() override;

  void post(std::function<void()> job) override;
  /// Waits for jobs that run.
  void stop();

private:
  boost::asio::io_context jobs_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> open_;
  std::vector<std::thread> threads_;
};

} // namespace mqttzoo::net
