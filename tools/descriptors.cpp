#include "tools/descriptors.hpp"

#include "core/log.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <sys/resource.h>

namespace mqttzoo::tools {

namespace {

constexpr core::logger log{core::log_folder::tools};

constexpr std::uint64_t reserve_min = 64;

} // namespace

void raise_descriptors() noexcept {
  rlimit limit{};
  bool raised = ::getrlimit(RLIMIT_NOFILE, &limit) == 0;
  if (raised && limit.rlim_cur != limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    raised = ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
  }
  if (!raised)
    log.warn("cannot raise the limit of open files",
             {{"why", std::strerror(errno)}, {"open_files", descriptors_max()}});
}

std::uint64_t descriptors_max() noexcept {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur
                                                 : std::numeric_limits<std::uint64_t>::max();
}

std::uint32_t connections_that_fit() noexcept {
  const auto all = descriptors_max();
  const auto reserve = std::max(reserve_min, all / 8);
  const auto left = all > reserve ? all - reserve : 1;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(left, std::numeric_limits<std::uint32_t>::max()));
}

} // namespace mqttzoo::tools
