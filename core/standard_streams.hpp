// For the first lines of a main: whoever started the program may have closed its standard streams.
#pragma once

#include <fcntl.h>
#include <unistd.h>

namespace mqttzoo::core {

/// Opens those of the three standard streams that are closed, to nothing. Else the first files and
/// sockets would get their numbers, and what is printed would go there.
inline void open_standard_streams() noexcept {
  for (int fd = 0; fd >= 0 && fd <= STDERR_FILENO;)
    if (fd = open("/dev/null", O_RDWR); fd > STDERR_FILENO)
      close(fd);
}

} // namespace mqttzoo::core
