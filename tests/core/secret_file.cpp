// Secrets in files, as editors and pipes leave them.
#define CAF_SUITE core.secret_file

#include "core/secret_file.hpp"

#include "tests/scratch_directory.hpp"

#include <caf/test/dsl.hpp>

#include <fstream>

using namespace mqttzoo;
using core::read_secret;

namespace {

struct fixture {
  /// The secret, or the sentence.
  std::string read(const std::string& text) {
    std::ofstream{path, std::ios::binary} << text;
    const auto secret = read_secret("zoo.token", path);
    return secret ? *secret : secret.error();
  }

  test::scratch_directory here;
  std::string path = here.path() + "/token";
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(secret_file_tests, fixture)

CAF_TEST(the first line counts without what stands behind it) {
  for (const auto* text : {"a b", "a b\n", "a b\r\n", "a b \t\r\n", "a b\nmore\n"})
    CAF_CHECK_EQUAL(read(text), "a b");
  CAF_CHECK_EQUAL(read(" a"), " a");
  const std::string longest(core::secret_bytes_max, 'x');
  CAF_CHECK_EQUAL(read(longest), longest);
  CAF_CHECK_EQUAL(read(longest + "\nmore"), longest);
}

CAF_TEST(a file without a secret is an error that names the option and the file) {
  const auto empty = "zoo.token: " + path + " cannot be read, or is empty";
  for (const auto* text : {"", "\n", " \r\n", "\nsecond"})
    CAF_CHECK_EQUAL(read(text), empty);
  CAF_CHECK_EQUAL(read(std::string(core::secret_bytes_max + 1, 'x')),
                  "zoo.token: " + path + " holds a line that is longer than 64 KiB");
  for (const auto& other : {here.path() + "/none", here.path()}) {
    const auto secret = read_secret("zoo.token", other);
    CAF_CHECK(!secret);
    CAF_CHECK_EQUAL(secret.error(), "zoo.token: " + other + " cannot be read, or is empty");
  }
}

CAF_TEST_FIXTURE_SCOPE_END()
