/* Sends some of a program's TCP connections elsewhere, so that the load generator, which knows one broker, publishes to one pod and subscribes at another.
 *
 *     gcc -O2 -shared -fPIC -o second_port.so second_port.c -ldl
 *     LD_PRELOAD=./second_port.so SECOND_PORT=1884 SECOND_PORT_AFTER=50 mqload --port 1883 ...
 *
 * The connections after the first SECOND_PORT_AFTER go to SECOND_PORT. mqload connects its subscribers first.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

int connect(int fd, const struct sockaddr *to, socklen_t bytes) {
  static int (*real)(int, const struct sockaddr *, socklen_t);
  static long connections;
  if (!real)
    real = (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "connect");
  const char *port = getenv("SECOND_PORT");
  const char *after = getenv("SECOND_PORT_AFTER");
  if (!port || !after || to->sa_family != AF_INET || ++connections <= atol(after))
    return real(fd, to, bytes);
  struct sockaddr_in there = *(const struct sockaddr_in *)to;
  there.sin_port = htons((unsigned short)atoi(port));
  return real(fd, (const struct sockaddr *)&there, sizeof there);
}
