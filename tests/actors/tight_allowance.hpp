// An allowance that ends where a test says.
#pragma once

#include "actors/allowance.hpp"

#include <caf/test/dsl.hpp>

#include <cstddef>

namespace mqttzoo::test {

class tight_allowance final : public actors::allowance {
public:
  bool reserve(std::size_t bytes) override {
    if (reserved + bytes > grants)
      return false;
    reserved += bytes;
    return true;
  }
  void release(std::size_t bytes) noexcept override {
    if (bytes > reserved)
      CAF_ERROR("more was released than reserved");
    reserved -= bytes;
  }

  void lent(const actors::loan&) override {}

  std::size_t grants = 0;
  std::size_t reserved = 0;
};

} // namespace mqttzoo::test
