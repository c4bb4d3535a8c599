// Writes the samples of the tests as files: seeds_proxy_header DIRECTORY.
#include "tests/net/proxy_headers.hpp"

#include <fstream>

int main(int argc, char** argv) {
  if (argc != 2)
    return 2;
  for (const auto& s : mqttzoo::net::test::sample_headers()) {
    std::ofstream out{std::string{argv[1]} + '/' + std::string{s.name}, std::ios::binary};
    out << s.bytes;
  }
}
