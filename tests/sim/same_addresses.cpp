// Has the program run without random addresses: tables that are keyed by them would be walked in
// another order each time, and a seed would not replay what it found.
#include <array>
#include <fstream>
#include <string>
#include <sys/personality.h>
#include <unistd.h>
#include <vector>

namespace {

std::vector<std::string> own_arguments() {
  std::ifstream file{"/proc/self/cmdline", std::ios::binary};
  std::vector<std::string> arguments;
  for (std::string argument; std::getline(file, argument, '\0');)
    arguments.push_back(argument);
  return arguments;
}

/// Starts the program again unless it runs that way already; where that is forbidden it goes on.
[[maybe_unused]] const bool started_again = [] {
  const int now = personality(0xFFFFFFFF);
  if (now == -1 || (now & ADDR_NO_RANDOMIZE) != 0)
    return false;
  if (personality(static_cast<unsigned long>(now) | ADDR_NO_RANDOMIZE) == -1)
    return false;
  auto arguments = own_arguments();
  std::vector<char*> pointers;
  for (auto& a : arguments)
    pointers.push_back(a.data());
  pointers.push_back(nullptr);
  execv("/proc/self/exe", pointers.data());
  return false;
}();

} // namespace
