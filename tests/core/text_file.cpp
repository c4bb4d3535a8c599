// Whole files, and what opens and is none.
#define CAF_SUITE core.text_file

#include "core/text_file.hpp"

#include "tests/scratch_directory.hpp"

#include <caf/test/dsl.hpp>

#include <fstream>

using namespace mqttzoo;
using core::read_text_file;

namespace {

struct fixture {
  void write(const std::string& text) { std::ofstream{path, std::ios::binary} << text; }

  static bool fails(const std::string& path, std::size_t bytes_max, std::errc with) {
    const auto text = read_text_file(path, bytes_max);
    return !text && text.error() == with;
  }

  test::scratch_directory here;
  std::string path = here.path() + "/text";
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(text_file_tests, fixture)

CAF_TEST(all bytes are read up to the bound) {
  constexpr std::size_t bytes_max = 200'000;
  for (const std::size_t size : {0u, 1u, 65'535u, 65'536u, 65'537u, 199'999u, 200'000u}) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
      text[i] = static_cast<char>(i % 251);
    write(text);
    CAF_CHECK(read_text_file(path, bytes_max) == text);
  }
}

CAF_TEST(what holds more is too large) {
  write(std::string(200'001, 'x'));
  CAF_CHECK(fails(path, 200'000, std::errc::file_too_large));
  CAF_CHECK(fails(path, 0, std::errc::file_too_large));
  CAF_CHECK(fails("/dev/zero", 200'000, std::errc::file_too_large));
}

CAF_TEST(what cannot be read is an error and nothing is thrown) {
  CAF_CHECK(fails(here.path() + "/none", 100, std::errc::no_such_file_or_directory));
  CAF_CHECK(fails(here.path(), 100, std::errc::is_a_directory));
  CAF_CHECK(fails("/proc/self/mem", 100, std::errc::io_error)); // opens, and does not read
}

CAF_TEST_FIXTURE_SCOPE_END()
