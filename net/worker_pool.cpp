#include "net/worker_pool.hpp"

#include <boost/asio/post.hpp>

#include <pthread.h>
#include <string>
#include <utility>

namespace mqttzoo::net {

worker_pool::worker_pool(unsigned threads) : open_(jobs_.get_executor()) {
  for (unsigned i = 0; i < threads; ++i) {
    auto& t = threads_.emplace_back([this] { jobs_.run(); });
    pthread_setname_np(t.native_handle(), ("worker-" + std::to_string(i)).c_str());
  }
}

worker_pool::~worker_pool() {
  stop();
}

void worker_pool::post(std::function<void()> job) {
  boost::asio::post(jobs_, std::move(job));
}

void worker_pool::stop() {
  jobs_.stop();
  for (auto& t : threads_)
    t.join();
  threads_.clear();
}

} // namespace mqttzoo::net
