// Threads of stores: named, and without signals, which are left to the threads that expect them.
#pragma once

#include <csignal>
#include <pthread.h>
#include <thread>
#include <utility>

namespace mqttzoo::zk {

/// `name` has at most 15 characters.
template<class Body>
std::thread start_quiet_thread(const char* name, Body body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread started{std::move(body)};
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(started.native_handle(), name);
  return started;
}

} // namespace mqttzoo::zk
