// Fuzzes password files.
//
// What is refused is refused with a line of the file and without a word of it that could be a
// password; what is accepted has each user once.
#include "auth/password_file.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

/// Unlike assert(), also there in a release build.
void require(bool truth) {
  if (!truth)
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  const auto file = mqttzoo::auth::password_file::parse(text);
  if (!file) {
    require(file.error().line >= 1 && file.error().line <= lines && !file.error().what.empty());
    return 0;
  }
  require(file->size() <= lines);
  require(file->kinds_beside(nullptr).empty() == (file->size() == 0));
  return 0;
}
