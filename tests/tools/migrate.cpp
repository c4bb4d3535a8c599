// Which files `mqttzoo migrate` takes.
#define CAF_SUITE tools.migrate

#include "tests/scratch_directory.hpp"
#include "tools/cli/commands.hpp"

#include <caf/test/dsl.hpp>

#include <fstream>

using mqttzoo::cli::migrate;

CAF_TEST(what cannot be read ends with a status) {
  const mqttzoo::test::scratch_directory scratch;
  CAF_CHECK_EQUAL(migrate({scratch.path()}), 1); // a directory opens, and fails to be read
  CAF_CHECK_EQUAL(migrate({scratch.path() + "/none"}), 1);
}

CAF_TEST(a file is read up to its bound) {
  const mqttzoo::test::scratch_directory scratch;
  const auto path = scratch.path() + "/mosquitto.conf";
  constexpr std::size_t mebibyte = std::size_t{1} << 20;
  std::ofstream{path} << std::string(mebibyte, '#');
  CAF_CHECK_EQUAL(migrate({path}), 0);
  std::ofstream{path, std::ios::app} << '#';
  CAF_CHECK_EQUAL(migrate({path}), 1);
}
