// Bounds of the buffer pool.
#define CAF_SUITE net.buffer_pool

#include "net/buffer_pool.hpp"

#include <caf/test/dsl.hpp>

using mqttzoo::net::buffer_pool;

CAF_TEST(a buffer comes back empty and with its memory) {
  buffer_pool pool;
  auto buffer = pool.take();
  CAF_CHECK_GREATER_OR_EQUAL(buffer.capacity(), buffer_pool::buffer_bytes_min);
  buffer.assign(5000, 'x');
  const auto* memory = buffer.data();
  pool.give_back(buffer);
  CAF_CHECK_LESS(buffer.capacity(), buffer_pool::buffer_bytes_min);
  auto again = pool.take();
  CAF_CHECK(again.empty());
  CAF_CHECK(again.data() == memory);
}

CAF_TEST(the pool keeps a bounded number of bytes and no huge buffer) {
  buffer_pool pool;
  std::string huge(buffer_pool::buffer_bytes_max + 1, 'x');
  pool.give_back(huge);
  CAF_CHECK_EQUAL(pool.bytes(), 0u);
  for (std::size_t i = 0; i < 2 * buffer_pool::bytes_max / buffer_pool::buffer_bytes_max; ++i) {
    std::string large(buffer_pool::buffer_bytes_max, 'x');
    pool.give_back(large);
  }
  CAF_CHECK_LESS_OR_EQUAL(pool.bytes(), buffer_pool::bytes_max);
  CAF_CHECK_GREATER(pool.bytes(), buffer_pool::bytes_max - 2 * buffer_pool::buffer_bytes_max);
}
