/* What the twins in this folder have in common: the same jobs, done with different client libraries.
 *
 *   twin publish HOST PORT QOS COUNT SIZE WINDOW    publishes COUNT messages, at most WINDOW under way
 *   twin receive HOST PORT QOS SECONDS              prints "ready" when subscribed; takes what comes for so long
 *   twin idle HOST PORT CLIENTS                     connects, and says what a connection takes
 *
 * Each prints one JSON object: messages, seconds and CPU seconds between the first one and the last promise or
 * message, or bytes of memory for each connection. All speak MQTT 3.1.1. */
#ifndef MQTTZOO_BENCH_CLIENTS_TWIN_H
#define MQTTZOO_BENCH_CLIENTS_TWIN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define TWIN_TOPIC "bench/twin"

struct twin {
  const char* job;
  const char* host;
  int port, qos, clients, window;
  long count;
  double seconds;
  size_t size;
};

struct twin_times {
  double wall, cpu;
};

static inline struct twin twin_options(int argc, char** argv) {
  struct twin t = {argc > 1 ? argv[1] : "", NULL, 0, 0, 0, 0, 0, 0, 0};
  int wanted = strcmp(t.job, "publish") == 0 ? 8 : strcmp(t.job, "receive") == 0 ? 6 : strcmp(t.job, "idle") == 0 ? 5 : 0;
  if (wanted == 0 || argc != wanted) {
    fprintf(stderr, "usage: see bench/clients/twin.h\n");
    exit(2);
  }
  t.host = argv[2];
  t.port = atoi(argv[3]);
  if (wanted == 5) {
    t.clients = atoi(argv[4]);
    return t;
  }
  t.qos = atoi(argv[4]);
  if (wanted == 6)
    t.seconds = atof(argv[5]);
  if (wanted == 8) {
    t.count = atol(argv[5]);
    t.size = (size_t)atol(argv[6]);
    t.window = atoi(argv[7]);
  }
  return t;
}

static inline struct twin_times twin_now(void) {
  struct twin_times now;
  struct timespec wall;
  struct rusage used;
  clock_gettime(CLOCK_MONOTONIC, &wall);
  getrusage(RUSAGE_SELF, &used);
  now.wall = (double)wall.tv_sec + (double)wall.tv_nsec / 1e9;
  now.cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  return now;
}

/* Message number `done` of those that are received: nonzero if it was the last one. Looks at the clock now and
 * then only, because that takes as long as some libraries need for a message. */
static inline int twin_is_over(const struct twin* t, struct twin_times* began, long done) {
  if (done == 1)
    *began = twin_now();
  return done % 64 == 0 && twin_now().wall - began->wall >= t->seconds;
}

static inline void twin_report(struct twin_times began, long count) {
  struct twin_times ended = twin_now();
  printf("{\"messages\": %ld, \"seconds\": %.6f, \"cpu_seconds\": %.6f}\n", count, ended.wall - began.wall, ended.cpu - began.cpu);
  fflush(stdout);
}

/* Resident bytes that are this process's own. */
static inline long twin_memory(void) {
  long pages = 0, resident = 0, shared = 0;
  FILE* file = fopen("/proc/self/statm", "r");
  if (file && fscanf(file, "%ld %ld %ld", &pages, &resident, &shared) != 3)
    resident = shared = 0;
  if (file)
    fclose(file);
  return (resident - shared) * sysconf(_SC_PAGESIZE);
}

static inline void twin_report_memory(long before, int clients) {
  printf("{\"connections\": %d, \"bytes_each\": %ld}\n", clients, (twin_memory() - before) / clients);
  fflush(stdout);
}

static inline void twin_fail(const char* what, int code) {
  fprintf(stderr, "%s: %d\n", what, code);
  exit(1);
}

#endif
