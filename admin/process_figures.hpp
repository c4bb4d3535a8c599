// What the kernel says of this process.
//
// Functions; any thread. Zero where the kernel does not say.
#pragma once

#include <cstdint>

namespace mqttzoo::admin {

struct process_figures {
  double cpu_s = 0;
  double started_s = 0; ///< since 1970; the same in every reading
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t open_descriptors = 0;
  std::uint64_t most_descriptors = 0;
};

process_figures read_process_figures();
/// Time and memory only: descriptors are counted one by one, which takes long where there are many.
process_figures read_process_usage();

} // namespace mqttzoo::admin
