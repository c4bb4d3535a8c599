// Writes the seeds of fuzz_decoder: one file for each packet of the tests' wire table.
// Usage: seeds_decoder <folder>, normally fuzz/corpus/decoder, after the table has changed.
#include "fuzz/decoder_input.hpp"
#include "tests/mqtt/wire_table.hpp"

#include <cctype>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <string>

namespace {

using namespace mqttzoo;
using namespace mqttzoo::mqtt;

/// A file name from a row's name.
std::string file_name(const testing::wire_case& row) {
  std::string out = row.from == peer::client ? "client-" : "server-";
  out += 'v' + std::to_string(static_cast<int>(row.version)) + '-';
  for (const unsigned char c : row.name) {
    if (std::isalnum(c))
      out += static_cast<char>(std::tolower(c));
    else if (out.back() != '-')
      out += '-';
  }
  return out;
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: seeds_decoder <folder>\n";
    return 2;
  }
  std::set<std::string> names;
  for (const auto& row : testing::wire_table()) {
    if (!row.packet)
      continue;
    const auto name = file_name(row);
    if (!names.insert(name).second) {
      std::cerr << "two rows are called " << name << '\n';
      return 1;
    }
    std::ofstream out{std::filesystem::path{argv[1]} / name, std::ios::binary};
    out << fuzz::selector(row.version, row.from) << row.wire;
    if (!out.flush()) {
      std::cerr << "cannot write " << name << '\n';
      return 1;
    }
  }
  std::cout << names.size() << " seeds\n";
}
